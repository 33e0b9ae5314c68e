"""Reports of mail providers, through the addresses they post to."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from anymail.backends import test as provider
from anymail.message import AnymailRecipientStatus
from django.test import Client
from django.utils import timezone

from mail.answers import provider_id
from mail.delivery import deliver_due
from mail.models import Message, Report
from tests.mail import payloads
from tests.racing import race

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:django-anymail has dropped official support for SendGrid"),
]
State = Message.State

LETTERS = {
    "postmark": "883953f4-6105-42a2-a16a-77a8eac79483",
    "mailgun": "20261125120000.1.DF5966851B4BAA99@mg.apis.example",
    "brevo": "202611251200.9876543210@smtp-relay.mailin.example",
    "sendgrid": "4ab185c2-0171-492f-9ce0-27de258efc99",
}
# Before the moments that the payloads tell of.
SENT_AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _after_the_reports(time_machine):
    time_machine.move_to("2026-11-25 13:00Z", tick=False)


@pytest.fixture
def use(settings):
    """Has the service send through a provider, with the secret for its reports."""

    def use_provider(name, **changes):
        settings.MAILERS = {"default": {"BACKEND": f"anymail.backends.{name}.EmailBackend"}}
        settings.ANYMAIL = {
            "WEBHOOK_SECRET": [payloads.SECRET],
            "MAILGUN_WEBHOOK_SIGNING_KEY": payloads.SIGNING_KEY,
        } | changes
        return LETTERS[name]

    return use_provider


@pytest.fixture
def letter(queue):
    """A letter that a provider took."""

    def taken_by(name, **changes):
        message = queue("sofia@kelpworks.example")
        facts = {"state": State.SENT, "sent_at": SENT_AT, "provider_id": LETTERS[name]}
        Message.objects.filter(pk=message.pk).update(**(facts | changes))
        return message

    return taken_by


def send(arguments):
    """From a machine: no cookie, and no form token."""
    return Client(enforce_csrf_checks=True).post(**arguments)


def report(name, kind, **changes):
    return getattr(payloads, name)(LETTERS[name], kind, **changes)


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("kind", ["delivered", "deferred", "bounced", "complained", "opened"])
def test_reports_of_each_provider_are_noted(use, letter, name, kind):
    use(name)
    message = letter(name)

    assert send(report(name, kind)).status_code == 200

    message.refresh_from_db()
    [noted] = message.reports.all()
    assert noted.kind == kind
    assert SENT_AT < noted.at <= timezone.now()
    moments = {
        "delivered": message.delivered_at,
        "bounced": message.bounced_at,
        "complained": message.complained_at,
        "opened": message.opened_at,
    }
    assert {word for word, at in moments.items() if at} == {kind} - {"deferred"}
    assert message.state == (State.BOUNCED if kind == "bounced" else State.SENT)


@pytest.mark.parametrize("name", LETTERS)
def test_a_bounce_is_told_in_the_receiving_servers_words(use, letter, name):
    use(name)
    message = letter(name)

    send(report(name, "bounced"))

    message.refresh_from_db()
    assert payloads.NO_SUCH_USER in message.what_happened
    assert message.what_happened.startswith("It came back: ")


# --- Whom the door is open to ------------------------------------------------------------------


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("secret", ["reports:another long password", "", "reports:", "x"])
def test_a_wrong_or_missing_secret_is_refused(use, letter, name, secret):
    use(name)
    letter(name)

    assert send(report(name, "bounced", secret=secret)).status_code == 400

    assert not Report.objects.exists()


def test_two_secrets_are_taken_while_one_replaces_the_other(use, letter):
    use("postmark", WEBHOOK_SECRET=["reports:the new and long one", payloads.SECRET])
    letter("postmark")

    assert send(report("postmark", "delivered")).status_code == 200
    second = report("postmark", "opened", secret="reports:the new and long one")
    assert send(second).status_code == 200


@pytest.mark.parametrize("secret", [None, [], ""])
def test_without_a_secret_nothing_is_accepted(use, letter, secret):
    use("mailgun", WEBHOOK_SECRET=secret)
    letter("mailgun")

    assert send(report("mailgun", "bounced")).status_code == 404
    assert send(report("mailgun", "bounced", secret="")).status_code == 404
    assert not Report.objects.exists()


def test_a_wrong_signature_is_refused_though_the_secret_is_right(use, letter):
    use("mailgun")
    letter("mailgun")
    forged = report("mailgun", "bounced", key="key-of-somebody-else")
    unsigned = payloads.post("mailgun", {"event-data": {"event": "failed"}})

    assert send(forged).status_code == 400
    assert send(unsigned).status_code == 400
    assert not Report.objects.exists()


def test_the_webhook_of_another_provider_is_closed(use, letter):
    use("postmark")
    letter("brevo")

    for name in ["brevo", "mailgun", "sendgrid"]:
        assert send(report(name, "bounced")).status_code == 404
    for path in ["/mail/webhooks/postmark/inbound/", "/mail/webhooks/nobody/tracking/"]:
        assert Client().post(path).status_code == 404
    assert not Report.objects.exists()


def test_every_webhook_is_closed_without_a_provider(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": [payloads.SECRET]}
    for backend in ["mail.smtp.EmailBackend", "anymail.backends.nobody.EmailBackend"]:
        settings.MAILERS = {"default": {"BACKEND": backend}}
        for name in [*LETTERS, "nobody"]:
            assert Client().post(f"/mail/webhooks/{name}/tracking/").status_code == 404


def test_the_open_webhook_shows_nothing_and_answers_a_providers_trial(use):
    use("postmark")

    assert Client().get("/mail/webhooks/postmark/tracking/").status_code == 405
    assert Client().head("/mail/webhooks/postmark/tracking/").status_code == 200


# --- Twice, late, in any order -----------------------------------------------------------------


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("kind", ["delivered", "bounced", "complained", "opened", "deferred"])
def test_a_repeated_report_changes_nothing(use, letter, name, kind):
    use(name)
    message = letter(name)
    send(report(name, kind))
    before = Message.objects.values().get(pk=message.pk)

    for _again in range(2):
        assert send(report(name, kind)).status_code == 200

    assert Report.objects.count() == 1
    assert Message.objects.values().get(pk=message.pk) == before


def test_a_used_signature_does_not_carry_another_report(use, letter):
    """Mailgun signs its token and not what the report says."""
    use("mailgun")
    message = letter("mailgun")
    send(report("mailgun", "delivered"))

    send(report("mailgun", "bounced"))

    message.refresh_from_db()
    assert message.state == State.SENT


@pytest.mark.parametrize("name", LETTERS)
def test_reports_about_unknown_letters_are_taken_and_ignored(use, letter, name):
    use(name)
    message = letter(name, provider_id="another")

    assert send(report(name, "bounced")).status_code == 200

    message.refresh_from_db()
    assert message.state == State.SENT
    assert not Report.objects.exists()


def test_reports_without_an_id_or_of_no_interest_are_ignored(use, letter):
    use("postmark")
    letter("postmark")

    # A letter that no provider has named yet.
    letter("postmark", provider_id="")

    for changes in [
        *[{"MessageID": name} for name in (None, "", " ", "<>")],
        {"RecordType": "Click"},
    ]:
        assert send(report("postmark", "delivered", changes=changes)).status_code == 200

    assert not Report.objects.exists()


@pytest.mark.parametrize("body", ["", "[]", "{", "null", "7", "[" * 100_000])
def test_what_is_no_report_is_refused(use, letter, body):
    use("postmark")

    assert send(payloads.post("postmark", body)).status_code == 400


def test_a_letter_that_came_back_stays_so_whatever_comes_late(use, letter):
    use("postmark")
    message = letter("postmark")
    send(report("postmark", "bounced", at="2026-11-25T12:00:30Z"))

    send(report("postmark", "delivered", at="2026-11-25T12:00:40Z"))

    message.refresh_from_db()
    assert message.state == State.BOUNCED
    assert message.delivered_at is None
    assert message.reports.count() == 2


def test_a_delivery_before_the_bounce_is_believed_though_it_comes_after(use, letter):
    use("postmark")
    message = letter("postmark")
    send(report("postmark", "bounced", at="2026-11-25T12:00:30Z"))

    send(report("postmark", "delivered", at="2026-11-25T12:00:20Z"))

    message.refresh_from_db()
    assert message.state == State.BOUNCED
    assert message.delivered_at < message.bounced_at
    assert [noted.kind for noted in message.reports.all()] == ["delivered", "bounced"]


def test_a_bounce_after_the_delivery_holds(use, letter):
    use("postmark")
    message = letter("postmark")
    send(report("postmark", "delivered"))

    send(report("postmark", "bounced"))

    message.refresh_from_db()
    assert message.state == State.BOUNCED
    assert message.delivered_at


def test_the_words_of_a_bounce_win_over_a_report_without_any(use, letter):
    use("postmark")
    message = letter("postmark")

    send(report("postmark", "suppressed"))
    message.refresh_from_db()
    assert (message.state, message.answer) == (State.BOUNCED, "bounced")
    send(report("postmark", "bounced"))
    send(report("postmark", "suppressed", at="2026-11-25T12:01:00Z"))

    message.refresh_from_db()
    assert message.answer == f"smtp;{payloads.NO_SUCH_USER}"


def test_opening_is_noted_the_first_time_only(use, letter):
    use("postmark")
    message = letter("postmark")
    send(report("postmark", "opened", at="2026-11-25T12:00:30Z"))
    send(report("postmark", "opened", at="2026-11-25T12:30:00Z"))

    message.refresh_from_db()
    assert message.opened_at == datetime(2026, 11, 25, 12, 0, 30, tzinfo=UTC)
    assert message.reports.count() == 1


def test_a_batch_is_noted_whole(use, letter):
    use("sendgrid")
    message = letter("sendgrid")

    send(payloads.sendgrid(LETTERS["sendgrid"], "processed", "deferred", "delivered", "opened"))

    message.refresh_from_db()
    assert sorted(noted.kind for noted in message.reports.all()) == [
        "deferred",
        "delivered",
        "opened",
    ]
    assert message.delivered_at == message.opened_at


def test_a_clock_ahead_of_ours_tells_of_now(use, letter):
    use("postmark")
    message = letter("postmark")

    send(report("postmark", "delivered", at="2031-01-01T00:00:00Z"))

    message.refresh_from_db()
    assert message.delivered_at == timezone.now()


def test_a_report_without_a_moment_tells_of_now(use, letter):
    use("brevo")
    message = letter("brevo")
    body = report("brevo", "complained")
    facts = json.loads(body["data"])
    del facts["ts_epoch"]

    send(body | {"data": json.dumps(facts)})

    message.refresh_from_db()
    assert message.complained_at == timezone.now()


def test_only_the_newest_letter_of_an_id_is_meant(use, letter):
    use("postmark")
    earlier, newer = letter("postmark"), letter("postmark")

    send(report("postmark", "bounced"))

    earlier.refresh_from_db()
    newer.refresh_from_db()
    assert (earlier.state, newer.state) == (State.SENT, State.BOUNCED)


@pytest.mark.parametrize("state", [State.CANCELLED, State.FAILED, State.QUEUED])
def test_a_bounce_does_not_change_a_letter_that_is_not_sent(use, letter, state):
    use("postmark")
    message = letter("postmark", state=state)

    send(report("postmark", "bounced"))

    message.refresh_from_db()
    assert message.state == state


def test_what_looks_like_a_link_is_taken_out_of_the_words(use, letter):
    use("postmark")
    message = letter("postmark")
    quoted = f"550 spam: see https://apis.example/invitations/{'t' * 43}/"

    send(report("postmark", "bounced", changes={"Details": quoted}))

    message.refresh_from_db()
    assert "t" * 43 not in message.answer + message.reports.get().answer
    assert "[redacted]" in message.answer


@pytest.mark.django_db(transaction=True)
def test_one_report_posted_by_many_at_once_is_noted_once(use, letter):
    use("postmark")
    message = letter("postmark")

    outcomes = race(*[lambda: send(report("postmark", "bounced")).status_code] * 8)

    assert set(outcomes) == {200}
    assert Report.objects.count() == 1
    message.refresh_from_db()
    assert message.state == State.BOUNCED


# --- The provider's id ----------------------------------------------------------------------------


class TakingProvider(provider.EmailBackend):
    def post_to_esp(self, payload, message):
        status = AnymailRecipientStatus(message_id="<0100@eu.example>", status="queued")
        return {"recipient_status": dict.fromkeys(payload.recipient_emails, status)}


def test_the_providers_id_is_noted_at_sending_without_its_brackets(settings, queue):
    settings.MAILERS = {"default": {"BACKEND": "tests.mail.test_tracking.TakingProvider"}}
    message = queue()

    deliver_due()

    message.refresh_from_db()
    assert message.state == State.SENT
    assert message.provider_id == "0100@eu.example"


def test_a_mail_server_gives_no_id(mail_server, queue):
    message = queue()

    deliver_due()

    message.refresh_from_db()
    assert message.provider_id == ""


def test_ids_of_several_recipients_are_none():
    class Mail:
        class anymail_status:  # noqa: N801
            message_id = {"a", "b"}

    assert provider_id(Mail) == ""


def test_a_report_holds_no_more_than_its_letter(use, letter):
    use("brevo")
    message = letter("brevo")
    body = report("brevo", "delivered")
    body["data"] = json.dumps(json.loads(body["data"]) | {"reason": "x" * 5000})

    send(body)

    noted = message.reports.get()
    assert len(noted.answer) == 500
    assert len(noted.event_id) == 64
    assert noted.provider == "Brevo"
    assert timezone.now() - noted.at < timedelta(days=1)
