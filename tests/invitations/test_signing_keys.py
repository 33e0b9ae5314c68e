"""Links of a key that counts no more: they die, say so, and are replaced by ones that work."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions import send_password_link
from accounts.models import User
from audit.models import Event
from base.secret_keys import key_id
from invitations import actions
from invitations.access import LinkState, find_link
from invitations.link_access import JoinState, find_invite_link
from invitations.models import Invitation
from invitations.open_links import OpenLinks, links_by_key
from mail.models import Message
from tests.factories import InvitationFactory, InviteLinkFactory
from tests.invitations.test_actions import accept, invite
from tests.portal.pages import invitation_link, join_link, password_link, text_of
from tests.racing import race

pytestmark = pytest.mark.django_db

NEW = "a quite different key that is long enough to be one, really"


@pytest.fixture
def rotate(settings):
    """To a new secret key; the old one goes on counting where it is kept."""
    old = settings.SECRET_KEY

    def set_key(*, keep: bool) -> None:
        settings.SECRET_KEY = NEW
        settings.SECRET_KEY_FALLBACKS = [old] if keep else []

    set_key.old = key_id(old)
    return set_key


def test_an_invitation_link_dies_with_its_key_and_offers_a_fresh_one(ada, rotate, deliver):
    invitation = invite(ada)
    deliver()
    link = invitation_link(invitation)
    token = actions.token_of(invitation)
    rotate(keep=True)
    assert Client().get(link).status_code == 200

    rotate(keep=False)
    page = Client().get(link)
    posted = Client().post(
        link, {"first_name": "S", "last_name": "B", "password": "otters swim far"}
    )

    assert find_link(token).state == LinkState.KEY_GONE
    assert find_link(token).can_be_renewed
    assert (page.status_code, posted.status_code) == (410, 410)
    assert "This link is no longer valid." in text_of(page)
    assert "Send a fresh letter" in text_of(page)
    assert not User.objects.by_address(invitation.email)

    fresh = Client().post(f"{link}renew/")
    [letter] = deliver()
    invitation.refresh_from_db()
    assert fresh.status_code == 200
    assert invitation_link(invitation) in letter.body
    assert Client().get(invitation_link(invitation)).status_code == 200
    assert invitation.signing_key == key_id(NEW)
    assert find_link(token).state == LinkState.REPLACED


def test_an_expired_or_revoked_one_says_that_first(ada, rotate):
    past = timezone.now() - timedelta(hours=1)
    expired = InvitationFactory(sender=ada, expires_at=past)
    revoked = InvitationFactory(sender=ada, revoked_at=past)
    tokens = [actions.token_of(expired), actions.token_of(revoked)]

    rotate(keep=False)

    assert [find_link(token).state for token in tokens] == [LinkState.EXPIRED, LinkState.REVOKED]


def test_a_letter_that_leaves_after_the_key_is_gone_carries_a_link_that_works(ada, rotate, deliver):
    invitation = invite(ada)
    old = actions.token_of(invitation)
    rotate(keep=False)

    [letter] = deliver()

    invitation.refresh_from_db()
    link = invitation_link(invitation)
    assert link in letter.body
    assert Client().get(link).status_code == 200
    assert find_link(old).state == LinkState.REPLACED
    assert accept(invitation).email == invitation.email


def test_it_is_signed_anew_however_often_keys_come_and_go(ada, settings):
    invitation = invite(ada)
    for secret in ["one " * 15, "two " * 15, "one " * 15, "two " * 15]:
        settings.SECRET_KEY = secret
        invitation = actions.renew_signature(invitation=invitation)

        assert find_link(actions.token_of(invitation)).state == LinkState.OPEN
        assert invitation.signing_key == key_id(secret)


def test_a_letter_goes_on_carrying_the_link_of_a_key_that_counts(ada, rotate, deliver):
    invitation = invite(ada)
    link = invitation_link(invitation)
    rotate(keep=True)

    [letter] = deliver()

    assert link in letter.body
    assert Invitation.objects.get().signing_key == rotate.old


def test_a_link_that_is_handed_over_works(ada, rotate):
    invitation = InvitationFactory(sender=ada)
    rotate(keep=False)

    link = actions.reveal_link(invitation=invitation, by=ada)

    assert find_link(link.rstrip("/").rpartition("/")[2]).state == LinkState.OPEN


def test_an_invite_link_dies_with_its_key_and_is_given_a_new_address(ada, rotate):
    link = InviteLinkFactory(sender=ada)
    token, address = actions.token_of_link(link), join_link(link)
    rotate(keep=True)
    assert find_invite_link(token).state == JoinState.OPEN

    rotate(keep=False)
    page = Client().get(address)

    assert find_invite_link(token).state == JoinState.KEY_GONE
    assert page.status_code == 410
    assert "Ask whoever gave it to you for its new address." in text_of(page)

    given = actions.reveal_address(link=link, by=ada)
    assert find_invite_link(given.rstrip("/").rpartition("/")[2]).state == JoinState.OPEN
    assert find_invite_link(token).state == JoinState.REPLACED
    assert Event.objects.filter(action="invite_link.address_renewed").count() == 1


def test_an_invite_link_that_is_off_says_that_first(ada, rotate):
    link = InviteLinkFactory(sender=ada, is_on=False)
    token = actions.token_of_link(link)
    rotate(keep=False)

    assert find_invite_link(token).state == JoinState.OFF


def test_a_password_link_dies_with_its_key_and_a_new_one_is_sent(ben, rotate, deliver):
    ben = send_password_link(user=ben, by=None)
    deliver()
    link = password_link(ben)
    rotate(keep=True)
    assert Client().get(link).status_code == 302

    rotate(keep=False)
    assert Client().get(link).status_code == 404

    # Asked for once more within ten minutes: what was sent before opens nothing, so it is replaced.
    ben = send_password_link(user=ben, by=None)
    [letter] = deliver()
    assert ben.password_link_key == key_id(NEW)
    assert password_link(ben) in letter.body
    assert Client().get(password_link(ben)).status_code == 302


def test_a_password_link_is_the_same_in_every_letter_while_its_key_counts(ben, rotate, deliver):
    ben = send_password_link(user=ben, by=None)
    link = password_link(ben)
    rotate(keep=True)

    [letter] = deliver()

    assert link in letter.body
    assert password_link(ben) == link


def test_open_links_are_counted_by_their_key(ada, ben, rotate):
    past = timezone.now() - timedelta(hours=1)
    send_password_link(user=ben, by=None)
    InvitationFactory(sender=ada)
    InvitationFactory(sender=ada, expires_at=past)
    InvitationFactory(sender=ada, revoked_at=past)
    InviteLinkFactory(sender=ada)
    InviteLinkFactory(sender=ada, is_on=False)
    rotate(keep=True)
    invitation = invite(ada)
    assert Message.objects.filter(reference=invitation.public_id).exists()

    assert links_by_key() == {
        rotate.old: OpenLinks(invitations=1, invite_links=1, password_links=1),
        key_id(NEW): OpenLinks(invitations=1),
    }
    assert OpenLinks(1, 2, 3).total == 6


@pytest.mark.django_db(transaction=True)
def test_it_is_signed_anew_once_when_two_ask_at_once(ada, rotate):
    invitation = invite(ada)
    rotate(keep=False)

    signed = race(*[lambda: actions.renew_signature(invitation=invitation)] * 4)

    assert len({row.digest for row in signed}) == 1
    assert invitation.replaced_tokens.count() == 1
