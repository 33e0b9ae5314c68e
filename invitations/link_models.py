"""Shared links: one address that several people may use (``invitations.models`` has the rest)."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from base.addresses import domain_of
from base.secret_keys import MAX_IDS_LENGTH, signing_key_id
from invitations.senders import sender_may_invite
from packages.models import Package

LINK_PURPOSE = "invite_link"


class InviteLinkQuerySet(models.QuerySet["InviteLink"]):
    """Queryset words of shared links."""

    def with_state(self) -> "InviteLinkQuerySet":
        """Each row knows ``state``: open, or the first reason why nobody can ask through it."""
        return self.annotate(state=_state_now())

    def in_state(self, state: str) -> "InviteLinkQuerySet":
        return self.annotate(state=_state_now()).filter(state=state)

    def admitting(self) -> "InviteLinkQuerySet":
        """On and with a place left: letters sent through them can still be accepted.

        That a link has ended only stops new requests.
        """
        return self.filter(Q(quota=None) | Q(used__lt=F("quota")), is_on=True)

    def matching(self, fragment: str) -> "InviteLinkQuerySet":
        """The name contains each word of ``fragment``."""
        found = self
        for word in fragment.split():
            # SQLite folds the case of ASCII only, so other letters are tried as names begin.
            found = found.filter(Q(name__icontains=word) | Q(name__icontains=word.capitalize()))
        return found


def _state_now() -> Case:
    state = InviteLink.State
    return Case(
        When(is_on=False, then=Value(state.OFF)),
        When(~sender_may_invite(), then=Value(state.SENDER_GONE)),
        When(expires_at__lte=timezone.now(), then=Value(state.ENDED)),
        # Without a quota the comparison is unknown, which is not true.
        When(used__gte=F("quota"), then=Value(state.FULL)),
        default=Value(state.OPEN),
        output_field=models.CharField(),
    )


class InviteLink(models.Model):
    """A link that several people may use; each confirms an address by mail before an account exists.

    Whoever uses it is sent an ordinary invitation (``Invitation.invite_link``).
    """

    class State(models.TextChoices):
        """Computed by ``with_state``, never stored; the order is the one that reasons count in."""

        OPEN = "open", _("Open")
        OFF = "off", _("Off")
        # The sender was blocked, deleted or is no administrator any more.
        SENDER_GONE = "sender_gone", _("Sender gone")
        ENDED = "ended", _("Ended")
        FULL = "full", _("Full")

    # Of rows fetched ``with_state``.
    state: str

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    nonce = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    # The id of the key that its token is derived under (base.secret_keys).
    signing_key = models.CharField(
        max_length=MAX_IDS_LENGTH, default=signing_key_id, editable=False
    )
    is_on = models.BooleanField(default=True)
    # How many people may become users by it; null: no limit.
    quota = models.PositiveIntegerField(_("people at most"), null=True, blank=True)
    # How many did. Raised in the statement that looks at the quota.
    used = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(_("ends"), null=True, blank=True)
    # Canonical domains, for example ["example.org"]; empty: any.
    mail_domains = models.JSONField(_("mail domains"), default=list, blank=True)
    roles = models.ManyToManyField(Role, related_name="+", blank=True)
    package = models.ForeignKey(
        Package, on_delete=models.SET_NULL, null=True, blank=True, related_name="invite_links"
    )
    # It is only as good as its sender, as an invitation is.
    sender = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="invite_links"
    )
    sender_name = models.CharField(max_length=201)
    # The sender's authority_epoch at sending: after a block or a demotion it differs for good.
    sender_epoch = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = InviteLinkQuerySet.as_manager()
    audit_kind = "invite_link"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quota=None) | Q(used__lte=models.F("quota")),
                name="invitations_link_within_quota",
            ),
            models.CheckConstraint(
                condition=Q(quota=None) | Q(quota__gte=1), name="invitations_link_quota_at_least_1"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_full(self) -> bool:
        return self.quota is not None and self.used >= self.quota

    def takes(self, address: str) -> bool:
        """Whether a new letter may go to this canonical address, as far as end and domains tell."""
        has_ended = self.expires_at is not None and self.expires_at <= timezone.now()
        return not has_ended and self.takes_domain_of(address)

    def takes_domain_of(self, address: str) -> bool:
        return not self.mail_domains or domain_of(address) in self.mail_domains

    @property
    def is_admitting(self) -> bool:
        return self.is_on and not self.is_full

    @property
    def audit_label(self) -> str:
        return self.name


class ReplacedLinkToken(models.Model):
    """The digest of an address that a newer one replaced, so that its bearer is told so."""

    invite_link = models.ForeignKey(
        InviteLink, on_delete=models.CASCADE, related_name="replaced_tokens"
    )
    digest = models.CharField(max_length=64, unique=True)
    replaced_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"replaced address of {self.invite_link_id}"
