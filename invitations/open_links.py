"""Open links by the key they were signed with: what ends when that key is dropped."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from invitations.models import Invitation, InviteLink


@dataclass
class OpenLinks:
    invitations: int = 0
    invite_links: int = 0
    password_links: int = 0

    @property
    def total(self) -> int:
        return self.invitations + self.invite_links + self.password_links


def links_by_key() -> dict[str, OpenLinks]:
    """By what the rows say: the id of their key, or several ids where nobody knows which."""
    found: dict[str, OpenLinks] = defaultdict(OpenLinks)
    open_invitations = Invitation.objects.pending().values_list("signing_key")
    for name, count in open_invitations.annotate(Count("pk")).order_by():
        found[name].invitations = count
    is_open = InviteLink.State.OPEN
    open_links = InviteLink.objects.in_state(is_open).values_list("signing_key")
    for name, count in open_links.annotate(Count("pk")).order_by():
        found[name].invite_links = count
    people = User.objects.active().filter(password_link_expires_at__gt=timezone.now())
    with_link = people.exclude(password_link_nonce="").values_list("password_link_key")
    for name, count in with_link.annotate(Count("pk")).order_by():
        found[name].password_links = count
    return dict(found)
