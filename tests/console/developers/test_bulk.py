"""One operation on many developers."""

from uuid import uuid4

import pytest

from accounts.models import Role, Session, User
from audit.models import Event
from console.developers import bulk_views as developers_bulk
from mail.models import Message
from tests.conftest import sign_in
from tests.factories import (
    InvitationFactory,
    KeyFactory,
    RoleFactory,
    SubscriptionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

BULK = "/console/developers/bulk/"
GONE = "6f1f64a4-3c8b-4d8a-9a53-0d4f2a3d1c11"


@pytest.fixture(autouse=True)
def _each_person_is_a_transaction(settings):
    """Queries grow with the number of people here, and are meant to."""
    settings.ZEAL_ALLOWLIST = [{"model": "accounts.*"}]


@pytest.fixture
def chen(db):
    return UserFactory(email="chen@example.org", first_name="Chen", last_name="Wu")


@pytest.fixture
def dana(db):
    return UserFactory(email="dana@example.org", first_name="Dana", last_name="Reyes", blocked=True)


def ids(*people):
    return [str(person.public_id) for person in people]


def text_of(response):
    """What the page said afterwards."""
    return " ".join(" ".join(str(message) for message in response.context["messages"]).split())


def test_bulk_takes_post_only(console):
    assert console.get(BULK).status_code == 405


def test_block_asks_first_and_changes_nothing_yet(console, ada, ben, chen, dana):
    response = console.post(BULK, {"action": "block", "selected": ids(ada, ben, chen, dana)})

    content = response.content.decode()
    assert response.status_code == 200
    assert "Block 2 developers?" in content
    assert "Ben Okafor" in content
    assert "You are left out: you cannot block yourself." in content
    assert "1 is left out: blocked already." in content
    assert User.objects.blocked().get() == dana


def test_block_says_in_numbers_what_it_will_hit(console, ada, ben, chen, dana):
    for _session in range(2):
        sign_in(ben)
    KeyFactory(subscription__owner=ben)
    subscription = KeyFactory(subscription__owner=chen).subscription
    KeyFactory(subscription=subscription, slot="secondary")
    InvitationFactory(sender=chen)
    # None of these is hit: not active, not selected, blocked already, oneself.
    SubscriptionFactory(owner=ben, state="suspended")
    KeyFactory(subscription__owner=UserFactory())
    KeyFactory(subscription__owner=dana)
    KeyFactory(subscription__owner=ada)

    response = console.post(BULK, {"action": "block", "selected": ids(ada, ben, chen, dana)})

    content = response.content.decode()
    assert "<strong>2 open sessions</strong> end" in content
    assert "<strong>2 active subscriptions</strong> stop working." in content
    assert "<strong>3 live keys</strong> are refused" in content
    assert "<strong>1 pending invitation</strong> they sent stops working." in content


@pytest.mark.parametrize("people", [1, 3])
def test_the_question_asks_the_same_queries_for_any_number(
    console, people, django_assert_num_queries
):
    chosen = UserFactory.create_batch(people)
    for user in chosen:
        KeyFactory(subscription__owner=user)

    with django_assert_num_queries(16):
        console.post(BULK, {"action": "block", "selected": ids(*chosen)})


def test_block_names_what_was_skipped_and_why(console, ada, ben, chen, dana):
    sign_in(ben)

    response = console.post(
        BULK,
        {
            "action": "block",
            "selected": ids(ada, ben, chen, dana),
            "reason": "Contract ended",
            "confirmed": "1",
        },
        follow=True,
    )

    assert "2 developers blocked. 1 was blocked already. 1 skipped: you cannot block yourself." in (
        text_of(response)
    )
    assert set(User.objects.blocked()) == {ben, chen, dana}
    assert {event.data["reason"] for event in Event.objects.filter(action="user.blocked")} == {
        "Contract ended"
    }
    assert not Session.objects.filter(user=ben).exists()
    assert not Message.objects.exists()


def test_block_tells_them_only_when_asked_to(console, ben):
    console.post(BULK, {"action": "block", "selected": ids(ben), "tell": "on", "confirmed": "1"})

    assert Message.objects.get().kind == "account_blocked"


def test_undo_activates_those_just_blocked_and_nobody_else(console, ben, chen, dana):
    response = console.post(
        BULK, {"action": "block", "selected": ids(ben, chen), "confirmed": "1"}, follow=True
    )
    content = response.content.decode()
    assert "Undo" in content
    assert f'value="{ben.public_id}"' in text_of(response)
    assert f'value="{dana.public_id}"' not in text_of(response)

    console.post(BULK, {"action": "activate", "selected": ids(ben, chen)})

    assert User.objects.blocked().get() == dana


def test_all_that_match_are_the_filter_not_the_page(console, ada, ben, chen):
    console.post(
        BULK,
        {
            "action": "block",
            "everyone": "1",
            "q": "example.org",
            "state": "active",
            "confirmed": "1",
        },
    )

    assert set(User.objects.blocked()) == {ben, chen}


def test_other_pages_are_never_taken_silently(console, ben, chen):
    console.post(
        BULK, {"action": "block", "selected": ids(ben), "q": "example.org", "confirmed": "1"}
    )

    assert User.objects.blocked().get() == ben


def test_the_question_carries_the_filter_of_all_that_match(console, ben):
    content = console.post(
        BULK, {"action": "block", "everyone": "1", "q": "okafor", "sort": "name"}
    ).content.decode()

    assert '<input type="hidden" name="everyone" value="1">' in content
    assert '<input type="hidden" name="q" value="okafor">' in content
    assert '<input type="hidden" name="sort" value="name">' in content


@pytest.mark.parametrize("nonsense", [{"state": "garbage"}, {"role": GONE}])
def test_a_filter_that_no_longer_fits_does_not_mean_everybody(console, ben, dana, nonsense):
    for action in ["activate", "block"]:
        posted = {"action": action, "everyone": "1", "confirmed": "1"} | nonsense
        response = console.post(BULK, posted, follow=True)
        assert "no longer fits" in text_of(response)

    assert User.objects.blocked().get() == dana


def test_activate_needs_no_question(console, ben, dana):
    response = console.post(BULK, {"action": "activate", "selected": ids(ben, dana)}, follow=True)

    assert text_of(response) == "1 developer activated. 1 was active already."
    assert not User.objects.blocked().exists()


def test_add_to_role_asks_for_the_role_then_adds(console, ben, chen):
    finance = RoleFactory(name="Finance")
    chen.assignments.create(role=finance)
    selection = {"action": "add-role", "selected": ids(ben, chen)}

    question = console.post(BULK, selection)
    assert "Add 2 developers to a role" in question.content.decode()
    assert finance.members.count() == 1

    response = console.post(
        BULK, selection | {"given_role": finance.public_id, "confirmed": "1"}, follow=True
    )
    assert text_of(response) == "1 developer added to Finance. 1 was in it already."
    assert set(finance.members.all()) == {ben, chen}


def test_remove_from_role_takes_and_never_gives(console, ben, chen):
    finance = RoleFactory(name="Finance")
    chen.assignments.create(role=finance)

    response = console.post(
        BULK,
        {
            "action": "remove-role",
            "selected": ids(ben, chen),
            "given_role": finance.public_id,
            "confirmed": "1",
        },
        follow=True,
    )

    assert text_of(response) == "1 developer removed from Finance. 1 was not in it."
    assert not finance.members.exists()


def test_remove_from_role_names_the_refusal(console, ada, administrators_role):
    response = console.post(
        BULK,
        {
            "action": "remove-role",
            "selected": ids(ada),
            "given_role": administrators_role.public_id,
            "confirmed": "1",
        },
        follow=True,
    )

    assert text_of(response) == (
        "1 skipped: you cannot take the Administrators role from yourself."
    )
    assert ada.roles.filter(pk=administrators_role.pk).exists()


def test_guests_cannot_be_given(console, ben):
    guests = Role.objects.get(built_in="guests")

    console.post(
        BULK,
        {
            "action": "add-role",
            "selected": ids(ben),
            "given_role": guests.public_id,
            "confirmed": "1",
        },
    )

    assert not guests.members.exists()


@pytest.mark.parametrize("selected", [[], ["rubbish"], [str(uuid4())]])
def test_nobody_selected_says_so(console, selected):
    response = console.post(BULK, {"action": "block", "selected": selected}, follow=True)

    assert text_of(response) == "Select at least one developer."


def test_an_unknown_action_is_refused(console, ben):
    response = console.post(BULK, {"action": "delete", "selected": ids(ben)}, follow=True)

    assert "Choose what to do" in text_of(response)
    assert User.objects.filter(pk=ben.pk).exists()


def test_too_many_at_once_are_refused(console, ben, chen, monkeypatch):
    monkeypatch.setattr(developers_bulk, "BULK_LIMIT", 1)

    response = console.post(
        BULK, {"action": "block", "everyone": "1", "confirmed": "1"}, follow=True
    )

    assert "too many at once" in text_of(response)
    assert not User.objects.blocked().exists()


def test_the_way_back_keeps_the_filters_and_nothing_else(console, ben):
    response = console.post(
        BULK,
        {
            "action": "activate",
            "selected": ids(ben),
            "q": "ok",
            "state": "",
            "sort": "-name",
            "next": "https://evil.example/",
        },
    )

    assert response["Location"] == "/console/developers/?q=ok&sort=-name"
