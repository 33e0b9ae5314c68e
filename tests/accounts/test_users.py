"""What the operations on people do, record, send and refuse."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import actions, password_links
from accounts.models import Role, Session, User
from audit.models import Event
from mail.models import Message
from tests.factories import PASSWORD, AdministratorFactory, RoleFactory, UserFactory

pytestmark = pytest.mark.django_db


def events_of(user, action=None):
    found = Event.objects.filter(subject_id=user.public_id)
    return found.filter(action=action) if action else found


def letters_to(user):
    return list(Message.objects.filter(reference=user.public_id).values_list("kind", flat=True))


def session_of(user):
    return Session.objects.create(
        session_key=f"hash-of-{user.pk}-{Session.objects.count()}",
        session_data="",
        expire_date=timezone.now() + timezone.timedelta(days=1),
        user=user,
    )


def add(by, **changes):
    values = {
        "email": "Hana.Tanaka@Quarry.Example",
        "first_name": "Hana",
        "last_name": "Tanaka",
        "password": PASSWORD,
    }
    return actions.add_user(**(values | changes), by=by)


def test_add_user_makes_an_active_developer_at_once(ada):
    hana = add(ada)

    assert hana.email == "hana.tanaka@quarry.example"
    assert hana.is_active
    assert hana.check_password(PASSWORD)
    assert hana.must_change_password
    assert [role.built_in for role in hana.roles.all()] == ["developers"]
    event = events_of(hana, "user.added").get()
    assert event.actor_id == ada.public_id
    assert event.data == {"roles": ["Developers"]}
    assert letters_to(hana) == ["welcome"]


def test_add_user_without_a_password_sends_a_link(ada):
    hana = add(ada, password=None)

    assert not hana.has_usable_password()
    assert password_links.is_open(hana)
    assert letters_to(hana) == ["welcome"]


def test_add_user_gives_the_roles_chosen_and_developers(ada):
    partners = RoleFactory(name="Partners")

    hana = add(ada, roles=[partners], must_change_password=False, welcome=False)

    assert {role.name for role in hana.roles.all()} == {"Developers", "Partners"}
    assert not hana.must_change_password
    assert letters_to(hana) == []


def test_add_user_refuses_guests(ada):
    with pytest.raises(actions.RoleNotAssignable):
        add(ada, roles=[Role.objects.get(built_in="guests")])

    assert not User.objects.filter(email="hana.tanaka@quarry.example").exists()


def test_add_user_refuses_an_address_in_another_spelling(ada, ben):
    with pytest.raises(actions.AddressTaken) as refusal:
        add(ada, email="  BEN@Example.ORG ")

    assert refusal.value.user == ben
    assert "email" in refusal.value.message_dict


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "not an address"),
        ("first_name", ""),
        ("last_name", "x" * 101),
        ("first_name", "Visit http://evil.example"),
        ("last_name", "Line\u202ebreak"),
        ("password", "short"),
        ("time_zone", "Mars/Olympus"),
    ],
)
def test_add_user_refuses_bad_values_and_leaves_nothing(ada, field, value):
    people = User.objects.count()

    with pytest.raises(ValidationError):
        add(ada, **{field: value})

    assert User.objects.count() == people
    assert Message.objects.count() == 0


def test_edit_user_changes_what_is_given_and_records_both_values(ada, ben):
    changed = actions.edit_user(user=ben, email="Benjamin@example.org", note="Pays late", by=ada)

    assert changed.email == "benjamin@example.org"
    assert changed.first_name == "Ben"
    event = events_of(ben, "user.edited").get()
    assert event.data["changes"]["email"] == ["ben@example.org", "benjamin@example.org"]
    assert "Pays late" not in str(event.data)
    assert User.objects.matching("benjamin@").get() == ben


def test_edit_user_is_quiet_when_nothing_differs(ada, ben):
    actions.edit_user(user=ben, email="BEN@example.org", first_name=" Ben ", by=ada)

    assert not events_of(ben).exists()


def test_edit_user_refuses_the_address_of_another(ada, ben):
    with pytest.raises(actions.AddressTaken):
        actions.edit_user(user=ben, email="ada@example.org", by=ada)


def test_edit_user_voids_the_password_link_with_the_address(ada, ben):
    old = actions.send_password_link(user=ben, by=ada).password_link_nonce

    changed = actions.edit_user(user=ben, email="benjamin@example.org", by=ada)

    assert password_links.is_open(changed)
    assert changed.password_link_nonce != old


def test_block_user_closes_every_door_and_tells_nobody(ada, ben):
    session_of(ben)
    actions.send_password_link(user=ben, by=None)
    ben.refresh_from_db()
    before = ben.get_session_auth_hash()
    Message.objects.all().delete()

    blocked = actions.block_user(user=ben, reason=" Left the company ", by=ada)

    assert blocked.is_blocked
    assert blocked.block_reason == "Left the company"
    assert not Session.objects.filter(user=ben).exists()
    assert not password_links.is_open(blocked)
    assert blocked.get_session_auth_hash() != before
    assert events_of(ben, "user.blocked").get().data == {
        "reason": "Left the company",
        "sessions_ended": 1,
    }
    assert letters_to(ben) == []


def test_block_user_tells_when_asked(ada, ben):
    actions.block_user(user=ben, tell=True, by=ada)

    assert letters_to(ben) == ["account_blocked"]


def test_block_user_is_quiet_for_a_blocked_person(ada, ben):
    actions.block_user(user=ben, by=ada)
    again = actions.block_user(user=ben, reason="Again", by=ada)

    assert again.block_reason == ""
    assert events_of(ben, "user.blocked").count() == 1


def test_block_user_refuses_oneself(ada):
    AdministratorFactory()

    with pytest.raises(actions.CannotBlockSelf):
        actions.block_user(user=ada, by=ada)


def test_block_user_refuses_the_last_administrator(ada):
    with pytest.raises(actions.LastAdministrator):
        actions.block_user(user=ada, by=None)

    ada.refresh_from_db()
    assert ada.is_active


def test_block_user_refuses_an_actor_who_was_demoted_meanwhile(ada, ben):
    chen = AdministratorFactory(first_name="Chen")
    actions.remove_role(user=chen, role=Role.objects.administrators(), by=ada)

    with pytest.raises(actions.ActorMayNotAct):
        actions.block_user(user=ben, by=chen)


def test_activate_user_gives_back_exactly_what_was_there(ada, ben):
    actions.assign_role(user=ben, role=RoleFactory(name="Partners"), by=ada)
    roles = set(ben.roles.all())
    actions.block_user(user=ben, reason="Audit", by=ada)

    active = actions.activate_user(user=ben, tell=True, by=ada)

    assert active.is_active
    assert active.blocked_at is None
    assert active.block_reason == ""
    assert set(active.roles.all()) == roles
    assert not Session.objects.filter(user=ben).exists()
    assert letters_to(ben) == ["account_activated"]
    assert events_of(ben, "user.activated").count() == 1


def test_activate_user_is_quiet_for_an_active_person(ada, ben):
    actions.activate_user(user=ben, tell=True, by=ada)

    assert not events_of(ben).exists()
    assert letters_to(ben) == []


def test_delete_user_keeps_the_journal(ada, ben):
    actions.edit_user(user=ben, first_name="Benjamin", by=ada)
    ben.refresh_from_db()

    actions.delete_user(user=ben, by=ada)

    assert not User.objects.filter(email="ben@example.org").exists()
    assert [event.action for event in events_of(ben)] == ["user.deleted", "user.edited"]
    assert events_of(ben).first().subject_label == "Benjamin Okafor <ben@example.org>"


def test_delete_user_refuses_oneself_and_the_last_administrator(ada):
    with pytest.raises(actions.CannotDeleteSelf):
        actions.delete_user(user=ada, by=ada)
    with pytest.raises(actions.LastAdministrator):
        actions.delete_user(user=ada, by=None)


def test_tell_blocked_user_writes_at_most_once_a_day(ada, ben, time_machine):
    actions.block_user(user=ben, by=ada)

    actions.tell_blocked_user(user=ben)
    actions.tell_blocked_user(user=ben)
    assert letters_to(ben) == ["sign_in_refused"]

    time_machine.move_to(timezone.now() + timezone.timedelta(hours=25))
    actions.tell_blocked_user(user=ben)
    assert letters_to(ben) == ["sign_in_refused", "sign_in_refused"]


def test_apply_to_each_names_who_was_skipped_and_why(ada, ben):
    chen = UserFactory(first_name="Chen")

    result = actions.apply_to_each(
        [ben, ada, chen], lambda user: actions.block_user(user=user, by=ada)
    )

    assert result.done == [ben, chen]
    assert result.skipped == [(ada, "You cannot block yourself.")]


def test_end_sessions_keeps_the_one_in_use(ben):
    here, _there = session_of(ben), session_of(ben)

    ended = actions.end_sessions(user=ben, keep=here, by=ben)

    assert ended == 1
    assert list(Session.objects.filter(user=ben)) == [here]
    assert events_of(ben, "user.sessions_ended").get().data == {"count": 1}


def test_end_sessions_is_quiet_when_there_are_none(ben):
    assert actions.end_sessions(user=ben, by=ben) == 0
    assert not events_of(ben).exists()


def test_end_session_ends_one_and_is_quiet_afterwards(ben):
    session = session_of(ben)

    actions.end_session(session=session, by=ben)
    actions.end_session(session=session, by=ben)

    assert not Session.objects.filter(user=ben).exists()
    assert events_of(ben, "user.sessions_ended").count() == 1


def test_set_password_ends_other_sessions_and_tells(ada, ben):
    here, _there = session_of(ben), session_of(ben)
    actions.send_password_link(user=ben, by=ada)

    changed = actions.set_password(
        user=ben,
        password="another fine passphrase",
        must_change_password=True,
        keep_session=here,
        by=ada,
    )

    assert changed.check_password("another fine passphrase")
    assert changed.must_change_password
    assert not password_links.is_open(changed)
    assert list(Session.objects.filter(user=ben)) == [here]
    assert "password_changed" in letters_to(ben)
    assert events_of(ben, "user.password_set").get().data == {"sessions_ended": 1}


def test_set_password_without_a_session_to_keep_ends_all(ada, ben):
    session_of(ben)

    actions.set_password(user=ben, password="another fine passphrase", by=ada)

    assert not Session.objects.filter(user=ben).exists()


@pytest.mark.parametrize(
    "password", ["elevenchars", "x" * 129, "aaaaaaaaaaaaaaaa", "ben@example.org", "ben okafor 12"]
)
def test_set_password_holds_to_the_rules(ben, password):
    with pytest.raises(ValidationError) as refusal:
        actions.set_password(user=ben, password=password, by=ben)

    assert list(refusal.value.message_dict) == ["password"]


def test_send_password_link_voids_the_one_before(ada, ben):
    tokens = password_links.TokenGenerator()
    first = actions.send_password_link(user=ben, by=None)
    earlier = tokens.make_token(first)

    second = actions.send_password_link(user=ben, by=ada)

    assert not tokens.check_token(second, earlier)
    assert tokens.check_token(second, tokens.make_token(second))
    assert second.password_link_expires_at > first.password_link_expires_at
    assert Message.objects.about(ben.public_id).first().data == {"sent_by": "Ada Lovelace"}


def test_a_stranger_cannot_void_a_link_by_asking_again(ben, time_machine):
    tokens = password_links.TokenGenerator()
    token = tokens.make_token(actions.send_password_link(user=ben, by=None))

    again = actions.send_password_link(user=ben, by=None)
    assert tokens.check_token(again, token)

    time_machine.move_to(timezone.now() + timezone.timedelta(minutes=11))
    later = actions.send_password_link(user=ben, by=None)
    assert not tokens.check_token(later, token)


def test_send_password_link_refuses_a_blocked_person(ada, ben):
    actions.block_user(user=ben, by=ada)

    with pytest.raises(actions.UserIsBlocked):
        actions.send_password_link(user=ben, by=ada)


def test_an_export_is_noted(ada):
    actions.record_export(filters={"state": "active"}, count=3, by=ada)

    event = Event.objects.get(action="users.exported")
    assert (event.subject_id, event.data["count"]) == (ada.public_id, 3)
