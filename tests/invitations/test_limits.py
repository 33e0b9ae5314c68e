"""So many invitations a day, and so often the same one."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.actions import Person
from imports.actions import choose_columns, start_import, upload_file
from imports.models import Import, Row
from imports.working import claim_due, process
from invitations import actions
from invitations.models import Invitation
from service.actions import edit_service
from tests.conftest import sign_in
from tests.factories import InvitationFactory, InviteLinkFactory
from tests.racing import race, refusals

DAYS = timedelta(days=7)
NOON = "2026-11-29T12:00:00+00:00"


def invite(by, number=0):
    return actions.invite_user(
        email=f"guest{number}@quarry.example", first_name="G", last_name="", by=by, validity=DAYS
    )


def limit_to(number):
    edit_service(
        name="Harbour APIs",
        support_address="",
        invitation_days=7,
        invitations_per_day=number,
        by=None,
    )


@pytest.mark.django_db
def test_an_invitation_is_sent_again_five_times_an_hour(ada):
    with time_machine.travel(NOON, tick=False) as clock:
        invitation = invite(ada)
        for _time in range(5):
            clock.shift(timedelta(minutes=2))
            invitation = actions.resend_invitation(invitation=invitation, by=ada)

        with pytest.raises(actions.ResentTooOften) as refusal:
            actions.resend_invitation(invitation=invitation, by=ada)

        # The first of the five left at 12:02; a minute more, so that what it says is true.
        assert "5 times within an hour" in refusal.value.messages[0]
        assert "at 13:03" in refusal.value.messages[0]
        assert Invitation.objects.get().times_sent == 6
        clock.move_to("2026-11-29T13:03:00+00:00")
        actions.resend_invitation(invitation=invitation, by=ada)


@pytest.mark.django_db
def test_another_invitation_has_a_limit_of_its_own(ada):
    first, second = invite(ada, 1), invite(ada, 2)
    for _time in range(5):
        actions.resend_invitation(invitation=first, by=ada)

    actions.resend_invitation(invitation=second, by=ada)


@pytest.mark.django_db
def test_correcting_the_address_to_and_fro_counts_too(ada):
    invitation = invite(ada)
    for number in range(5):
        invitation = actions.correct_address(
            invitation=invitation, email=f"other{number}@quarry.example", by=ada
        )

    with pytest.raises(actions.ResentTooOften):
        actions.correct_address(invitation=invitation, email="last@quarry.example", by=ada)


@pytest.mark.django_db
def test_the_page_says_when_it_can_be_sent_again(ada):
    invitation = invite(ada)
    console = sign_in(ada)
    address = f"/console/invitations/{invitation.public_id}/resend/"
    for _time in range(5):
        assert console.post(address, {"validity": "48"}).status_code == 302

    page = console.post(address, {"validity": "48"})

    assert page.status_code == 422
    assert "You can send it again" in page.text


@pytest.mark.django_db
def test_a_stranger_with_the_link_reads_that_it_was_sent_often(ada, client):
    invitation = invite(ada)
    for _time in range(5):
        invitation = actions.resend_invitation(invitation=invitation, by=ada)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    token = actions.token_of(invitation)

    answer = client.post(f"/invitations/{token}/renew/")

    assert answer.status_code == 429
    assert Invitation.objects.get().times_sent == 6


@pytest.mark.django_db
def test_so_many_invitations_leave_in_24_hours(ada):
    limit_to(2)
    with time_machine.travel(NOON, tick=False) as clock:
        invite(ada, 1)
        clock.shift(timedelta(hours=1))
        invite(ada, 2)

        with pytest.raises(actions.DailyLimitReached) as refusal:
            invite(ada, 3)

        assert "limit of 2 invitations in 24 hours" in refusal.value.messages[0]
        assert "on 30 Nov 2026 at 12:01" in refusal.value.messages[0]
        clock.move_to("2026-11-30T12:01:00+00:00")
        invite(ada, 3)


@pytest.mark.django_db
def test_what_strangers_ask_for_through_a_link_does_not_use_up_the_limit(ada):
    limit_to(1)
    link = InviteLinkFactory(sender=ada)
    InvitationFactory(sender=ada, invite_link=link)

    invite(ada)


@pytest.mark.django_db
def test_of_many_the_first_ones_are_invited_and_the_others_told_why(ada):
    limit_to(3)
    known = invite(ada, 0)
    people = [Person(email=f"guest{number}@quarry.example") for number in range(5)]

    outcomes = actions.invite_many(people=people, by=ada, validity=DAYS)

    # Who is known already takes no place.
    assert [type(outcome) for outcome in outcomes] == [
        actions.AlreadyInvited,
        Invitation,
        Invitation,
        actions.DailyLimitReached,
        actions.DailyLimitReached,
    ]
    assert outcomes[0].invitation == known


@pytest.mark.django_db
def test_an_import_stops_at_the_limit_and_goes_on_when_started_again(ada, tmp_path):
    limit_to(3)
    lines = "\n".join(f"guest{number}@quarry.example" for number in range(5))
    path = tmp_path / "people.csv"
    path.write_text(f"Email\n{lines}\n")
    with path.open("rb") as file:
        import_ = upload_file(file=file, file_name="people.csv", kind="invite", by=ada)
    import_ = choose_columns(import_=import_, mapping={"email": 0}, by=ada)

    start_import(import_=import_, validity=DAYS, by=ada)
    process(claim_due())

    import_ = Import.objects.get()
    assert import_.state == Import.State.CANCELLED
    assert "limit of 3 invitations" in import_.problem
    assert "Start the import again then." in import_.problem
    assert import_.counts()[Row.State.DONE] == 3
    limit_to(10)
    start_import(import_=import_, validity=DAYS, by=ada)
    process(claim_due())
    assert Import.objects.get().counts()[Row.State.DONE] == 5


@pytest.mark.django_db
def test_administrators_set_the_limit(console):
    page = console.get("/console/settings/")
    assert 'value="10000"' in page.text

    fields = {"name": "Harbour APIs", "invitation_days": 7, "invitations_per_day": 250}
    assert console.post("/console/settings/", fields).status_code == 302
    assert 'value="250"' in console.get("/console/settings/").text
    refused = console.post("/console/settings/", fields | {"invitations_per_day": 0})
    assert refused.status_code == 422
    assert "Enter a number from 1 to 1,000,000." in refused.text


@pytest.mark.django_db(transaction=True)
def test_the_last_places_of_the_day_are_given_once(ada):
    limit_to(2)

    outcomes = race(*[lambda number=number: invite(ada, number) for number in range(6)])

    assert len(refusals(outcomes, actions.DailyLimitReached)) == 4
    assert Invitation.objects.count() == 2
