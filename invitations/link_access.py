"""What the bearer of a shared link may see: whether people can ask through it, and what it gives."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q

from accounts.models import Role
from base.tokens import is_well_formed, signing_key_of, token_digest
from catalog.models import Product
from invitations.link_models import LINK_PURPOSE
from invitations.models import InviteLink
from packages.access import products_given as given_by_package


class JoinState(StrEnum):
    """As ``InviteLink.State``, for a bearer: each has its own title, sentence and next step."""

    OPEN = "open"
    OFF = "off"
    SENDER_GONE = "sender_gone"
    ENDED = "ended"
    FULL = "full"
    # The link has a newer address.
    REPLACED = "replaced"
    # The key it was signed with counts no more; whoever hands it out again gives a new address.
    KEY_GONE = "key_gone"


@dataclass(frozen=True)
class SharedLink:
    link: InviteLink
    state: JoinState


def find_invite_link(token: str) -> SharedLink | None:
    """The shared link a token belongs to, or None where it is nobody's. Reads only."""
    if not is_well_formed(token):
        return None
    digest = token_digest(token)
    links = InviteLink.objects.with_state().select_related("package")
    link = links.filter(digest=digest).first()
    if link is not None:
        state = JoinState(link.state)
        is_dead = state == JoinState.OPEN and not key_counts(link)
        return SharedLink(link, JoinState.KEY_GONE if is_dead else state)
    link = links.filter(replaced_tokens__digest=digest).first()
    return SharedLink(link, JoinState.REPLACED) if link is not None else None


def key_counts(link: InviteLink) -> bool:
    """Whether the address was signed with a key that is still configured."""
    return bool(
        signing_key_of(
            purpose=LINK_PURPOSE, row_id=link.public_id, nonce=link.nonce, digest=link.digest
        )
    )


def roles_given(link: InviteLink) -> list[Role]:
    """Every role that whoever joins through the link will have: Developers, its own, its package's."""
    wanted = Q(built_in=Role.BuiltIn.DEVELOPERS) | Q(pk__in=link.roles.values("pk"))
    if link.package is not None:
        wanted |= Q(pk__in=link.package.roles.values("pk"))
    return list(Role.objects.filter(wanted).in_order())


def products_given(link: InviteLink) -> list[Product]:
    """The products that its package subscribes people to who join through the link."""
    if link.package is None:
        return []
    return list(given_by_package(link.package, roles=link.roles.all()))
