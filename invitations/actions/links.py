"""Shared links: make, change, switch on and off, hand over, give a new address, delete."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.actions import RoleNotAssignable
from accounts.models import Role, User
from audit.changes import change
from audit.journal import record
from base.addresses import canonical_domain
from base.authority import Permission, action
from base.changes import KEEP, merged
from base.links import absolute_url
from base.names import clean_title
from base.secret_keys import signing_key_id
from base.tokens import derive_token, new_nonce, token_digest
from invitations.actions.sending import InvitationNotUsable, revoke_invitation
from invitations.link_access import key_counts
from invitations.link_models import LINK_PURPOSE
from invitations.models import Invitation, InviteLink, ReplacedLinkToken
from invitations.senders import assign_sender
from packages.models import Package

MAX_QUOTA = 100_000
MAX_DOMAINS = 50
# In another time zone the last days of year 9999 are none that Python knows.
LAST_YEAR = 9000


class LinkMakesNoAdministrators(ValidationError):
    """Whoever is handed the address could become one."""

    def __init__(self) -> None:
        super().__init__(
            {
                "roles": ValidationError(
                    _("A link cannot make administrators: invite them one by one."),
                    code="link_makes_no_administrators",
                )
            }
        )


class QuotaBelowUsed(ValidationError):
    """More people joined already."""

    def __init__(self, used: int) -> None:
        text = ngettext(
            "%(count)d person joined already: enter %(count)d or more.",
            "%(count)d people joined already: enter %(count)d or more.",
            used,
        )
        super().__init__(
            {"quota": ValidationError(text % {"count": used}, code="quota_below_used")}
        )


def token_of_link(link: InviteLink) -> str:
    """The token that the link's address ends with."""
    return derive_token(
        purpose=LINK_PURPOSE, row_id=link.public_id, nonce=link.nonce, digest=link.digest
    )


@action(Permission.INVITATIONS_MANAGE)
def create_link(
    *,
    name: str,
    by: User,
    quota: int | None = None,
    expires_at: datetime | None = None,
    mail_domains: Iterable[str] = (),
    roles: Iterable[Role] = (),
    package: Package | None = None,
) -> InviteLink:
    """Make a link, on at once, whose letters go out in the name of ``by``.

    ``quota`` counts people who became users, not letters; None is no limit. ``mail_domains`` are
    those that addresses must be at, each exactly: a subdomain counts where it is named itself.

    Raises LinkMakesNoAdministrators, RoleNotAssignable or ValidationError by field.
    """
    link = InviteLink(
        name=clean_title(name),
        quota=_checked_quota(quota, used=0),
        expires_at=_checked_end(expires_at, before=None),
        mail_domains=_checked_domains(mail_domains),
        package=package,
    )
    assign_sender(link, by)
    given = _checked_roles(roles)
    _new_address(link)
    link.full_clean(validate_unique=False, validate_constraints=False)
    link.save()
    link.roles.set(given)
    facts = {"quota": quota, "expires_at": link.expires_at, "package": package}
    record(
        "invite_link.created",
        by=by,
        subject=link,
        roles=_names(given),
        mail_domains=link.mail_domains,
        **{name: _plain(value) for name, value in facts.items() if value is not None},
    )
    return link


@action(Permission.INVITATIONS_MANAGE)
def edit_link(
    *,
    link: InviteLink,
    by: User,
    name: str | None = None,
    quota: int | None = KEEP,
    expires_at: datetime | None = KEEP,
    mail_domains: Iterable[str] | None = None,
    roles: Iterable[Role] | None = None,
    package: Package | None = KEEP,
    seen: Mapping[str, Any] | None = None,
) -> InviteLink:
    """Change what is given, for whoever asks from now on; quiet when nothing differs.

    Letters sent before keep the roles and the package of their moment; the quota holds for them
    too. The sender stays. Of roles and domains, what the author added to those ``seen`` and took
    from them counts. Raises EditConflict, QuotaBelowUsed and as ``create_link``.
    """
    link = _locked(link)
    shown = dict(seen or {})
    wanted = {
        "name": clean_title(name) if name is not None else None,
        "quota": _checked_quota(quota, used=link.used),
        "expires_at": _checked_end(expires_at, before=link.expires_at),
        "mail_domains": _merged_domains(link, mail_domains, shown.pop("mail_domains", None)),
        "package": package,
    }
    edits = change(link, wanted, seen=shown, by=by)
    changes = {field: [_plain(old), _plain(new)] for field, (old, new) in edits.items()}
    present = given = list(link.roles.all())
    if roles is not None:
        given = _checked_roles(merged(present, roles, seen=shown.get("roles")))
    if set(present) != set(given):
        changes["roles"] = [_names(present), _names(given)]
    if not changes:
        return link
    link.full_clean(validate_unique=False, validate_constraints=False)
    link.save(update_fields=list(wanted))
    link.roles.set(given)
    record("invite_link.edited", by=by, subject=link, changes=changes)
    return link


@action(Permission.INVITATIONS_MANAGE)
def turn_on_link(*, link: InviteLink, by: User) -> InviteLink:
    """Let people ask through it again; ``by`` becomes its sender.

    Also for a link that is on and lost its sender. Quiet for one that is on and did not.
    """
    link = _locked(link)
    if link.state not in {InviteLink.State.OFF, InviteLink.State.SENDER_GONE}:
        return link
    link.is_on = True
    assign_sender(link, by)
    link.save(update_fields=["is_on", "sender", "sender_name", "sender_epoch"])
    record("invite_link.turned_on", by=by, subject=link)
    return link


@action(Permission.INVITATIONS_MANAGE)
def turn_off_link(*, link: InviteLink, by: User) -> InviteLink:
    """Stop new requests, and the letters already sent through it, until it is on again. Quiet when off."""
    link = _locked(link)
    if not link.is_on:
        return link
    link.is_on = False
    link.save(update_fields=["is_on"])
    record("invite_link.turned_off", by=by, subject=link)
    return link


@action(Permission.INVITATIONS_MANAGE)
def renew_address(*, link: InviteLink, by: User) -> InviteLink:
    """Give the link a new address; the old one answers "replaced" from now on.

    Letters already sent keep working: their links are their own.
    """
    link = _locked(link)
    ReplacedLinkToken.objects.create(invite_link=link, digest=link.digest)
    _new_address(link)
    link.save(update_fields=["nonce", "digest", "signing_key"])
    record("invite_link.address_renewed", by=by, subject=link)
    return link


@action(Permission.INVITATIONS_MANAGE)
def reveal_address(*, link: InviteLink, by: User) -> str:
    """The link in full, for handing it out. The journal keeps who asked for it.

    One whose key is gone is given a new address first: the present one opens nothing.
    """
    link = _locked(link)
    if not key_counts(link):
        link = renew_address(link=link, by=by)
    record("invite_link.copied", by=by, subject=link)
    return absolute_url("portal:join", token=token_of_link(link))


@action(Permission.INVITATIONS_MANAGE)
def delete_link(*, link: InviteLink, by: User) -> int:
    """Delete a link, and withdraw the letters sent through it that nobody answered; returns how many.

    Without it nothing would hold them to its quota. Whoever joined keeps everything.
    """
    link = _locked(link)
    unanswered = list(Invitation.objects.unanswered().filter(invite_link=link).order_by("pk"))
    for invitation in unanswered:
        # Answered since it was looked up.
        with suppress(InvitationNotUsable):
            revoke_invitation(invitation=invitation, by=by)
    record("invite_link.deleted", by=by, subject=link, used=link.used, revoked=len(unanswered))
    link.delete()
    return len(unanswered)


def _locked(link: InviteLink) -> InviteLink:
    """The row under a lock. Its state is read after: it depends on the sender's row, too."""
    InviteLink.objects.select_for_update().get(pk=link.pk)
    return InviteLink.objects.with_state().get(pk=link.pk)


def _new_address(link: InviteLink) -> None:
    """A new nonce, so a new token."""
    link.nonce, link.digest, link.signing_key = new_nonce(), "", signing_key_id()
    link.digest = token_digest(token_of_link(link))


def _checked_roles(roles: Iterable[Role]) -> list[Role]:
    given = list(roles)
    for role in given:
        if role.built_in == Role.BuiltIn.ADMINISTRATORS:
            raise LinkMakesNoAdministrators
        if not role.is_assignable:
            raise RoleNotAssignable(role)
    return given


def _checked_quota(quota: int | None, *, used: int) -> int | None:
    if quota is KEEP:
        return quota
    if quota is not None and not 1 <= quota <= MAX_QUOTA:
        raise ValidationError({"quota": _("Enter a number from 1 to 100,000, or leave it empty.")})
    if quota is not None and quota < used:
        raise QuotaBelowUsed(used)
    return quota


def _checked_end(expires_at: datetime | None, *, before: datetime | None) -> datetime | None:
    """In the future, unless it is the end the link has: forms know it to the minute."""
    if expires_at is None or expires_at is KEEP:
        return expires_at
    if before is not None and _minute(expires_at) == _minute(before):
        return before
    if expires_at <= timezone.now():
        raise ValidationError({"expires_at": _("Choose a moment in the future.")})
    if expires_at.year > LAST_YEAR:
        raise ValidationError({"expires_at": _("Choose a moment before the year 9000.")})
    return expires_at


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _checked_domains(domains: Iterable[str]) -> list[str]:
    """Canonical, each once, in the order given."""
    try:
        found = list(dict.fromkeys(canonical_domain(domain) for domain in domains))
    except ValidationError as refusal:
        raise ValidationError({"mail_domains": refusal.error_list}) from None
    if len(found) > MAX_DOMAINS:
        raise ValidationError({"mail_domains": _("A link takes 50 mail domains at most.")})
    return found


def _merged_domains(
    link: InviteLink, domains: Iterable[str] | None, shown: Iterable[str] | None
) -> list[str] | None:
    if domains is None:
        return None
    seen = None if shown is None else _checked_domains(shown)
    return _checked_domains(merged(link.mail_domains, _checked_domains(domains), seen=seen))


def _names(roles: Iterable[Role]) -> list[str]:
    return sorted(role.name for role in roles)


def _plain(value: Any) -> Any:
    """As the journal keeps it: JSON."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value.name if isinstance(value, Package) else value
