"""A new email address: both addresses are told, and a link that it voids is sent again to the new one."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts import password_links
from accounts.actions import (
    activate_user,
    add_user,
    block_user,
    edit_user,
    send_password_link,
    set_password,
)
from audit.models import Event
from mail.models import Message
from packages.actions import add_user_with_package
from service.models import Service
from tests.factories import PackageFactory, UserFactory
from tests.portal.pages import NEW_PASSWORD, password_link

pytestmark = pytest.mark.django_db
NEW = "benjamin@example.org"
SOFIA = {"email": "sofia@example.org", "first_name": "Sofia", "last_name": "Brandt"}


def kinds_to(address):
    return sorted(Message.objects.filter(to=address).values_list("kind", flat=True))


def test_both_addresses_are_told_by_whom_and_whom_to_ask(ada, ben, deliver):
    edit_user(user=ben, email=NEW, by=ada)

    former, present = deliver()

    assert (former.to, present.to) == (["ben@example.org"], [NEW])
    assert former.subject == "Your email address at Harbour APIs was changed"
    assert "ben@example.org is no longer used" in former.body
    # Whoever reads there may be a stranger by now.
    assert NEW not in former.body
    assert "became the email address of your account" in present.body
    for letter in (former, present):
        assert "Ada Lovelace, an administrator, changed it." in letter.body
        assert "ask the people who run Harbour APIs" in letter.body
        assert "/password/" not in letter.body


def test_they_are_told_of_what_they_did_themselves_and_of_the_support_address(ben, deliver):
    Service.objects.create(support_address="help@example.org")
    edit_user(user=ben, email=NEW, by=ben)

    letters = deliver()

    assert [letter.to for letter in letters] == [["ben@example.org"], [NEW]]
    for letter in letters:
        assert "administrator" not in letter.body
        assert "If you did not expect this, write to help@example.org." in letter.body


def test_a_blocked_person_is_told_too(ada, ben, deliver):
    edit_user(user=block_user(user=ben, by=ada), email=NEW, by=ada)

    assert [letter.to for letter in deliver()] == [["ben@example.org"], [NEW]]


def test_other_changes_and_the_same_address_tell_nobody(ada, ben):
    edit_user(user=ben, email="BEN@Example.org", first_name="Benjamin", by=ada)

    assert not Message.objects.exists()


def test_an_address_between_two_changes_is_told_of_its_end(ada, ben, deliver):
    edit_user(user=ben, email="between@example.org", by=ada)
    edit_user(user=ben, email=NEW, by=ada)

    told = [(letter.to[0], letter.subject) for letter in deliver()]

    assert [to for to, _subject in told] == ["ben@example.org", "between@example.org", NEW]
    assert told[1][1] == "Your email address at Harbour APIs was changed"


def test_an_address_that_is_theirs_again_is_not_said_to_be_gone(ada, ben, deliver):
    edit_user(user=ben, email=NEW, by=ada)
    edit_user(user=ben, email="ben@example.org", by=ada)

    told = {(letter.to[0], letter.subject) for letter in deliver()}

    assert told == {
        (NEW, "Your email address at Harbour APIs was changed"),
        ("ben@example.org", "Your email address at Harbour APIs is now this one"),
    }


def test_the_former_address_gets_nothing_else(ada, ben, deliver):
    send_password_link(user=ben, by=ada)
    edit_user(user=ben, email=NEW, by=ada)

    assert [letter.subject for letter in deliver() if letter.to == ["ben@example.org"]] == [
        "Your email address at Harbour APIs was changed"
    ]


@pytest.mark.parametrize(
    ("by_administrator", "valid_for"),
    [(True, password_links.SENT_BY_ADMINISTRATOR), (False, password_links.REQUESTED)],
)
def test_an_open_password_link_is_sent_again_to_the_new_address(
    ada, ben, deliver, client, by_administrator, valid_for
):
    send_password_link(user=ben, by=ada if by_administrator else None)
    old_link = password_link(ben)

    changed = edit_user(user=ben, email=NEW, by=ada)

    left = changed.password_link_expires_at - timezone.now()
    assert valid_for - timedelta(minutes=1) < left <= valid_for
    link = password_link(changed)
    [letter] = [letter for letter in deliver() if "/password/reset/key/" in letter.body]
    assert letter.to == [NEW]
    assert link in letter.body
    assert ("Ada Lovelace sent you this link" in letter.body) is by_administrator
    assert client.get(old_link).status_code == 404
    assert client.get(link).status_code == 302
    assert Event.objects.filter(action="user.password_link_sent", actor_id=ada.public_id).exists()


def test_somebody_added_without_a_password_still_gets_in(ada, deliver, client):
    user = add_user(**SOFIA, by=ada)

    changed = edit_user(user=user, email="s.brandt@example.org", by=ada)

    assert kinds_to("s.brandt@example.org") == ["address_changed", "welcome"]
    [letter] = [letter for letter in deliver() if "is ready" in letter.subject]
    assert letter.to == ["s.brandt@example.org"]
    assert password_link(changed) in letter.body
    left = changed.password_link_expires_at - timezone.now()
    assert left > password_links.WELCOME - timedelta(minutes=1)
    assert client.get(password_link(changed)).status_code == 302


def test_a_welcome_that_has_expired_is_sent_again_too(ada):
    user = add_user(**SOFIA, by=ada)
    user.password_link_expires_at = timezone.now() - timedelta(days=1)
    user.save()

    assert password_links.is_open(edit_user(user=user, email="s.brandt@example.org", by=ada))


def test_the_welcome_of_a_higher_room_stays_of_its_kind(ada):
    user, _grant = add_user_with_package(**SOFIA, package=PackageFactory(), by=ada)

    edit_user(user=user, email="s.brandt@example.org", by=ada)

    assert kinds_to("s.brandt@example.org") == ["address_changed", "welcome_with_package"]


def test_a_link_without_a_letter_is_sent_as_one_of_its_kind(ada, ben):
    unsent = UserFactory(password="!")
    for user in (ben, unsent):
        password_links.open_link(user, valid_for=timedelta(hours=1))

    edit_user(user=ben, email=NEW, by=ada)
    edit_user(user=unsent, email="x@example.org", by=ada)

    assert kinds_to(NEW) == ["address_changed", "password_link"]
    assert kinds_to("x@example.org") == ["address_changed", "welcome"]


def test_no_link_is_made_where_none_was_needed(ada, ben):
    send_password_link(user=ben, by=ada)
    set_password(user=ben, password=NEW_PASSWORD, by=ada)
    expired = UserFactory(password_link_nonce="n", password_link_expires_at=timezone.now())
    # Signs in elsewhere, and was never sent a link.
    federated = UserFactory(password="!")

    for number, user in enumerate((ben, expired, federated)):
        changed = edit_user(user=user, email=f"new{number}@example.org", by=ada)
        assert not password_links.is_open(changed)
        assert kinds_to(changed.email) == ["address_changed"]


def test_a_refused_change_sends_nothing(ada, ben):
    send_password_link(user=ben, by=ada)
    Message.objects.all().delete()

    with pytest.raises(Exception, match="already exists"):
        edit_user(user=ben, email="ada@example.org", by=ada)

    ben.refresh_from_db()
    assert password_links.is_open(ben)
    assert not Message.objects.exists()
    assert mail.outbox == []


# --- A block voids a link too ------------------------------------------------------------------


def test_activating_somebody_without_a_password_sends_the_link_that_the_block_voided(ada, deliver):
    user = add_user(**SOFIA, by=ada)
    block_user(user=user, by=ada)
    assert deliver() == []

    active = activate_user(user=user, by=ada)

    [letter] = deliver()
    assert password_link(active) in letter.body
    assert letter.to == [user.email]


def test_activating_somebody_with_a_password_sends_none(ada, ben):
    send_password_link(user=ben, by=ada)
    block_user(user=ben, by=ada)
    Message.objects.all().delete()

    assert not password_links.is_open(activate_user(user=ben, by=ada))
    assert not Message.objects.exists()
