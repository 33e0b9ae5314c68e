"""People, their roles and their sessions."""

import uuid
from collections.abc import Iterator
from functools import cache
from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MinLengthValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts import authority
from base.addresses import canonical_address
from base.authority import Permission
from base.secret_keys import MAX_IDS_LENGTH


class RoleQuerySet(models.QuerySet["Role"]):
    """Queryset words of roles."""

    def assignable(self) -> "RoleQuerySet":
        """Roles a person can be given: all but Guests, who are visitors."""
        return self.exclude(built_in=Role.BuiltIn.GUESTS)

    def in_order(self) -> "RoleQuerySet":
        """Built-in roles first, then the others by name."""
        return self.order_by(models.F("built_in").asc(nulls_last=True), "name_key")

    def administrators(self) -> "Role":
        return self.get(built_in=Role.BuiltIn.ADMINISTRATORS)

    def developers(self) -> "Role":
        return self.get(built_in=Role.BuiltIn.DEVELOPERS)


class Role(models.Model):
    """A named set of people; decides which products they see."""

    class BuiltIn(models.TextChoices):
        ADMINISTRATORS = "administrators", _("Administrators")
        DEVELOPERS = "developers", _("Developers")
        GUESTS = "guests", _("Guests")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    # name.casefold(): unique without case, with the same verdict on both databases.
    name_key = models.CharField(max_length=300, unique=True, editable=False)
    description = models.CharField(_("description"), max_length=1000, blank=True)
    # Set on the three protected roles only.
    built_in = models.CharField(
        max_length=20, choices=BuiltIn, null=True, blank=True, unique=True, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar = RoleQuerySet.as_manager()
    audit_kind = "role"

    def __str__(self) -> str:
        return self.name

    @property
    def is_built_in(self) -> bool:
        return self.built_in is not None

    @property
    def is_assignable(self) -> bool:
        return self.built_in != self.BuiltIn.GUESTS

    @property
    def audit_label(self) -> str:
        return self.name


@cache
def _zone_names() -> frozenset[str]:
    """Kept: asking the machine opens six hundred files, forty milliseconds for each person added."""
    return frozenset(available_timezones())


def validate_time_zone(value: str) -> None:
    """Refuse a name that this machine's zone data does not know."""
    if value not in _zone_names():
        raise ValidationError(_("Choose a time zone from the list."), code="time_zone")


class UserQuerySet(models.QuerySet["User"]):
    """Queryset words of people."""

    def active(self) -> "UserQuerySet":
        return self.filter(state=User.State.ACTIVE)

    def blocked(self) -> "UserQuerySet":
        return self.filter(state=User.State.BLOCKED)

    def in_role(self, role: Role) -> "UserQuerySet":
        """EXISTS, so that nobody appears twice."""
        return self.filter(Exists(RoleAssignment.objects.filter(user=OuterRef("pk"), role=role)))

    def administrators(self) -> "UserQuerySet":
        """Active members of Administrators."""
        membership = RoleAssignment.objects.filter(
            user=OuterRef("pk"), role__built_in=Role.BuiltIn.ADMINISTRATORS
        )
        return self.active().filter(Exists(membership))

    def matching(self, fragment: str) -> "UserQuerySet":
        """Name or address contains each word of ``fragment``, without case."""
        found = self
        for word in fragment.casefold().split():
            found = found.filter(search__fragment=word)
        return found

    def at_domain(self, domain: str) -> "UserQuerySet":
        """Whose address ends in ``@domain`` (canonical); domains below it are others."""
        # The first condition is the one that an index answers: in ``search`` a space follows.
        return self.filter(search__fragment=f"@{domain} ", email__endswith=f"@{domain}")

    def without_own_password(self) -> "UserQuerySet":
        """Who never chose a password: it is an administrator's still, or there is none."""
        return self.filter(
            Q(must_change_password=True) | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
        )


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """No ``create_user``: people are made by ``accounts.actions`` only."""

    def by_address(self, address: str) -> "User | None":
        """The person with this address in any spelling; None also for a malformed one."""
        try:
            return self.filter(email=canonical_address(address)).first()
        except ValidationError:
            return None


class User(AbstractBaseUser):
    """A person with an account. Invited people are no users until they accept."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        BLOCKED = "blocked", _("Blocked")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Canonical (base.addresses): a plain unique column gives the same verdict on both databases.
    email = models.EmailField(
        _("email address"),
        max_length=254,
        unique=True,
        error_messages={"unique": _("A developer with this email address already exists.")},
    )
    first_name = models.CharField(
        _("first name"), max_length=100, validators=[MinLengthValidator(1)]
    )
    last_name = models.CharField(_("last name"), max_length=100, validators=[MinLengthValidator(1)])
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    note = models.TextField(
        _("note"), blank=True, max_length=5000, validators=[MaxLengthValidator(5000)]
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    # Of letters to them.
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    must_change_password = models.BooleanField(default=False)
    registered_at = models.DateTimeField(_("registered"), default=timezone.now)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)

    # The block as it stands; the journal has all earlier ones.
    blocked_at = models.DateTimeField(null=True, blank=True)
    block_reason = models.CharField(max_length=500, blank=True)
    # Raised by block and password change: sessions and password links of an earlier epoch are dead.
    security_epoch = models.PositiveIntegerField(default=1)
    # Raised by block and by the loss of Administrators: what was sent under an earlier epoch
    # (invitations, shared links) has ended and does not wake with its sender.
    authority_epoch = models.PositiveIntegerField(default=1, editable=False)
    # The open password link, if any (accounts.password_links). One at a time: a new one voids it.
    password_link_nonce = models.CharField(max_length=64, blank=True)
    # The id of the key that the link is derived under (base.secret_keys).
    password_link_key = models.CharField(max_length=MAX_IDS_LENGTH, blank=True, editable=False)
    password_link_expires_at = models.DateTimeField(null=True, blank=True)
    # casefold() of address and names; what the list's search looks in.
    search = models.TextField(editable=False, default="")

    roles = models.ManyToManyField(Role, through="RoleAssignment", related_name="members")

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["first_name", "last_name"]
    objects: ClassVar = UserManager()
    audit_kind = "user"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(first_name="") & ~Q(last_name=""), name="accounts_user_has_names"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["active", "blocked"]), name="accounts_user_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="blocked", blocked_at__isnull=False)
                | Q(state="active", blocked_at__isnull=True),
                name="accounts_user_blocked_since",
            ),
        ]
        indexes = [
            models.Index(fields=["-registered_at", "-id"], name="accounts_user_newest"),
            models.Index(fields=["state", "-registered_at", "-id"], name="accounts_user_by_state"),
            models.Index(fields=["last_seen_at", "id"], name="accounts_user_by_seen"),
            models.Index(fields=["last_name", "first_name", "id"], name="accounts_user_by_name"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper()

    @property
    def avatar_color(self) -> int:
        """Which of the six avatar colours: fixed for a person, unrelated to who they are."""
        return self.public_id.int % 6

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """May act: the one column that every door reads."""
        return self.state == self.State.ACTIVE

    @property
    def is_blocked(self) -> bool:
        return self.state == self.State.BLOCKED

    @property
    def is_administrator(self) -> bool:
        """Read from the database once per request, never from the session."""
        if not hasattr(self, "_is_administrator"):
            self._is_administrator = self.roles.filter(
                built_in=Role.BuiltIn.ADMINISTRATORS
            ).exists()
        return self._is_administrator

    def hold_authority(self, permission: Permission | None, *, is_owner: bool) -> None:
        """As ``base.authority.Actor``."""
        authority.hold(self, permission, is_owner=is_owner)

    @property
    def zone(self) -> ZoneInfo:
        """UTC where this machine's zone data does not know the stored name (any more)."""
        return ZoneInfo(self.time_zone if self.time_zone in _zone_names() else "UTC")

    @property
    def audit_label(self) -> str:
        return f"{self.full_name} <{self.email}>"

    def get_session_auth_hash(self) -> str:
        return self._session_hash()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret=secret)

    def _session_hash(self, secret: str | None = None) -> str:
        # With the epoch, so that a session born beside a block is dead too.
        value = f"{self.password}|{self.security_epoch}"
        return salted_hmac("accounts.session", value, secret=secret, algorithm="sha256").hexdigest()

    def save(self, *args: object, **kwargs: object) -> None:
        self.search = search_text(self.email, self.first_name, self.last_name)
        update_fields = kwargs.get("update_fields")
        if update_fields and {"email", "first_name", "last_name"} & set(update_fields):  # type: ignore[call-overload]
            kwargs["update_fields"] = {*update_fields, "search"}  # type: ignore[misc]
        super().save(*args, **kwargs)  # type: ignore[arg-type]


def search_text(email: str, first_name: str, last_name: str) -> str:
    """What a person is found by. Folded in Python: SQLite's lower() knows ASCII only."""
    return f"{email} {first_name} {last_name}".casefold()


class RoleAssignment(models.Model):
    """One person in one role."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="assignments")
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="assignments")
    assigned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role"], name="accounts_role_once_per_user")
        ]
        indexes = [models.Index(fields=["role", "-user"], name="accounts_members_of_role")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.role_id}"


class SessionManager(BaseSessionManager.from_queryset(models.QuerySet)):  # type: ignore[misc]
    """Queryset words of sessions."""

    def open_of(self, user: User) -> models.QuerySet["Session"]:
        """Sessions of a person that still open a door, the latest first."""
        return self.open().filter(user=user).order_by("-last_seen_at")

    def open(self) -> models.QuerySet["Session"]:
        """Sessions that still open a door."""
        return self.filter(expire_date__gt=timezone.now())

    def expired(self) -> models.QuerySet["Session"]:
        """Sessions that open none any more."""
        return self.filter(expire_date__lte=timezone.now())


class Session(AbstractBaseSession):
    """A signed-in browser. ``session_key`` is the hash of the cookie, worthless to a thief."""

    session_key = models.CharField(max_length=64, primary_key=True)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=400, blank=True)

    objects: ClassVar = SessionManager()

    class Meta:
        indexes = [models.Index(fields=["user", "-last_seen_at"], name="accounts_sessions_of_user")]

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from accounts.sessions import SessionStore  # Late: the engine imports this model.

        return SessionStore
