"""Every letter of the house, from its sample and from real rows."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.conf import settings as django_settings

from accounts.actions import (
    activate_user,
    add_user,
    block_user,
    send_password_link,
    set_password,
    tell_blocked_user,
)
from invitations.actions import token_of
from mail.letters import all_letters, letter_of
from mail.models import Message
from mail.outbox import queue_letter
from mail.previews import sample_of
from mail.rendering import compose, render
from service.models import Service
from tests.factories import InvitationFactory, UserFactory

KINDS = [letter.kind for letter in all_letters()]
SCRIPT = "<script>alert(1)</script>"
REASON = "Unpaid bills since March"
NEW_PASSWORD = "wobbly harbour seal 42 kite"


def invited(ada):
    invitation = InvitationFactory(
        sender=ada,
        sender_name=f"Ada {SCRIPT}",
        email="eve@example.org",
        first_name=SCRIPT,
        message=f"First line {SCRIPT}\nsecond line",
    )
    return queue_letter("invitation", to=invitation.email, reference=invitation.public_id)


def eve(**facts):
    return UserFactory(email="eve@example.org", first_name=SCRIPT, last_name="O'Neil", **facts)


def welcomed(ada):
    user = add_user(email="eve@example.org", first_name=SCRIPT, last_name="O'Neil", by=ada)
    return Message.objects.about(user.public_id).get()


def queued_by(action):
    def act(ada):
        user = eve()
        action(user, ada)
        return Message.objects.about(user.public_id).first()

    return act


def refuse_sign_in(user, ada):
    tell_blocked_user(user=block_user(user=user, by=ada, reason=REASON))


# How each letter comes to be. A new letter needs a line here.
ACTIONS = {
    "invitation": invited,
    "welcome": welcomed,
    "password_link": queued_by(lambda user, ada: send_password_link(user=user, by=ada)),
    "password_changed": queued_by(
        lambda user, ada: set_password(user=user, password=NEW_PASSWORD, by=ada)
    ),
    "account_blocked": queued_by(
        lambda user, ada: block_user(user=user, by=ada, reason=REASON, tell=True)
    ),
    "account_activated": queued_by(
        lambda user, ada: activate_user(
            user=block_user(user=user, by=ada, reason=REASON), by=ada, tell=True
        )
    ),
    "sign_in_refused": queued_by(refuse_sign_in),
}


def html_of(email) -> str:
    [(html, mimetype)] = email.alternatives
    assert mimetype == "text/html"
    return html


def test_every_letter_has_its_action_here():
    assert sorted(ACTIONS) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_letter_renders_from_its_sample(kind):
    email = sample_of(letter_of(kind))

    assert email.subject
    assert "help@harbour.example" in email.body
    html = html_of(email)
    assert "Harbour APIs" in html
    # Styles are on the elements; only the dark-mode block is left.
    assert html.count("<style") == 1
    assert "prefers-color-scheme: dark" in html
    assert "max-width: 560px" in html


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_letter_renders_from_real_rows_and_escapes_names(kind, ada):
    message = ACTIONS[kind](ada)
    assert message.kind == kind

    email = render(message)

    assert "\n" not in email.subject
    assert "\r" not in email.subject
    html = html_of(email)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    # Plain text shows names as they are.
    assert SCRIPT in email.body
    assert "&lt;" not in email.body + email.subject
    assert email.to == ["eve@example.org"]
    assert email.extra_headers["Message-ID"] == message.message_id
    for part in (email.body, html):
        assert REASON not in part
        assert NEW_PASSWORD not in part
        assert "None" not in part
        assert "{{" not in part
        assert "{%" not in part
        assert not re.search(r"\bplease\b|successfully|!\s", part.replace("!important", ""), re.I)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["invitation", "welcome", "password_link"])
def test_letter_with_a_link_shows_it_as_button_and_bare(kind, ada):
    message = ACTIONS[kind](ada)

    email = render(message)

    link = letter_of(kind).build(message)["link"]
    assert link.startswith(django_settings.PUBLIC_URL)
    assert link in email.body
    assert html_of(email).count(f'href="{link}"') == 2
    assert f">{link}</a>" in html_of(email)


@pytest.mark.django_db
def test_invitation_says_who_invites_until_when_and_how_to_decline(ada):
    invitation = InvitationFactory(
        sender=ada,
        first_name="Sofia",
        message="The sandbox is ready.",
        expires_at=datetime(2031, 11, 30, 21, 50, tzinfo=UTC),
    )
    message = queue_letter("invitation", to=invitation.email, reference=invitation.public_id)

    email = render(message)

    assert email.subject == "You are invited to Harbour APIs"
    for part in (email.body, html_of(email)):
        assert "Sofia, you are invited to Harbour APIs" in part
        assert "Ada Lovelace has invited you" in part
        assert "“The sandbox is ready.”" in part
        assert "expires on 30 November 2031 at 21:50 UTC." in part
        assert "lets you decline" in part
        assert "no account is created until you accept" in part
        assert f"/invitations/{token_of(invitation)}/" in part


@pytest.mark.django_db
def test_welcome_without_a_link_leads_to_the_sign_in_page(ada):
    user = add_user(
        email="chen@example.org", first_name="Chen", last_name="Wu", password=NEW_PASSWORD, by=ada
    )

    email = render(Message.objects.about(user.public_id).get())

    assert f"{django_settings.PUBLIC_URL}/sign-in/" in email.body
    assert "/password/reset/key/" not in email.body + html_of(email)


@pytest.mark.django_db
def test_times_are_in_the_readers_zone_and_name_it(ada):
    user = UserFactory(time_zone="Europe/Berlin")
    send_password_link(user=user, by=ada)
    user.refresh_from_db()
    user.password_link_expires_at = datetime(2031, 7, 1, 22, 30, tzinfo=UTC)
    user.save()

    email = render(Message.objects.about(user.public_id).get())

    assert "expires on 2 July 2031 at 00:30 (Europe/Berlin)." in email.body


def facts(**changes):
    service = SimpleNamespace(name="Harbour APIs", support_address="")
    return {"service": service, "first_name": "Chen", "email": "chen@example.org"} | changes


def message_of(kind="account_activated", **changes):
    return Message(
        kind=kind, to="chen@example.org", reference=uuid4(), message_id="<1@host>", **changes
    )


def test_subject_is_one_line_whatever_the_name():
    evil = SimpleNamespace(name="Harbour\r\nBcc: all@example.org", support_address="")

    email = compose(message_of(), facts(service=evil))

    assert email.subject == "Your account at Harbour Bcc: all@example.org is active again"
    assert email.message()["Bcc"] is None


def test_sender_bears_the_services_name_unless_the_setting_has_one(settings):
    settings.DEFAULT_FROM_EMAIL = "no-reply@example.org"
    polish = SimpleNamespace(name='Kraków "APIs", Ltd', support_address="")

    bare = compose(message_of(), facts(service=polish))
    assert bare.from_email == '"Kraków \\"APIs\\", Ltd" <no-reply@example.org>'
    assert bare.message()["From"].addresses[0].display_name == 'Kraków "APIs", Ltd'

    settings.DEFAULT_FROM_EMAIL = "Our APIs <no-reply@example.org>"
    assert compose(message_of(), facts()).from_email == "Our APIs <no-reply@example.org>"


def test_answers_go_to_the_support_address_if_there_is_one():
    helpful = Service(name="Harbour APIs", support_address="help@example.org")

    assert compose(message_of(), facts(service=helpful)).reply_to == ["help@example.org"]
    assert compose(message_of(), facts()).reply_to == []
    assert "Questions?" not in compose(message_of(), facts()).body


def test_providers_are_told_not_to_count_clicks(settings):
    settings.MAILERS = {"default": {"BACKEND": "anymail.backends.test.EmailBackend"}}

    email = compose(message_of(), facts())

    assert email.track_clicks is False
    assert email.tags == ["account_activated"]
    assert not hasattr(email, "track_opens")


def test_other_mailers_are_told_nothing():
    assert not hasattr(compose(message_of(), facts()), "track_clicks")
