"""Inviting many at once does for each what inviting one does, in a few statements."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts.actions import AddressTaken, Person, RoleNotAssignable
from accounts.models import Role, User
from audit.models import Event
from invitations import actions
from invitations.access import LinkState, find_link
from invitations.models import Invitation
from mail.models import Message
from packages.models import Package
from tests.factories import InvitationFactory, RoleFactory, UserFactory
from tests.racing import overtake, race

WEEK = timedelta(days=7)
SOFIA = Person(email=" Sofia.Brandt@Kelpworks.Example ", first_name="Sofia ", last_name="Brandt")
# What differs between any two rows.
OWN = {"_state", "id", "public_id", "nonce", "digest", "created_at", "sent_at", "expires_at"}


def invite(by, *people, **changes):
    return actions.invite_many(**({"people": people, "by": by, "validity": WEEK} | changes))


def facts_of(invitation):
    invitation = Invitation.objects.get(pk=invitation.pk)
    facts = {name: value for name, value in vars(invitation).items() if name not in OWN}
    events = Event.objects.filter(subject_id=invitation.public_id)
    letters = Message.objects.filter(reference=invitation.public_id)
    return facts | {
        "roles": sorted(invitation.roles.values_list("name", flat=True)),
        "events": list(events.values("action", "actor_id", "subject_label", "data")),
        "letters": list(letters.values("kind", "to", "state", "language", "data")),
        "life": invitation.expires_at - invitation.sent_at,
        "link": find_link(actions.token_of(invitation)).state,
    }


@pytest.mark.django_db
def test_each_becomes_what_invite_user_would_make(ada):
    for_all = {
        "roles": [RoleFactory(name="Pilots")],
        "package": Package.objects.create(name="Freight", name_key="freight"),
        "message": " Welcome aboard ",
        "language": "de",
        "validity": timedelta(days=3),
    }
    single = actions.invite_user(
        email=SOFIA.email,
        first_name=SOFIA.first_name,
        last_name=SOFIA.last_name,
        by=ada,
        **for_all,
    )
    expected = facts_of(single)
    actions.revoke_invitation(invitation=single, by=ada)

    [sofia] = invite(ada, SOFIA, **for_all)

    assert facts_of(sofia) == expected
    assert expected["link"] == LinkState.OPEN


@pytest.mark.django_db
def test_one_that_cannot_be_invited_costs_the_others_nothing(ada, ben):
    hana = UserFactory(email="hana@quarry.example", blocked=True)
    already = InvitationFactory(sender=ada, email="omar@quarry.example")

    outcomes = invite(
        ada,
        SOFIA,
        Person(email="BEN@example.org"),
        Person(email="hana@quarry.example"),
        Person(email="omar@quarry.example"),
        Person(email="nope"),
        Person(email="x@example.org", first_name="X" * 101),
        Person(email="y@example.org", last_name="see www.y.example"),
        Person(email="sofia.brandt@kelpworks.example"),
        Person(email="z@example.org"),
    )

    sofia, known, blocked, invited, malformed, long, link, repeated, z = outcomes
    assert sofia.full_name == "Sofia Brandt"
    assert isinstance(known, AddressTaken)
    assert (known.user, blocked.user) == (ben, hana)
    assert isinstance(invited, actions.AlreadyInvited)
    assert invited.invitation == already
    assert malformed.code == "invalid_address"
    assert "at most 100 characters" in long.messages[0]
    assert link.messages == ["A name cannot contain a link."]
    assert repeated.invitation == sofia
    assert z.first_name == "Z"
    assert Invitation.objects.count() == 3
    assert Message.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("person", "name"),
    [
        (Person(email="sofia.brandt@kelpworks.example"), ("Sofia", "Brandt")),
        (Person(email="sofia@kelpworks.example"), ("Sofia", "")),
        (Person(email="info@kelpworks.example", first_name="Sofia"), ("Sofia", "")),
        (Person(email="info@kelpworks.example", last_name="Brandt"), ("Brandt", "")),
    ],
)
def test_a_missing_name_is_made_from_what_is_known(ada, person, name):
    [invitation] = invite(ada, person)

    assert (invitation.first_name, invitation.last_name) == name


@pytest.mark.django_db
def test_statements_do_not_grow_with_the_people(ada, is_sqlite, django_assert_num_queries):
    roles = [RoleFactory()]
    # A savepoint and its release, two looks, the insert, the keys, roles, events, letters.
    for count in [1, 40]:
        people = [Person(email=f"p{count}-{number}@example.org") for number in range(count)]
        # On PostgreSQL two of them take locks: of the sender's authority, and of the day's limit.
        with django_assert_num_queries(13 if is_sqlite else 15):
            invite(ada, *people, roles=roles)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"validity": timedelta(days=91)},
        {"message": "x" * 2001},
        {"language": "tlh"},
    ],
)
def test_what_holds_for_all_is_refused_for_all(ada, wrong):
    with pytest.raises(ValidationError) as refusal:
        invite(ada, SOFIA, **wrong)

    assert set(refusal.value.message_dict) == set(wrong)
    assert not Invitation.objects.exists()


@pytest.mark.django_db
def test_nobody_is_invited_as_a_guest(ada):
    with pytest.raises(RoleNotAssignable):
        invite(ada, SOFIA, roles=[Role.objects.get(built_in="guests")])


@pytest.mark.django_db
def test_an_answered_invitation_stands_in_nobodys_way(ada):
    InvitationFactory(
        sender=ada, email="sofia.brandt@kelpworks.example", declined_at=ada.registered_at
    )

    [sofia] = invite(ada, SOFIA)

    assert sofia.is_pending


@pytest.mark.django_db(transaction=True)
def test_lists_that_overlap_invite_everybody_once(ada):
    people = [Person(email=f"p{number}@example.org") for number in range(60)]

    outcomes = race(
        lambda: invite(ada, *people[:40]),
        lambda: invite(ada, *people[59:19:-1]),
        lambda: invite(ada, *people[10:50]),
    )

    sent = [each for outcome in outcomes for each in outcome if isinstance(each, Invitation)]
    refused = [each for outcome in outcomes for each in outcome if not isinstance(each, Invitation)]
    assert len(sent) == len({invitation.email for invitation in sent}) == 60
    assert len(refused) == 60
    assert all(isinstance(refusal, actions.AlreadyInvited) for refusal in refused)
    assert Event.objects.count() == Message.objects.count() == 60


@pytest.mark.django_db(transaction=True)
def test_an_invitation_committed_after_the_look_refuses_that_one_alone(ada):
    refusal, other = overtake(
        lambda: invite(ada, SOFIA),
        lambda: invite(ada, SOFIA, Person(email="other@example.org")),
    )

    assert isinstance(refusal, actions.AlreadyInvited)
    assert refusal.invitation.email == "sofia.brandt@kelpworks.example"
    assert other.is_pending
    assert not User.objects.filter(email="other@example.org").exists()
