"""Editing letters: versions, the way back, two at once, and tests to oneself."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format

from audit.models import Event
from mail.actions import (
    CannotBeRestored,
    ChangedMeanwhile,
    MailIsOff,
    edit_letter,
    restore_letter,
    send_test_letter,
)
from mail.drafts import Draft, draft_of, newest_wording
from mail.letters import letter_of
from mail.models import Message, Wording
from mail.originals import original_of
from tests.factories import AdministratorFactory
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db

DRAFT = Draft(
    subject="Hello {{ first_name }}",
    text="Go: {{ link }}",
    html='<p><a href="{{ link }}">Go</a></p>',
)
KIND = {"kind": "invitation", "language": "en"}


@pytest.fixture
def chen(db):
    """A second administrator."""
    return AdministratorFactory(email="chen@example.org", first_name="Chen", last_name="Wu")


def said(**changes):
    return Draft(**({"subject": DRAFT.subject, "text": DRAFT.text, "html": DRAFT.html} | changes))


def edit(by, draft=DRAFT, based_on=0):
    return edit_letter(**KIND, draft=draft, based_on=based_on, by=by)


def newest():
    return newest_wording("invitation", "en")


def test_edit_letter_saves_a_version_and_records_it(ada):
    assert edit(ada)

    wording = newest()
    assert (wording.version, draft_of(wording)) == (1, DRAFT)
    assert wording.author_id == ada.public_id
    assert wording.author_label == "Ada Lovelace <ada@example.org>"
    event = Event.objects.get(action="letter.edited")
    assert (event.actor_id, event.subject_id) == (ada.public_id, wording.public_id)
    assert event.subject_label == "Invitation (en)"
    assert event.data == {"version": 1}
    assert newest_wording("invitation", "de") is None


def test_edit_letter_is_quiet_when_it_says_that_already(ada):
    original = original_of(letter_of("invitation"), "en")
    assert not edit(ada, original)
    edit(ada)

    assert not edit(ada, based_on=1)

    assert Wording.objects.count() == 1
    assert Event.objects.filter(action="letter.edited").count() == 1


def test_edit_letter_refuses_what_would_fail_part_by_part(ada):
    with pytest.raises(ValidationError) as refusal:
        edit(ada, Draft(subject="", text="{{ nme }}\n{{ link }}", html="<script></script>"))

    assert set(refusal.value.message_dict) == {"subject", "text", "html"}
    assert not Wording.objects.exists()
    assert not Event.objects.exists()


def test_edit_letter_does_not_overwrite_what_somebody_saved_meanwhile(ada, chen):
    edit(ada)

    with pytest.raises(ChangedMeanwhile) as refusal:
        edit(chen, said(subject="Mine"))

    assert refusal.value.newest == newest()
    [words] = refusal.value.messages
    at = date_format(timezone.localtime(newest().created_at), "DATETIME_FORMAT")
    assert words.startswith(f"Ada Lovelace saved version 1 on {at}, so nothing was changed.")
    assert refusal.value.conflicts == ["subject"]
    assert draft_of(newest()) == DRAFT
    # Knowing theirs, it can be replaced.
    assert edit(chen, said(subject="Mine"), based_on=1)
    assert newest().version == 2


def test_edit_letter_keeps_the_parts_that_only_somebody_else_changed(ada, chen):
    edit(ada)
    edit(ada, said(subject="Theirs"), based_on=1)

    assert edit(chen, said(text="Mine: {{ link }}"), based_on=1)

    assert draft_of(newest()) == said(subject="Theirs", text="Mine: {{ link }}")


def test_edit_letter_left_alone_undoes_nothing(ada, chen):
    edit(ada)
    edit(ada, said(subject="Theirs"), based_on=1)

    assert not edit(chen, based_on=1)

    assert newest().version == 2


def test_edit_letter_checks_what_comes_of_both(ada, chen):
    """Neither text alone says what is wrong with the two of them."""
    edit(ada)
    edit(ada, said(subject="Theirs"), based_on=1)

    with pytest.raises(ValidationError) as refusal:
        edit(chen, said(text="No way in"), based_on=1)

    assert set(refusal.value.message_dict) == {"text"}


def test_restore_letter_goes_back_to_a_version_and_to_the_original(ada):
    edit(ada)
    first = newest()
    edit(ada, said(subject="Second"), based_on=1)

    assert restore_letter(**KIND, wording=first, based_on=2, by=ada)
    assert (newest().version, draft_of(newest())) == (3, DRAFT)

    assert restore_letter(**KIND, wording=None, based_on=3, by=ada)
    assert (newest().version, draft_of(newest())) == (4, None)
    events = Event.objects.filter(action="letter.restored").order_by("id")
    assert [event.data for event in events] == [
        {"version": 3, "from": 1},
        {"version": 4, "from": None},
    ]
    # Nothing is lost by it.
    assert draft_of(Wording.objects.get(version=2)).subject == "Second"


def test_restore_letter_is_quiet_when_it_says_that_already(ada):
    assert not restore_letter(**KIND, wording=None, based_on=0, by=ada)
    edit(ada)
    assert not restore_letter(**KIND, wording=newest(), based_on=1, by=ada)

    assert Wording.objects.count() == 1
    assert not Event.objects.filter(action="letter.restored").exists()


def test_restore_letter_refuses_a_version_that_would_fail(ada):
    old = Wording.objects.create(
        **KIND, version=1, subject="Old", text="{{ gone }}", html="<p>{{ link }}</p>"
    )
    edit(ada, based_on=1)

    with pytest.raises(CannotBeRestored) as refusal:
        restore_letter(**KIND, wording=old, based_on=2, by=ada)

    [words] = refusal.value.messages
    assert "This version cannot be used any more." in words
    assert "Line 1: This letter has no variable called “gone”." in words


def test_restore_letter_does_not_undo_what_nobody_saw(ada, chen):
    edit(ada)
    first = newest()
    edit(ada, said(subject="Second"), based_on=1)

    with pytest.raises(ChangedMeanwhile):
        restore_letter(**KIND, wording=first, based_on=1, by=chen)


def test_send_test_letter_brings_the_draft_with_invented_values(ada, deliver):
    draft = said(
        subject="Ahoy {{ first_name }}",
        html='<p><a href="{{ link }}">Go</a> <a href="/products/">there</a></p>',
    )

    send_test_letter(**KIND, draft=draft, to=ada.email, zone="Europe/Berlin", by=ada)
    [letter] = deliver()

    assert letter.to == ["ada@example.org"]
    assert letter.subject == "Test: Ahoy Sofia"
    assert "This is a test of the letter “Invitation” with invented values." in letter.body
    assert "Go: https://apis.example/invitations/3fa9/" in letter.body
    html = letter.alternatives[0][0]
    assert "This is a test of the letter “Invitation”" in html
    assert html.count('href="#"') == 2
    assert "you sent yourself a test" in letter.body
    assert not Wording.objects.exists()


def test_each_test_letter_is_sent(ada, deliver):
    for number in range(3):
        send_test_letter(
            **KIND, draft=said(subject=f"Try {number}"), to=ada.email, zone="UTC", by=ada
        )

    assert [letter.subject for letter in deliver()] == ["Test: Try 0", "Test: Try 1", "Test: Try 2"]


def test_send_test_letter_refuses_what_would_fail(ada):
    with pytest.raises(ValidationError):
        send_test_letter(**KIND, draft=said(text="{{ nme }}"), to=ada.email, by=ada)

    assert not Message.objects.exists()


def test_send_test_letter_is_refused_while_mail_is_off(ada, settings):
    settings.MAIL_IS_OFF = True

    with pytest.raises(MailIsOff):
        send_test_letter(**KIND, draft=DRAFT, to=ada.email, by=ada)

    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_that_save_at_once_one_wins_and_the_others_are_told(ada):
    outcomes = race(
        *[lambda number=number: edit(ada, said(subject=f"By {number}")) for number in range(6)]
    )

    assert len(refusals(outcomes, ChangedMeanwhile)) == 5
    assert Wording.objects.count() == 1
    assert Event.objects.filter(action="letter.edited").count() == 1
