"""Property: forward and back, in every order, each row comes exactly once and in order."""

import datetime as dt
from itertools import product

import pytest
from django.core import signing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import RoleAssignment, User
from base.paging import SALT, page_of

pytestmark = pytest.mark.django_db

START = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
ORDERS = [
    *(
        [first, second]
        for first, second in product(
            ["last_seen_at", "-last_seen_at", "registered_at", "-registered_at", "-first_name"],
            ["id", "-id"],
        )
    ),
    ["last_name", "first_name", "id"],
    ["-last_name", "first_name", "-id"],
    ["last_name", "-last_seen_at", "id"],
    ["-id"],
]

# Few values, so that many rows share them.
moments = st.integers(0, 3).map(lambda hours: START + dt.timedelta(hours=hours, microseconds=hours))
people = st.lists(
    st.tuples(
        st.sampled_from(["Ada", "Ben", "Chen"]),
        st.sampled_from(["Okafor", "Zhou", "Ångström"]),
        moments,
        st.none() | moments,
    ),
    max_size=14,
)


def _add(rows):
    User.objects.all().delete()
    User.objects.bulk_create(
        User(
            email=f"person{number}@example.org",
            first_name=first_name,
            last_name=last_name,
            registered_at=registered_at,
            last_seen_at=last_seen_at,
        )
        for number, (first_name, last_name, registered_at, last_seen_at) in enumerate(rows)
    )


def _walk(order, size):
    """Pages from the first to the last, then back to the first."""
    forward = [page_of(User.objects.all(), order=order, size=size)]
    while forward[-1].next_cursor:
        forward.append(
            page_of(User.objects.all(), order=order, cursor=forward[-1].next_cursor, size=size)
        )
    back = [forward[-1]]
    while back[-1].previous_cursor:
        back.append(
            page_of(User.objects.all(), order=order, cursor=back[-1].previous_cursor, size=size)
        )
    return forward, back


def _sorted(order):
    """The same order by Python's own stable sort, nulls last; names as the database sorts them."""
    names = {
        column: {
            value: place
            for place, value in enumerate(
                User.objects.order_by(column).values_list(column, flat=True).distinct()
            )
        }
        for column in ("first_name", "last_name")
    }
    rows = list(User.objects.all())
    for name in reversed(order):
        column = name.removeprefix("-")

        def key(row, column=column):
            value = getattr(row, column)
            return names[column][value] if column in names else value

        present = [row for row in rows if getattr(row, column) is not None]
        absent = [row for row in rows if getattr(row, column) is None]
        rows = sorted(present, key=key, reverse=name.startswith("-")) + absent
    return [row.pk for row in rows]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=people, order=st.sampled_from(ORDERS), size=st.integers(1, 6))
def test_page_of_gives_each_row_once_forward_and_back(rows, order, size):
    _add(rows)

    forward, back = _walk(order, size)

    assert [row.pk for page in forward for row in page.rows] == _sorted(order)
    assert [[row.pk for row in page.rows] for page in reversed(back)] == [
        [row.pk for row in page.rows] for page in forward
    ]
    assert [page.is_first for page in forward] == [True] + [False] * (len(forward) - 1)


def _three_people():
    _add(
        [("Ada", "Zhou", START, None), ("Ben", "Zhou", START, None), ("Chen", "Zhou", START, None)]
    )


@pytest.mark.parametrize(
    "cursor",
    [
        "rubbish",
        "",
        signing.dumps({"o": ["id"], "b": False, "v": [1]}, salt="another.salt"),
        signing.dumps({"o": ["id"], "b": False, "v": [1]}, salt=SALT),
    ],
    ids=["rubbish", "empty", "foreign", "another order"],
)
def test_page_of_gives_the_first_page_for_a_cursor_that_is_not_its_own(cursor):
    _three_people()

    page = page_of(User.objects.all(), order=["-id"], cursor=cursor, size=2)

    assert page.is_first
    assert [user.first_name for user in page.rows] == ["Chen", "Ben"]


def test_page_of_neither_repeats_nor_skips_when_somebody_is_added_in_front():
    _three_people()
    first = page_of(User.objects.all(), order=["-id"], size=2)
    User.objects.create(email="dana@example.org", first_name="Dana", last_name="Reyes")

    second = page_of(User.objects.all(), order=["-id"], cursor=first.next_cursor, size=2)

    assert [user.first_name for user in second.rows] == ["Ada"]


def test_page_of_leads_back_to_the_first_page_when_nothing_is_left_beyond_the_edge():
    _three_people()
    first = page_of(User.objects.all(), order=["id"], size=2)
    User.objects.filter(first_name="Chen").delete()

    page = page_of(User.objects.all(), order=["id"], cursor=first.next_cursor, size=2)

    assert [user.first_name for user in page.rows] == ["Ada", "Ben"]
    assert page.previous_cursor is None
    assert page.next_cursor is None


def test_page_of_fills_the_first_page_when_rows_before_the_edge_vanished():
    _three_people()
    second = page_of(
        User.objects.all(),
        order=["id"],
        cursor=page_of(User.objects.all(), order=["id"], size=2).next_cursor,
        size=2,
    )
    User.objects.filter(first_name="Ada").delete()

    page = page_of(User.objects.all(), order=["id"], cursor=second.previous_cursor, size=2)

    assert [user.first_name for user in page.rows] == ["Ben", "Chen"]
    assert page.is_first


def test_page_of_sorts_across_a_relation(ada):
    page = page_of(RoleAssignment.objects.all(), order=["role__name", "id"], size=1)
    following = page_of(
        RoleAssignment.objects.all(), order=["role__name", "id"], cursor=page.next_cursor, size=1
    )

    assert [page.rows[0].role.name, following.rows[0].role.name] == ["Administrators", "Developers"]


def test_page_of_asks_in_a_way_that_an_index_can_answer(django_assert_num_queries):
    """NULLS LAST on a column without nulls, or an OR alone, would walk the table."""
    _three_people()
    first = page_of(User.objects.all(), order=["-registered_at", "-id"], size=1)

    with django_assert_num_queries(1) as queries:
        page_of(
            User.objects.all(), order=["-registered_at", "-id"], cursor=first.next_cursor, size=1
        )

    sql = queries[0]["sql"]
    assert "NULLS" not in sql
    assert '"registered_at" <= ' in sql
