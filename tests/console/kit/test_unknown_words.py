"""Rows of a newer or older release: a word that this one does not know is shown as it stands."""

from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Role, User
from audit.models import Event
from gateway.models import Refusal
from imports.models import Import, Row
from mail.letters import all_letters
from mail.models import Message, Report, Wording
from tests.console.developers.page import url
from tests.factories import InvitationFactory

pytestmark = pytest.mark.django_db

WORD = "from_the_future"
# As long as the column.
STATE = "paused"


def letter(to, reference, **facts):
    facts = {"kind": WORD, "state": "failed", "answer": "550 no"} | facts
    return Message.objects.create(to=to, reference=reference, message_id=f"<{uuid4()}@x>", **facts)


def page(client, address, status=200):
    response = client.get(address)
    assert response.status_code == status
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode()


@pytest.mark.parametrize("state", ["failed", "queued", STATE])
def test_a_letter_of_an_unknown_kind_is_shown_by_its_kind_everywhere(console, ben, state):
    message = letter(ben.email, ben.public_id, state=state)
    Report.objects.create(message=message, provider="p", event_id="1", kind=WORD, at=timezone.now())

    assert WORD in page(console, url(ben))
    assert f'<p class="cell-note">{WORD}</p>' in page(console, "/console/mail/")
    assert page(console, f"/console/mail/{message.public_id}/").count(WORD) >= 3
    assert (WORD in page(console, "/console/")) is (state == "failed")


def test_the_outbox_is_filtered_by_a_kind_that_only_its_rows_know(console, ben, ada):
    letter(ben.email, ben.public_id)
    letter(ada.email, ada.public_id, kind="welcome")

    found = page(console, f"/console/mail/?kind={WORD}")

    assert ben.email in found
    assert f'<option value="{WORD}"' in found
    assert ada.email not in found.partition("<tbody>")[2]
    for odd in ["poem", "%00", "%ED%A0%80", "x" * 300]:
        assert ada.email in page(console, f"/console/mail/?kind={odd}").partition("<tbody>")[2]


def test_sending_and_stopping_a_letter_of_an_unknown_kind_work(console, ben):
    message = letter(ben.email, ben.public_id)

    console.post(f"/console/mail/{message.public_id}/send/")
    message.refresh_from_db()
    assert message.state == "queued"

    console.post(f"/console/mail/{message.public_id}/cancel/")
    message.refresh_from_db()
    assert message.state == "cancelled"
    assert f"{WORD} to {ben.email}" in page(console, "/console/activity/")


def test_an_invitation_tells_of_an_unknown_letter_and_report(console, ada):
    invitation = InvitationFactory(sender=ada)
    message = letter(invitation.email, invitation.public_id, kind="invitation", state=STATE)
    letter(invitation.email, invitation.public_id)
    Report.objects.create(message=message, provider="p", event_id="1", kind=WORD, at=timezone.now())

    assert WORD in page(console, f"/console/invitations/{invitation.public_id}/")
    assert f"pill-{STATE}" in page(console, "/console/invitations/")


def test_words_of_an_unknown_letter_stay_out_of_the_editor(console, ada):
    wording = Wording.objects.create(
        kind=WORD, language="en", version=1, subject="s", text="t", html="h"
    )
    Event.objects.create(
        action="letter.edited",
        actor_id=ada.public_id,
        actor_label=ada.audit_label,
        subject_kind="letter",
        subject_id=wording.public_id,
        subject_label=wording.audit_label,
    )

    assert all_letters()[0].kind in page(console, "/console/mail/letters/")
    page(console, f"/console/mail/letters/{WORD}/en/", status=404)
    # Activity names it, and leads to no page that is not there.
    activity = page(console, "/console/activity/")
    assert f"{WORD} (en)" in activity
    assert str(wording.public_id) not in activity


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("comet.seen", {"tail": [1, 2]}),
        ("user.edited", {"changes": {"shoe": 43}}),
        ("user.edited", {"changes": ["shoe"]}),
        ("import.started", {"lines": 4}),
        ("import.started", {"rows": "many"}),
        ("import.finished", {}),
        ("import.row_mended", {"changes": []}),
        ("role.deleted", {"members": "some"}),
    ],
)
def test_an_event_in_another_releases_words_is_shown(console, ada, ben, action, data):
    Event.objects.create(
        action=action,
        actor_id=ada.public_id,
        actor_label=ada.audit_label,
        subject_kind="user",
        subject_id=ben.public_id,
        subject_label=ben.audit_label,
        data=data,
    )

    for address in [
        "/console/activity/",
        "/console/activity/export/",
        "/console/activity/export/?format=json",
        url(ben),
        "/console/",
    ]:
        page(console, address)
    assert action in page(console, "/console/activity/export/")


def test_a_role_that_another_release_built_in_is_shown(console, ben):
    role = Role.objects.create(name="Auditors", name_key="auditors", built_in="auditors")
    ben.roles.add(role)

    for address in [url(ben), "/console/roles/", f"/console/roles/{role.public_id}/"]:
        assert "Auditors" in page(console, address)


def test_a_zone_and_a_language_that_this_machine_does_not_know_shut_nobody_out(
    console, portal, ada, ben
):
    User.objects.update(time_zone="Mars/Olympus_Mons", language="xx")

    for client, address in [
        (console, url(ben)),
        (console, url(ben, "edit/")),
        (portal, "/"),
        (portal, "/profile/"),
    ]:
        page(client, address)


def test_an_import_in_an_unknown_state_is_shown_and_reported(console, ada):
    import_ = Import.objects.create(
        kind="add", state=STATE, file_name="people.csv", sender=ada, sender_name="Ada", row_count=1
    )
    Row.objects.create(part_of=import_, number=1, values=[], email="x@example.org", state=STATE)

    assert f"pill-{STATE}" in page(console, "/console/imports/")
    assert f"pill-{STATE}" in page(console, f"/console/imports/{import_.public_id}/")
    assert STATE in page(console, f"/console/imports/{import_.public_id}/report/")


def test_a_refusal_for_an_unknown_reason_is_explained_by_it(console, capsys):
    Refusal.objects.create(reference="7K3M-9QXA-2C4D", reason=WORD, method="GET", path="/x")

    assert WORD in page(console, "/console/access/?reference=7K3M-9QXA-2C4D")
    with pytest.raises(SystemExit):
        call_command("explain_access", "--reference", "7K3M-9QXA-2C4D")
    assert f"Reason then: {WORD}" in capsys.readouterr().out
