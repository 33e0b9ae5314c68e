"""The list of invitations: states, search, order, pages, and many at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions as people
from invitations import actions
from invitations.models import Invitation
from mail.models import Message
from tests.console.invitations.test_invitations import text_of
from tests.factories import AdministratorFactory, InvitationFactory, RoleFactory

pytestmark = pytest.mark.django_db

LIST = "/console/invitations/"
RESULTS = {"HX-Request": "true", "HX-Target": "results"}


@pytest.fixture
def five(ada):
    """One invitation in each state, each named for it."""
    now = timezone.now()
    return {
        "pending": InvitationFactory(sender=ada, first_name="Penny"),
        "accepted": InvitationFactory(sender=ada, first_name="Abbie", accepted_at=now),
        "expired": InvitationFactory(
            sender=ada, first_name="Exton", expires_at=now - timedelta(days=1)
        ),
        "revoked": InvitationFactory(sender=ada, first_name="Reva", revoked_at=now),
        "declined": InvitationFactory(sender=ada, first_name="Declan", declined_at=now),
    }


@pytest.mark.parametrize("state", ["pending", "accepted", "expired", "revoked", "declined"])
def test_each_tab_shows_its_own_state_only(console, five, state):
    text = text_of(console.get(LIST, {"state": state}))

    shown = {name for name, invitation in five.items() if invitation.first_name in text}
    assert shown == {state}


def test_the_list_begins_with_pending_and_counts_every_state(console, five):
    response = console.get(LIST)

    text = text_of(response)
    assert "Penny" in text
    assert "Abbie" not in text
    assert "Pending 1 Accepted 1 Expired 1 Revoked 1 Declined 1 All 5" in text


def test_the_tab_all_shows_everything(console, five):
    text = text_of(console.get(LIST, {"state": "all"}))

    assert all(invitation.first_name in text for invitation in five.values())


@pytest.mark.parametrize("fragment", ["penny", "PENNY", "@example.org", "pen guest"])
def test_search_finds_name_and_address(console, ada, fragment):
    InvitationFactory(sender=ada, first_name="Penny", email="guest.penny@example.org")
    InvitationFactory(sender=ada, first_name="Quinn", email="quinn@other.example")

    text = text_of(console.get(LIST, {"q": fragment}))

    assert "Penny" in text
    assert "Quinn" not in text


def test_search_finds_names_beyond_ascii_in_lower_case(console, ada):
    InvitationFactory(sender=ada, first_name="Ödön", last_name="Ürge")

    assert "Ödön" in text_of(console.get(LIST, {"q": "ödön ürge"}))


def test_nothing_found_says_so_and_shows_the_way_out(console, five):
    response = console.get(LIST, {"q": "zz<b>"})

    assert "Nothing was found for “zz&lt;b&gt;” in this state." in text_of(response)
    assert "Clear search and filters" in text_of(response)


def test_a_filter_that_makes_no_sense_is_no_filter(console, five):
    response = console.get(LIST, {"q": "\0", "state": "moon", "letter": "?", "sort": "?"})

    assert "Penny" in text_of(response)


def test_nothing_waiting_points_to_the_developers(console):
    text = text_of(console.get(LIST))

    assert "Nothing waiting" in text
    assert "Accepted invitations are in the developers list." in text


def test_sorting_by_end_and_name(console, ada):
    now = timezone.now()
    InvitationFactory(sender=ada, first_name="Late", last_name="A", expires_at=now + timedelta(9))
    InvitationFactory(sender=ada, first_name="Soon", last_name="B", expires_at=now + timedelta(1))

    by_end = text_of(console.get(LIST, {"sort": "ends"}))
    by_name = text_of(console.get(LIST, {"sort": "name"}))

    assert by_end.index("Soon B") < by_end.index("Late A")
    assert by_name.index("Late A") < by_name.index("Soon B")


def test_pages_follow_each_other_without_gap(console, ada):
    InvitationFactory.create_batch(51, sender=ada)

    first = console.get(LIST)
    page = first.context["listing"].page
    second = console.get(LIST, {"cursor": page.next_cursor})

    shown = [row.pk for row in page.rows] + [row.pk for row in second.context["listing"].page.rows]
    assert len(shown) == len(set(shown)) == 51
    assert "50 of 51 invitations" in text_of(first)


def test_htmx_gets_the_results_alone_and_the_address_to_push(console, five):
    response = console.get(LIST, {"q": "Penny", "state": "pending"}, headers=RESULTS)

    assert b"<html" not in response.content
    assert response["HX-Push-Url"] == "?q=Penny&state=pending"


def test_the_letter_filter_finds_refused_letters_only(console, ada):
    refused = actions.invite_user(
        email="clara@nordkai.example",
        first_name="Clara",
        last_name="Weiß",
        by=ada,
        validity=timedelta(days=7),
    )
    actions.invite_user(
        email="omar@kelpworks.example",
        first_name="Omar",
        last_name="Clarke",
        by=ada,
        validity=timedelta(days=7),
    )
    Message.objects.filter(reference=refused.public_id).update(state="failed", answer="550 no")

    text = text_of(console.get(LIST, {"letter": "failed"}))

    assert "Clara" in text
    assert "The mail server refused it: 550 no" in text
    assert "Omar" not in text


def test_the_sender_filter_finds_orphaned_invitations(console, ada):
    chen = AdministratorFactory()
    InvitationFactory(sender=chen, first_name="Orphan")
    InvitationFactory(sender=ada, first_name="Fine")
    people.block_user(user=chen, by=ada)

    text = text_of(console.get(LIST, {"sender": "gone"}))

    assert "Orphan" in text
    assert "Fine" not in text


def test_a_letter_under_way_updates_its_own_cell(console, ada):
    invitation = actions.invite_user(
        email="sofia@kelpworks.example",
        first_name="Sofia",
        last_name="Brandt",
        by=ada,
        validity=timedelta(days=7),
    )
    path = f"{LIST}{invitation.public_id}/letter/"

    listed = console.get(LIST)
    before = console.get(path)
    Message.objects.update(state="sent", sent_at=timezone.now())
    after = console.get(path)

    assert path.encode() in listed.content
    assert b"hx-get" in before.content
    assert b"Queued" in before.content
    assert b"hx-get" not in after.content
    assert b"Sent" in after.content


def test_the_list_costs_the_same_for_one_and_three(
    console, ada, django_assert_num_queries, django_assert_max_num_queries
):
    partners = RoleFactory(name="Partners")

    def add(number):
        actions.invite_user(
            email=f"guest{number}@example.org",
            first_name="Guest",
            last_name=str(number),
            by=ada,
            validity=timedelta(days=7),
            roles=[partners],
        )

    add(1)
    console.get(LIST)
    with django_assert_max_num_queries(16) as one:
        console.get(LIST)
    add(2)
    add(3)

    with django_assert_num_queries(len(one)):
        console.get(LIST)


# --- Many at once -----------------------------------------------------------------------------


def test_bulk_resend_names_who_was_skipped_and_why(console, five):
    response = console.post(
        f"{LIST}bulk/",
        {
            "action": "resend",
            "selected": [
                five["pending"].public_id,
                five["expired"].public_id,
                five["accepted"].public_id,
            ],
        },
        follow=True,
    )

    text = text_of(response)
    assert "2 invitations sent again. 1 skipped." in text
    assert f"{five['accepted'].full_name}: This invitation can no longer be used." in text
    assert Invitation.objects.filter(times_sent=2).count() == 2


def test_bulk_revoke_asks_first_and_then_acts(console, five):
    posted = {"action": "revoke", "selected": [five["pending"].public_id]}

    asked = console.post(f"{LIST}bulk/?next=/console/invitations/%3Fstate%3Dall", posted)

    assert asked.status_code == 200
    assert "Revoke 1 invitation?" in text_of(asked)
    assert five["pending"].email in text_of(asked)
    five["pending"].refresh_from_db()
    assert five["pending"].state == "pending"

    done = console.post(
        f"{LIST}bulk/?next=/console/invitations/%3Fstate%3Dall", posted | {"confirmed": "on"}
    )

    assert done["Location"] == "/console/invitations/?state=all"
    five["pending"].refresh_from_db()
    assert five["pending"].state == "revoked"


def test_bulk_without_a_selection_says_so(console):
    response = console.post(f"{LIST}bulk/", {"action": "revoke"}, follow=True)

    assert "Select at least one invitation." in text_of(response)


@pytest.mark.parametrize(
    "posted", [{"action": "delete"}, {"action": "resend", "selected": "not-a-uuid"}, {}]
)
def test_bulk_refuses_what_it_does_not_know(console, posted):
    response = console.post(f"{LIST}bulk/", posted)

    assert response.status_code == 302


def test_bulk_takes_posts_only(console):
    assert console.get(f"{LIST}bulk/").status_code == 405
