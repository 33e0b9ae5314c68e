"""The list of developers and its file."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from base.paging import PAGE_SIZE
from console.developers import list_views as developers
from tests.factories import InvitationFactory, RoleFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST = "/console/developers/"


def names_in(response):
    return [user.first_name for user in response.context["listing"].page.rows]


@pytest.fixture
def three_people(ada):
    """Chen, Dana and Elif, registered in this order before Ada; Dana is blocked."""
    finance = RoleFactory(name="Finance")
    now = timezone.now()
    return [
        UserFactory(
            email="chen@quarry.example",
            first_name="Chen",
            last_name="Wu",
            registered_at=now - timedelta(days=3),
            last_seen_at=now - timedelta(days=1),
            roles=[finance],
        ),
        UserFactory(
            email="dana@kelp.example",
            first_name="Dana",
            last_name="Reyes",
            registered_at=now - timedelta(days=2),
            blocked=True,
        ),
        UserFactory(
            email="elif@quarry.example",
            first_name="Élif",
            last_name="Demir",
            registered_at=now - timedelta(days=1),
            last_seen_at=now - timedelta(days=2),
        ),
    ]


# --- Doors -----------------------------------------------------------------------------------


def test_list_sends_visitors_to_the_sign_in_page(client, db):
    response = client.get(LIST)

    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")


def test_list_refuses_developers(portal):
    assert portal.get(LIST).status_code == 403
    assert portal.get(f"{LIST}export/").status_code == 403
    assert portal.post(f"{LIST}bulk/", {"action": "block"}).status_code == 403


# --- The list --------------------------------------------------------------------------------


def test_list_shows_the_newest_first_and_nobody_invited(console, ada, three_people):
    InvitationFactory(sender=ada, first_name="Sofia")

    response = console.get(LIST)

    assert response.status_code == 200
    assert names_in(response) == ["Ada", "Élif", "Dana", "Chen"]
    assert "Sofia" not in response.content.decode()


def test_list_counts_each_state_and_the_pending_invitations(console, ada, three_people):
    InvitationFactory(sender=ada)

    context = console.get(LIST).context

    counts = {str(tab.label): tab.count.number for tab in context["tabs"]}
    assert counts | {"pending": context["pending_invitations"].number} == {
        "All": 4,
        "Active": 3,
        "Blocked": 1,
        "pending": 1,
    }
    assert "1 invitation pending" in console.get(LIST).content.decode()


def test_counts_stop_at_their_limit(console, three_people, monkeypatch):
    monkeypatch.setattr("console.kit.listing.COUNT_LIMIT", 2)

    content = console.get(LIST).content.decode()

    assert "more than 2" in content


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=quarry", ["Élif", "Chen"]),
        ("q=ÉLIF", ["Élif"]),
        ("q=wu+chen", ["Chen"]),
        ("q=%25", []),
        ("state=blocked", ["Dana"]),
        ("state=active", ["Ada", "Élif", "Chen"]),
        ("sort=name", ["Élif", "Ada", "Dana", "Chen"]),
        ("sort=-name", ["Chen", "Dana", "Ada", "Élif"]),
        ("sort=email", ["Ada", "Chen", "Dana", "Élif"]),
        ("sort=registered", ["Chen", "Dana", "Élif", "Ada"]),
        ("sort=nonsense", ["Ada", "Élif", "Dana", "Chen"]),
        ("q=quarry&state=active&sort=name", ["Élif", "Chen"]),
    ],
)
def test_list_filters_and_sorts_by_its_address(console, three_people, query, found):
    assert names_in(console.get(f"{LIST}?{query}")) == found


def test_list_sorts_people_never_seen_last_both_ways(console, three_people):
    assert names_in(console.get(f"{LIST}?sort=seen"))[-1] == "Dana"
    assert names_in(console.get(f"{LIST}?sort=-seen"))[-1] == "Dana"


def test_list_filters_by_role(console, three_people):
    chen = three_people[0]
    finance = chen.roles.get(name="Finance")

    response = console.get(f"{LIST}?role={finance.public_id}")

    assert names_in(response) == ["Chen"]
    assert re.search(rf'value="{finance.public_id}"\s+selected', response.content.decode())


def test_list_pages_forward_and_back_with_its_filters(console, three_people):
    UserFactory.create_batch(PAGE_SIZE, first_name="Faye", blocked=True)

    first = console.get(f"{LIST}?sort=-registered&state=blocked")
    following = re.search(r'href="([^"]+)" rel="next"', first.content.decode())[1]
    second = console.get(LIST + following.replace("&amp;", "&"))
    previous = re.search(r'href="([^"]+)" rel="prev"', second.content.decode())[1]
    back = console.get(LIST + previous.replace("&amp;", "&"))

    assert names_in(first) == ["Faye"] * PAGE_SIZE
    assert "50 of 51 developers" in first.content.decode()
    assert "Select all 51 that match" in first.content.decode()
    assert names_in(second) == ["Dana"]
    assert back.context["listing"].page.rows == first.context["listing"].page.rows


def test_list_marks_the_sorted_column(console, ada):
    content = console.get(f"{LIST}?sort=name").content.decode()

    assert content.count("aria-sort") == 1
    assert 'aria-sort="ascending"' in content
    assert 'href="?sort=-name"' in content


def test_list_names_the_person_on_each_button(console, three_people):
    content = console.get(LIST).content.decode()

    assert 'aria-label="Block Chen Wu"' in content
    assert 'aria-label="Activate Dana Reyes"' in content
    assert "Block Ada Lovelace: you cannot block yourself" in content


def test_list_says_when_nobody_matches(console, ada):
    content = console.get(f"{LIST}?q=zzzz").content.decode()

    assert "No developers match" in content
    assert "Clear search and filters" in content


def test_list_escapes_what_people_call_themselves(console, ada):
    UserFactory(first_name="<script>alert(1)</script>", last_name='"onmouseover="x')

    content = console.get(LIST).content.decode()

    assert "<script>alert(1)" not in content
    assert '"onmouseover="x' not in content


def test_list_swaps_only_the_results_for_htmx(console, three_people):
    response = console.get(
        f"{LIST}?q=chen&role=&state=",
        headers={"HX-Request": "true", "HX-Target": "results"},
    )

    content = response.content.decode()
    assert "<html" not in content
    assert 'id="id_q"' not in content
    assert "Chen Wu" in content
    assert "1 developer" in content
    # The address stays fit to be shared: empty filters are left out of it.
    assert response["HX-Push-Url"] == "?q=chen"


@pytest.mark.parametrize("people", [1, 3])
def test_list_asks_the_same_queries_for_any_number_of_rows(
    console, people, django_assert_num_queries
):
    for _number in range(people):
        UserFactory(roles=[RoleFactory(), RoleFactory()])
    console.get(LIST)

    # Session, user, may they enter, the page, its roles, all counts, service, roles and products to filter by.
    with django_assert_num_queries(10):
        console.get(LIST)


# --- The file --------------------------------------------------------------------------------


def read(response):
    return list(csv.DictReader(io.StringIO(b"".join(response).decode())))


def test_export_streams_the_filtered_list(console, three_people):
    User.objects.filter(first_name="Chen").update(
        registered_at=datetime(2026, 11, 22, 9, 30, 15, tzinfo=UTC), last_seen_at=None
    )

    response = console.get(f"{LIST}export/?q=chen")

    assert response.streaming
    assert response["Content-Type"].startswith("text/csv")
    assert f"developers-{timezone.now():%Y-%m-%d}.csv" in response["Content-Disposition"]
    assert read(response) == [
        {
            "email": "chen@quarry.example",
            "first_name": "Chen",
            "last_name": "Wu",
            "state": "active",
            "roles": "Developers, Finance",
            "registered_at": "2026-11-22T09:30:15Z",
            "last_seen_at": "",
        }
    ]


def test_export_takes_the_formula_out_of_a_name(console, ada):
    UserFactory(first_name="=1+1", last_name="@SUM(A1)", email="+mal@example.org")

    row = read(console.get(f"{LIST}export/?q=sum"))[0]

    assert (row["first_name"], row["last_name"], row["email"]) == (
        "'=1+1",
        "'@SUM(A1)",
        "'+mal@example.org",
    )


def test_export_holds_everybody_once_across_batches(console, three_people, monkeypatch):
    monkeypatch.setattr(developers, "EXPORT_BATCH", 2)

    rows = read(console.get(f"{LIST}export/"))

    assert sorted(row["first_name"] for row in rows) == ["Ada", "Chen", "Dana", "Élif"]


def test_export_asks_two_queries_a_batch(console, three_people, django_assert_num_queries):
    response = console.get(f"{LIST}export/")

    # A batch, its roles, and the look for another batch.
    with django_assert_num_queries(3):
        read(response)


def test_export_is_noted_in_the_journal_with_its_filters(console, ada, three_people):
    console.get(f"{LIST}export/?q=quarry&state=active")

    event = Event.objects.get(action="users.exported")
    assert event.actor_id == ada.public_id
    assert event.data == {"filters": {"q": "quarry", "state": "active"}, "count": 2}
