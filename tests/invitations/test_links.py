"""Shared links: what can be done with one, what is written down, what is refused."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import actions as people
from accounts.models import Role
from audit.models import Event
from base.tokens import token_digest
from invitations import actions
from invitations.link_access import (
    JoinState,
    find_invite_link,
    products_given,
    roles_given,
)
from invitations.models import Invitation, InviteLink
from mail.models import Message
from tests.factories import (
    AdministratorFactory,
    InvitationFactory,
    InviteLinkFactory,
    PackageFactory,
    ProductFactory,
    RoleFactory,
)

pytestmark = pytest.mark.django_db
State = InviteLink.State
HOUR = timedelta(hours=1)


def state_of(link):
    return InviteLink.objects.with_state().get(pk=link.pk).state


def bearer_sees(link):
    return find_invite_link(actions.token_of_link(link)).state


def events_of(link):
    found = Event.objects.filter(subject_id=link.public_id).order_by("id")
    return [event.action for event in found]


def values_of(link):
    """What the edit form posts when nothing was changed."""
    fields = ["name", "quota", "expires_at", "mail_domains", "package"]
    return {field: getattr(link, field) for field in fields} | {"roles": list(link.roles.all())}


# --- Make and change --------------------------------------------------------------------------


def test_create_link_is_on_and_keeps_what_it_gives(ada):
    pilots = RoleFactory(name="Pilots")
    package = PackageFactory()
    end = timezone.now() + timedelta(days=30)

    link = actions.create_link(
        name=" Harbour  day ",
        quota=25,
        expires_at=end,
        mail_domains=["Example.ORG", "@example.org", "münchen.example"],
        roles=[pilots],
        package=package,
        by=ada,
    )

    assert (link.name, link.quota, link.used, link.expires_at) == ("Harbour day", 25, 0, end)
    assert link.mail_domains == ["example.org", "xn--mnchen-3ya.example"]
    assert list(link.roles.all()) == [pilots]
    assert (link.package, link.sender, link.sender_name) == (package, ada, "Ada Lovelace")
    assert state_of(link) == bearer_sees(link) == State.OPEN
    assert events_of(link) == ["invite_link.created"]
    assert not Message.objects.exists()


def test_the_row_keeps_no_token(ada):
    link = InviteLinkFactory(sender=ada)
    token = actions.token_of_link(link)

    assert token not in str(vars(link))
    assert len(token) == 43
    assert link.digest == token_digest(token)


def test_the_token_outlives_a_rotation_of_the_secret_key(ada, settings):
    link = InviteLinkFactory(sender=ada)
    token = actions.token_of_link(link)

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a quite different key that is long enough to be one, really"

    assert actions.token_of_link(link) == token
    assert find_invite_link(token).link == link


def test_a_token_is_of_one_purpose_only(ada):
    """The nonce of an invitation makes no link, and the other way round."""
    invitation = InvitationFactory(sender=ada)
    link = InviteLinkFactory(sender=ada, public_id=invitation.public_id, nonce=invitation.nonce)

    assert actions.token_of_link(link) != actions.token_of(invitation)
    assert find_invite_link(actions.token_of(invitation)) is None


@pytest.mark.parametrize("token", ["", "x", "é" * 43, "a" * 43, "../../etc/passwd"])
def test_a_token_of_nobody_finds_nothing(token, db):
    assert find_invite_link(token) is None


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "This field cannot be blank."),
        ("name", "http://evil.example", "A name cannot contain a link."),
        ("quota", 0, "Enter a number from 1 to 100,000, or leave it empty."),
        ("quota", 100_001, "Enter a number from 1 to 100,000, or leave it empty."),
        ("expires_at", timezone.now() - HOUR, "Choose a moment in the future."),
        ("mail_domains", ["exa mple.org"], "exa mple.org is no mail domain."),
        ("mail_domains", ["you@example.org"], "you@example.org is no mail domain."),
        ("mail_domains", ["@"], "@ is no mail domain."),
        ("mail_domains", [f"d{n}.example" for n in range(51)], "50 mail domains at most"),
    ],
)
def test_create_link_refuses_bad_values_and_leaves_nothing(ada, field, value, sentence):
    with pytest.raises(ValidationError) as refusal:
        actions.create_link(**({"name": "Harbour day"} | {field: value}), by=ada)

    assert sentence in " ".join(refusal.value.messages)
    assert not InviteLink.objects.exists()
    assert not Event.objects.exists()


def test_a_link_makes_no_administrators_and_no_guests(ada, administrators_role):
    with pytest.raises(actions.LinkMakesNoAdministrators):
        actions.create_link(name="Harbour day", roles=[administrators_role], by=ada)
    with pytest.raises(people.RoleNotAssignable):
        actions.create_link(name="Harbour day", roles=[Role.objects.get(built_in="guests")], by=ada)


def test_edit_link_changes_what_differs_and_writes_it_down(ada):
    chen = AdministratorFactory(first_name="Chen")
    pilots = RoleFactory(name="Pilots")
    link = InviteLinkFactory(sender=ada, name="Harbour day", quota=2)
    end = timezone.now() + timedelta(days=1)
    changed = {"quota": 5, "expires_at": end, "mail_domains": ["example.org"], "roles": [pilots]}

    actions.edit_link(
        link=link, **(values_of(link) | changed | {"package": PackageFactory(name="P")}), by=chen
    )

    link.refresh_from_db()
    assert (link.quota, link.expires_at, link.mail_domains) == (5, end, ["example.org"])
    assert list(link.roles.all()) == [pilots]
    assert link.sender == ada
    event = Event.objects.get(action="invite_link.edited")
    assert event.data["changes"] == {
        "quota": [2, 5],
        "expires_at": [None, end.isoformat()],
        "mail_domains": [[], ["example.org"]],
        "package": [None, "P"],
        "roles": [[], ["Pilots"]],
    }


def test_edit_link_is_quiet_when_nothing_differs(ada):
    link = InviteLinkFactory(
        sender=ada, quota=3, expires_at=timezone.now(), roles=[RoleFactory()], used=1
    )

    actions.edit_link(link=link, **values_of(link), by=ada)

    assert events_of(link) == []


def test_edit_link_leaves_an_end_alone_that_the_form_knows_to_the_minute(ada):
    end = (timezone.now() - HOUR).replace(second=42)
    link = InviteLinkFactory(sender=ada, expires_at=end)
    values = values_of(link) | {"expires_at": end.replace(second=0, microsecond=0)}

    actions.edit_link(link=link, **values, by=ada)

    link.refresh_from_db()
    assert link.expires_at == end
    with pytest.raises(ValidationError):
        actions.edit_link(link=link, **(values | {"expires_at": end - HOUR}), by=ada)


def test_edit_link_takes_the_end_away(ada):
    link = InviteLinkFactory(sender=ada, expires_at=timezone.now() - HOUR)

    actions.edit_link(link=link, **(values_of(link) | {"expires_at": None}), by=ada)

    assert state_of(link) == State.OPEN


def test_edit_link_takes_no_quota_below_the_number_that_joined(ada):
    link = InviteLinkFactory(sender=ada, quota=5, used=3)

    with pytest.raises(actions.QuotaBelowUsed) as refusal:
        actions.edit_link(link=link, **(values_of(link) | {"quota": 2}), by=ada)

    assert refusal.value.message_dict == {"quota": ["3 people joined already: enter 3 or more."]}
    actions.edit_link(link=link, **(values_of(link) | {"quota": 3}), by=ada)
    assert state_of(link) == State.FULL


# --- On and off -------------------------------------------------------------------------------


def test_turn_off_link_and_on_again_make_the_actor_its_sender(ada):
    chen = AdministratorFactory(first_name="Chen", last_name="Wei")
    link = InviteLinkFactory(sender=ada)

    for _twice in range(2):
        actions.turn_off_link(link=link, by=ada)
    assert state_of(link) == bearer_sees(link) == State.OFF

    for _twice in range(2):
        actions.turn_on_link(link=link, by=chen)
    link.refresh_from_db()
    assert state_of(link) == State.OPEN
    assert (link.sender, link.sender_name) == (chen, "Chen Wei")
    assert events_of(link) == ["invite_link.turned_off", "invite_link.turned_on"]


@pytest.mark.parametrize("end", ["block", "demote", "delete"])
def test_a_link_is_only_as_good_as_its_sender(ada, administrators_role, end):
    chen = AdministratorFactory(first_name="Chen", last_name="Wei")
    link = InviteLinkFactory(sender=chen)

    if end == "block":
        people.block_user(user=chen, by=ada)
    elif end == "demote":
        people.remove_role(user=chen, role=administrators_role, by=ada)
    else:
        people.delete_user(user=chen, by=ada)

    assert state_of(link) == bearer_sees(link) == State.SENDER_GONE
    link.refresh_from_db()
    assert link.sender_name == "Chen Wei"

    actions.turn_on_link(link=link, by=ada)
    assert state_of(link) == State.OPEN


def test_every_state_is_computed_and_the_first_reason_counts(ada):
    now = timezone.now()
    gone = AdministratorFactory()
    people.block_user(user=gone, by=ada)
    over = {"expires_at": now - HOUR, "quota": 1, "used": 1}
    links = {
        State.OPEN: InviteLinkFactory(sender=ada, expires_at=now + HOUR, quota=2, used=1),
        State.OFF: InviteLinkFactory(sender=gone, is_on=False, **over),
        State.SENDER_GONE: InviteLinkFactory(sender=gone, **over),
        State.ENDED: InviteLinkFactory(sender=ada, **over),
        State.FULL: InviteLinkFactory(sender=ada, quota=1, used=1),
    }

    assert {state: state_of(link) for state, link in links.items()} == {
        state: state for state in State
    }
    for state, link in links.items():
        assert list(InviteLink.objects.in_state(state)) == [link]
        assert bearer_sees(link) == JoinState(state)


# --- The address ------------------------------------------------------------------------------


def test_renew_address_kills_the_old_one_and_tells_its_bearer(ada):
    link = InviteLinkFactory(sender=ada)
    old = actions.token_of_link(link)

    renewed = actions.renew_address(link=link, by=ada)

    assert find_invite_link(old).state == JoinState.REPLACED
    assert find_invite_link(old).link == link
    assert bearer_sees(renewed) == JoinState.OPEN
    assert events_of(link) == ["invite_link.address_renewed"]


def test_reveal_address_gives_it_in_full_and_notes_who_asked(ada, settings):
    settings.PUBLIC_URL = "https://apis.example"
    link = InviteLinkFactory(sender=ada)

    address = actions.reveal_address(link=link, by=ada)

    assert address == f"https://apis.example/join/{actions.token_of_link(link)}/"
    event = Event.objects.get(action="invite_link.copied")
    assert (event.actor_id, event.subject_id) == (ada.public_id, link.public_id)
    assert actions.token_of_link(link) not in str(event.data)


def test_delete_link_withdraws_what_nobody_answered_and_leaves_the_rest(ada, ben):
    link = InviteLinkFactory(sender=ada, used=1)
    token = actions.token_of_link(link)
    waiting = InvitationFactory(sender=ada, invite_link=link)
    joined = InvitationFactory(sender=ada, invite_link=link, accepted_at=timezone.now(), user=ben)
    other = InvitationFactory(sender=ada)

    assert actions.delete_link(link=link, by=ada) == 1

    states = {row.pk: row.state for row in Invitation.objects.all()}
    assert states == {waiting.pk: "revoked", joined.pk: "accepted", other.pk: "pending"}
    assert find_invite_link(token) is None
    event = Event.objects.get(action="invite_link.deleted")
    assert event.data == {"used": 1, "revoked": 1}


# --- What it gives ----------------------------------------------------------------------------


def test_roles_and_products_given_are_all_that_somebody_who_joins_will_have(ada):
    pilots, finance = RoleFactory(name="Pilots"), RoleFactory(name="Finance")
    product, hidden = ProductFactory(name="Freight"), ProductFactory(unpublished=True)
    package = PackageFactory(roles=[finance, pilots], products=[product, hidden])
    plain = InviteLinkFactory(sender=ada, roles=[pilots])
    full = InviteLinkFactory(sender=ada, roles=[pilots], package=package)

    assert [role.name for role in roles_given(plain)] == ["Developers", "Pilots"]
    assert [role.name for role in roles_given(full)] == ["Developers", "Finance", "Pilots"]
    assert products_given(plain) == []
    assert products_given(full) == [product]
