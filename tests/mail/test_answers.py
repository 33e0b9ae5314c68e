"""What each refusal means, and how it reads."""

import smtplib
import ssl

import pytest
import requests
from anymail.backends import test as provider
from anymail.exceptions import (
    AnymailAPIError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailRequestsAPIError,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from anymail.message import AnymailRecipientStatus

from mail import answers
from mail.answers import Answer, Meaning
from mail.delivery import deliver_due
from mail.models import Message


class RefusingProvider(provider.EmailBackend):
    def post_to_esp(self, payload, message):
        status = AnymailRecipientStatus(message_id=None, status="rejected")
        return {"recipient_status": dict.fromkeys(payload.recipient_emails, status)}


class BusyProvider(provider.EmailBackend):
    """As Unisender Go answers for ``temporary_unavailable``, and Mailjet for an error of a letter."""

    def post_to_esp(self, payload, message):
        status = AnymailRecipientStatus(message_id=None, status="failed")
        return {"recipient_status": dict.fromkeys(payload.recipient_emails, status)}


class SimplePayload(provider.TestPayload):
    def set_track_clicks(self, track_clicks):
        self.unsupported_feature("track_clicks")


def provider_error(status):
    response = requests.Response()
    response.status_code = status
    response.reason = "Because"
    response._content = b'{"message": "so it is"}'
    return AnymailRequestsAPIError(response=response, esp_name="Postmark")


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (
            smtplib.SMTPRecipientsRefused({"a@b.c": (550, b"5.1.1 User\r\nunknown \xff")}),
            Answer(Meaning.REFUSED, "550 5.1.1 User unknown �"),
        ),
        (
            smtplib.SMTPRecipientsRefused({"a@b.c": (451, b"Try again")}),
            Answer(Meaning.LATER, "451 Try again"),
        ),
        (
            smtplib.SMTPRecipientsRefused({"a@b.c": (421, b"Closing")}),
            Answer(Meaning.OUTAGE, "421 Closing"),
        ),
        (smtplib.SMTPDataError(554, b"Spam"), Answer(Meaning.REFUSED, "554 Spam")),
        (smtplib.SMTPDataError(452, b"Full"), Answer(Meaning.LATER, "452 Full")),
        (smtplib.SMTPDataError(421, b"Closing"), Answer(Meaning.OUTAGE, "421 Closing")),
        (
            smtplib.SMTPSenderRefused(550, b"Not you", "a@b.c"),
            Answer(Meaning.OUTAGE, "550 Not you"),
        ),
        (
            smtplib.SMTPAuthenticationError(535, b"Bad password"),
            Answer(Meaning.OUTAGE, "535 Bad password"),
        ),
        (
            smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
            Answer(Meaning.OUTAGE, "Connection unexpectedly closed", is_servers=False),
        ),
        (
            ConnectionRefusedError(111, "Connection refused"),
            Answer(Meaning.OUTAGE, "Connection refused", is_servers=False),
        ),
        (TimeoutError("timed out"), Answer(Meaning.OUTAGE, "timed out", is_servers=False)),
        (
            ssl.SSLCertVerificationError(1, "certificate has expired"),
            Answer(Meaning.OUTAGE, "certificate has expired", is_servers=False),
        ),
        (
            ValueError("Invalid address 'x'"),
            Answer(Meaning.REFUSED, "Invalid address 'x'", is_servers=False),
        ),
        (
            AnymailInvalidAddress("No such"),
            Answer(Meaning.REFUSED, "No such", is_servers=False),
        ),
        (
            AnymailRecipientsRefused(esp_name="Postmark"),
            Answer(Meaning.REFUSED, "Postmark: All message recipients were rejected or invalid"),
        ),
        (
            RuntimeError("surprise"),
            Answer(Meaning.LATER, "RuntimeError surprise", is_servers=False),
        ),
    ],
    ids=lambda value: getattr(value, "words", type(value).__name__),
)
def test_read_tells_refusal_delay_and_outage_apart(error, answer):
    assert answers.read(error) == answer


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (422, Meaning.REFUSED),
        (400, Meaning.REFUSED),
        (401, Meaning.OUTAGE),
        (429, Meaning.OUTAGE),
        (500, Meaning.OUTAGE),
        (503, Meaning.OUTAGE),
    ],
)
def test_read_knows_the_providers_answers(status, meaning):
    answer = answers.read(provider_error(status))

    assert answer.meaning is meaning
    assert f"Postmark API response {status} (Because)" in answer.words
    assert "so it is" in answer.words


@pytest.mark.parametrize(
    ("status", "meaning"),
    [(400, Meaning.REFUSED), (429, Meaning.OUTAGE), (500, Meaning.OUTAGE)],
)
def test_read_finds_the_status_of_amazons_library(status, meaning):
    """botocore's ClientError.response, as anymail's Amazon SES backend hands it on."""
    response = {
        "Error": {"Code": "MessageRejected", "Message": "Address is on the suppression list"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": 0},
    }

    assert answers.read(AnymailAPIError("No", response=response)).meaning is meaning


def test_read_takes_an_unreachable_provider_for_an_outage():
    assert answers.read(AnymailRequestsAPIError("no route")).meaning is Meaning.OUTAGE


def test_read_tells_what_the_provider_package_cannot_express():
    ours = {"is_servers": False}
    tags, letter = AnymailUnsupportedFeature("tags"), AnymailSerializationError("x")
    assert answers.read(tags) == Answer(Meaning.REFUSED, "tags", **ours)
    assert answers.read(letter) == Answer(Meaning.LATER, "x", **ours)


def test_words_are_one_line_decoded_cut_and_without_tokens():
    line = answers.one_line(550, b"a\r\n\x00b", "t" * 43, "x" * 600)

    assert line.startswith("550 a b [redacted] xxx")
    assert len(line) == 500
    assert line.endswith("…")


@pytest.mark.django_db
def test_provider_takes_a_letter(settings, queue):
    settings.MAILERS = {"default": {"BACKEND": "anymail.backends.test.EmailBackend"}}
    message = queue()

    assert deliver_due() == {"sent": 1}

    message.refresh_from_db()
    assert message.answer.startswith("sent ")


@pytest.mark.django_db
def test_provider_refuses_a_recipient(settings, queue):
    settings.MAILERS = {"default": {"BACKEND": "tests.mail.test_answers.RefusingProvider"}}
    message = queue()

    assert deliver_due() == {"failed": 1}

    message.refresh_from_db()
    assert message.what_happened == "It was not sent: Test: rejected"
    assert Message.objects.get().state == "failed"


@pytest.mark.django_db
def test_a_letter_that_the_provider_could_not_send_was_not_sent(settings, queue):
    settings.MAILERS = {"default": {"BACKEND": "tests.mail.test_answers.BusyProvider"}}
    message = queue()

    assert deliver_due() == {"queued": 1}

    message.refresh_from_db()
    assert message.will_be_retried
    assert message.answer == "The provider could not send it: failed"


@pytest.mark.django_db
def test_provider_without_click_tracking_still_takes_a_letter(settings, queue):
    settings.MAILERS = {
        "default": {
            "BACKEND": "anymail.backends.test.EmailBackend",
            "OPTIONS": {"payload_class": SimplePayload},
        }
    }
    queue()

    assert deliver_due() == {"sent": 1}
