"""Adding many at once does for each what adding one does, in a few statements."""

import pytest
from django.core.exceptions import ValidationError

from accounts import actions, password_links
from accounts.actions import Person
from accounts.models import Role, User
from audit.models import Event
from mail.models import Message
from tests.factories import RoleFactory
from tests.racing import overtake, race

HANA = Person(email=" Hana.Tanaka@Quarry.Example", first_name=" Hana ", last_name="Tanaka")
OMAR = Person(email="omar@quarry.example", first_name="Omar", last_name="Clarke")
# What differs between any two rows.
OWN = {"id", "public_id", "password", "registered_at", "password_link_nonce"} | {
    "password_link_expires_at",
    "_state",
    "_password",
}


def facts_of(user):
    facts = {name: value for name, value in vars(user).items() if name not in OWN}
    events = Event.objects.filter(subject_id=user.public_id)
    letters = Message.objects.filter(reference=user.public_id)
    return facts | {
        "roles": sorted(user.roles.values_list("name", flat=True)),
        "events": list(events.values("action", "actor_id", "subject_label", "data")),
        "letters": list(letters.values("kind", "to", "state", "language", "data")),
        "link_is_open": password_links.is_open(user),
        "has_password": user.has_usable_password(),
    }


@pytest.mark.django_db
def test_each_becomes_what_add_user_would_make(ada):
    pilots = RoleFactory(name="Pilots")
    single = actions.add_user(
        email=HANA.email,
        first_name=HANA.first_name,
        last_name=HANA.last_name,
        roles=[pilots],
        language="de",
        by=ada,
    )
    expected = facts_of(User.objects.get(pk=single.pk))
    actions.delete_user(user=single, by=ada)
    Message.objects.all().delete()

    [hana] = actions.add_users(people=[HANA], roles=[pilots], language="de", by=ada)

    assert facts_of(User.objects.get(pk=hana.pk)) == expected | {
        "letters": [
            {
                "kind": "welcome",
                "to": "hana.tanaka@quarry.example",
                "state": "queued",
                "language": "de",
                "data": {},
            }
        ]
    }
    assert User.objects.matching("tanaka").get() == hana


@pytest.mark.django_db
def test_one_that_cannot_be_added_costs_the_others_nothing(ada, ben):
    outcomes = actions.add_users(
        people=[
            OMAR,
            Person(email="BEN@example.org", first_name="Ben", last_name="Okafor"),
            Person(email="nope", first_name="No", last_name="Pe"),
            Person(email="x@example.org", first_name="", last_name="X"),
            Person(email="y@example.org", first_name="Y", last_name=" "),
            Person(email="z@example.org", first_name="Z" * 101, last_name="Z"),
            Person(email="w@example.org", first_name="see www.w.example", last_name="W"),
            Person(email="OMAR@quarry.example", first_name="Omar", last_name="Again"),
            HANA,
        ],
        by=ada,
    )

    omar, known, malformed, nameless, half, long, link, repeated, hana = outcomes
    assert omar.last_name == "Clarke"
    assert isinstance(known, actions.AddressTaken)
    assert known.user == ben
    assert malformed.code == "invalid_address"
    assert nameless.messages == ["Enter a first name."]
    assert half.messages == ["Enter a last name."]
    assert "at most 100 characters" in long.messages[0]
    assert link.messages == ["A name cannot contain a link."]
    assert isinstance(repeated, actions.AddressTaken)
    assert repeated.user == omar
    assert hana.pk
    assert User.objects.count() == 4


@pytest.mark.django_db
def test_statements_do_not_grow_with_the_people(ada, is_sqlite, django_assert_num_queries):
    # A savepoint and its release, the role, the look, the insert, the keys, roles, events, letters.
    for count in [1, 40]:
        people = [
            Person(email=f"p{count}-{number}@example.org", first_name="P", last_name="Q")
            for number in range(count)
        ]
        # On PostgreSQL one of them takes the lock of the actor's authority.
        with django_assert_num_queries(10 if is_sqlite else 11):
            actions.add_users(people=people, by=ada)


@pytest.mark.django_db
def test_nobody_is_added_as_a_guest(ada):
    with pytest.raises(actions.RoleNotAssignable):
        actions.add_users(people=[OMAR], roles=[Role.objects.get(built_in="guests")], by=ada)

    assert not User.objects.filter(email=OMAR.email).exists()


@pytest.mark.django_db
def test_nobody_at_all_is_no_trouble(ada):
    assert actions.add_users(people=[], by=ada) == []


@pytest.mark.django_db(transaction=True)
def test_lists_that_overlap_add_everybody_once(ada):
    people = [
        Person(email=f"p{number}@example.org", first_name="P", last_name="Q")
        for number in range(60)
    ]

    outcomes = race(
        lambda: actions.add_users(people=people[:40], by=ada),
        lambda: actions.add_users(people=people[59:19:-1], by=ada),
        lambda: actions.add_users(people=people[10:50], by=ada),
    )

    made = [outcome for each in outcomes for outcome in each if isinstance(outcome, User)]
    refused = [outcome for each in outcomes for outcome in each if not isinstance(outcome, User)]
    assert len(made) == len({user.email for user in made}) == 60
    assert len(refused) == 60
    assert all(isinstance(refusal, actions.AddressTaken) for refusal in refused)
    assert Event.objects.filter(action="user.added").count() == 60
    assert Message.objects.count() == 60


@pytest.mark.django_db(transaction=True)
def test_an_address_taken_after_the_look_is_refused_alone(ada):
    outcomes = overtake(
        lambda: actions.add_user(
            email=OMAR.email, first_name="Omar", last_name="Quick", by=ada, password=None
        ),
        lambda: actions.add_users(people=[OMAR, HANA], by=ada),
    )

    refusal, hana = outcomes
    assert isinstance(refusal, ValidationError)
    assert refusal.user.last_name == "Quick"
    assert hana.email == "hana.tanaka@quarry.example"
