"""Every letter of the house, from its sample and from real rows."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from accounts.actions import (
    activate_user,
    add_user,
    block_user,
    edit_user,
    notify_of_refused_link,
    send_password_link,
    set_password,
    tell_blocked_user,
    tell_of_account,
)
from catalog.actions import (
    activate_subscription,
    add_subscription,
    approve_subscription,
    cancel_subscription,
    delete_subscription,
    end_key,
    regenerate_key,
    reject_subscription,
    set_key_expiry,
    subscribe,
    suspend_subscription,
    warn_of_expiring_keys,
)
from invitations.actions import remind_invited, tell_of_unused, token_of
from invitations.models import Invitation
from mail.actions import send_test_letter
from mail.drafts import Draft
from mail.letters import all_letters, letter_of
from mail.models import Message
from mail.outbox import queue_letter
from mail.previews import sample_of
from mail.rendering import compose, render
from packages.actions import add_user_with_package
from service.models import Service
from tests.factories import (
    InvitationFactory,
    KeyFactory,
    PackageFactory,
    ProductFactory,
    SubscriptionFactory,
    UserFactory,
)

KINDS = [letter.kind for letter in all_letters()]
SCRIPT = "<script>alert(1)</script>"
COMMENT = "Say which application calls"
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


def reminded(ada):
    invited(ada)
    Message.objects.update(state="sent")
    Invitation.objects.update(sent_at=timezone.now() - timedelta(days=2))
    assert remind_invited() == 1
    return Message.objects.get(kind="invitation_reminder")


def left_unused(ada):
    InvitationFactory(
        sender=ada,
        first_name=SCRIPT,
        email="eve@example.org",
        expires_at=timezone.now() - timedelta(hours=2),
    )
    assert tell_of_unused() == 1
    return Message.objects.get(kind="invitations_unused")


def eve(**facts):
    return UserFactory(email="eve@example.org", first_name=SCRIPT, last_name="O'Neil", **facts)


def welcomed(ada):
    user = add_user(email="eve@example.org", first_name=SCRIPT, last_name="O'Neil", by=ada)
    return Message.objects.about(user.public_id).get()


def welcomed_with_package(ada):
    package = PackageFactory(products=[ProductFactory(name=f"Starter {SCRIPT}")])
    user, _grant = add_user_with_package(
        email="eve@example.org", first_name=SCRIPT, last_name="O'Neil", package=package, by=ada
    )
    return Message.objects.about(user.public_id).get()


def queued_by(action):
    def act(ada):
        user = eve()
        action(user, ada)
        return Message.objects.about(user.public_id).first()

    return act


def refuse_sign_in(user, ada):
    tell_blocked_user(user=block_user(user=user, by=ada, reason=REASON))


def subscribed_by(action):
    """The newest letter about a subscription of Eve's, which ``action`` wrote."""

    def act(ada):
        subscription = SubscriptionFactory(owner=eve(), name="Route planner")
        subscription = action(subscription, ada) or subscription
        return Message.objects.about(subscription.public_id).first()

    return act


def request_subscription(_subscription, ada):
    product = ProductFactory(approval_needed=True)
    waiting, _keys = subscribe(product=product, by=_subscription.owner)
    return waiting


def warn(subscription, ada):
    KeyFactory(subscription=subscription, expires_at=timezone.now() + timedelta(days=5))
    warn_of_expiring_keys()


def tried_out(ada):
    draft = Draft(subject="Try", text=f"Dear {SCRIPT}", html="<p>Dear &lt;script&gt;</p>")
    return send_test_letter(
        kind="account_activated", language="en", draft=draft, to="eve@example.org", by=ada
    )


def readdressed(kind):
    """Eve's address is the new one in one letter, the former one in the other."""

    def act(ada):
        user = eve()
        edit_user(user=user, email="evelyn@example.org", by=ada)
        if kind == "address_changed":
            edit_user(user=user, email="eve@example.org", by=ada)
        return Message.objects.about(user.public_id).filter(kind=kind).first()

    return act


def deleted(subscription, ada):
    delete_subscription(subscription=subscription, by=ada)
    return Message.objects.get(kind="subscription_deleted")


def in_days(days):
    return timezone.now() + timedelta(days=days)


def on_a_key(action):
    def act(subscription, ada):
        action(key=KeyFactory(subscription=subscription), by=ada)

    return act


# How each letter comes to be. A new letter needs a line here.
ACTIONS = {
    "account_exists": queued_by(lambda user, ada: tell_of_account(user=user)),
    "invitation": invited,
    "invitation_reminder": reminded,
    "invitations_unused": left_unused,
    "welcome": welcomed,
    "welcome_with_package": welcomed_with_package,
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
    "password_link_refused": queued_by(
        lambda user, ada: notify_of_refused_link(user=block_user(user=user, by=ada, reason=REASON))
    ),
    "address_changed": readdressed("address_changed"),
    "address_removed": readdressed("address_removed"),
    "subscription_requested": subscribed_by(request_subscription),
    "subscription_added": subscribed_by(
        lambda made, ada: add_subscription(product=made.product, owner=made.owner, by=ada)
    ),
    "subscription_approved": subscribed_by(
        lambda made, ada: approve_subscription(subscription=request_subscription(made, ada), by=ada)
    ),
    "subscription_rejected": subscribed_by(
        lambda made, ada: reject_subscription(
            subscription=request_subscription(made, ada), comment=COMMENT, by=ada
        )
    ),
    "subscription_suspended": subscribed_by(
        lambda made, ada: suspend_subscription(subscription=made, comment=COMMENT, by=ada)
    ),
    "subscription_activated": subscribed_by(
        lambda made, ada: activate_subscription(
            subscription=suspend_subscription(subscription=made, by=ada), by=ada
        )
    ),
    "subscription_cancelled": subscribed_by(
        lambda made, ada: cancel_subscription(subscription=made, by=ada)
    ),
    "subscription_deleted": lambda ada: deleted(SubscriptionFactory(owner=eve()), ada),
    "key_expires": subscribed_by(warn),
    "key_replaced": subscribed_by(on_a_key(regenerate_key)),
    "key_revoked": subscribed_by(on_a_key(end_key)),
    "key_expiry_changed": subscribed_by(
        on_a_key(lambda key, by: set_key_expiry(key=key, expires_at=in_days(90), by=by))
    ),
    "test_letter": tried_out,
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
    # Some go to those who decide.
    reader = "ada" if kind in {"subscription_requested", "invitations_unused"} else "eve"
    assert email.to == [f"{reader}@example.org"]
    assert email.extra_headers["Message-ID"] == message.message_id
    for part in (email.body, html):
        assert REASON not in part
        assert NEW_PASSWORD not in part
        assert "None" not in part
        assert "{{" not in part
        assert "{%" not in part
        assert not re.search(r"\bplease\b|successfully|!\s", part.replace("!important", ""), re.I)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "kind",
    ["invitation", "invitation_reminder", "welcome", "welcome_with_package", "password_link"],
)
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
def test_welcome_with_a_package_names_what_keys_can_be_made_for(ada):
    package = PackageFactory(products=[ProductFactory(name="Starter"), ProductFactory(name="Bulk")])
    person = {"email": "chen@example.org", "first_name": "Chen", "last_name": "Wu", "by": ada}
    user, _grant = add_user_with_package(**person, password=NEW_PASSWORD, package=package)
    letter = Message.objects.about(user.public_id).get()

    assert "subscriptions to: Starter, Bulk." in render(letter).body
    assert f"{django_settings.PUBLIC_URL}/subscriptions/" in render(letter).body
    user.subscriptions.all().delete()
    for part in (render(letter).body, html_of(render(letter))):
        assert "It comes with" not in part
        assert "find the APIs that are open to you" in part
    block_user(user=user, by=ada)
    assert render(letter) is None


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
