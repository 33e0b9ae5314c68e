"""How django-allauth's ceremonies meet our people, throttle and outbox."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context, ratelimit
from allauth.core.internal import ratelimit as _limits
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts import actions, devices
from accounts.models import User
from audit.journal import record, record_once
from base.addresses import canonical_address
from base.links import is_local_path

TOO_MANY_ATTEMPTS = _("Too many attempts. Try again in 15 minutes, or reset your password.")
# Where allauth finds the rates (ACCOUNT_RATE_LIMITS).
APP = "allauth.account"
# A guesser who goes on leaves one event in this time, not one for each refusal.
THROTTLED_EVERY = timedelta(minutes=5)
WRONG_PASSWORD = _("The email address or password is not right, or the account cannot sign in.")


class Adapter(DefaultAccountAdapter):
    """Overrides where the house has a rule of its own; everything else stays allauth's."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": TOO_MANY_ATTEMPTS,
        "email_password_mismatch": WRONG_PASSWORD,
        "incorrect_password": _("The password is not right."),
    }

    # Of the attempt at hand; empty for an unknown one.
    _device = ""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        return bool(url) and is_local_path(str(url))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt before any password is hashed; take it back if it succeeds.

        Per account and IP address 5 in 5 minutes; from unknown devices 30 a minute for the IP
        address, 20 an hour and 100 in a row for the account. A known device has limits of its own,
        which no other can use up. Unknown accounts are counted alike, so the throttle tells
        nothing.
        """
        address = _canonical(credentials.get("email", ""))
        self._device = _device_of(request, User.objects.by_address(address))
        source = self._get_login_attempts_cache_key(request, email=address)
        if self._device:
            limits = {"login_device": source, "login_failed": source, "login_known_device": source}
        else:
            ip = _limits.get_ip(request)
            limits = {"login_ip": ip, "login_failed": source, "login_unknown_device": address}
        for action, key in limits.items():
            usage = _limits.consume(request, app=APP, action=action, key=key)
            if usage is None:
                _record_throttled(address, limit=f"{action}|{key}")
                raise self.validation_error("too_many_login_attempts")
            if action == "login_failed":
                # What allauth takes back after a success.
                self._login_failed_rl_usage = usage

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # With the IP address: by account alone, five guesses from anywhere shut the owner out.
        # Known devices have a budget of their own, so that a guesser in the same office does not.
        address = _canonical(credentials.get("email", ""))
        return f"{address}|{self._device or _limits.get_ip(request)}"

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user = super().authenticate(request, **credentials)
        if user is not None and self._device:
            source = self._get_login_attempts_cache_key(request, email=user.email)
            ratelimit.clear(request, action="login_known_device", key=source)
        elif user is not None:
            ratelimit.clear(request, action="login_unknown_device", key=user.email)
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        # For unknown addresses too: a row written only for known ones could be heard in the time.
        user = User.objects.by_address(credentials.get("email", ""))
        record("user.sign_in_failed", by=None, subject=user or UNKNOWN_USER)

    def forget_attempts(self, request: HttpRequest, user: User) -> None:
        """After a new password by letter: earlier guesses keep its owner out no longer."""
        ratelimit.clear(request, action="login_unknown_device", key=user.email)
        self._delete_login_attempts_cached_email(request, email=user.email)

    def is_ajax(self, request: HttpRequest) -> bool:
        # Pages and redirects for everybody: our forms answer scripts by status.
        return False

    def reauthenticate(self, user: User, password: str) -> bool:
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        record("user.signed_in", by=user, subject=user)
        devices.remember(request, response, user)
        return response

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, User):
            record("user.signed_out", by=request.user, subject=request.user)
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:
        """Every password that allauth's forms set goes through our action."""
        row = (
            getattr(context.request.session, "row", None) if user == context.request.user else None
        )
        actions.set_password(user=user, password=password, by=user, keep_session=row)
        # allauth writes this instance's hash into the session next.
        user.refresh_from_db()

    def clean_password(self, password: str, user: User | None = None) -> str:
        if user is not None:
            try:
                actions.check_password_rules(password, user=user)
            except ValidationError as error:
                raise ValidationError(error.messages) from None
        return password

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Silent: our views say what happened in their own words."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Nothing leaves but through the outbox."""


class _UnknownUser:
    """What the journal says of an attempt on an address that nobody has.

    Never the address itself: people type their password there.
    """

    public_id = UUID(int=0)
    audit_kind = "visitor"
    audit_label = "Unknown address"


UNKNOWN_USER = _UnknownUser()


def _canonical(address: str) -> str:
    try:
        return canonical_address(address)
    except ValidationError:
        return address.strip().lower()


def _device_of(request: HttpRequest, user: User | None) -> str:
    """What this browser is known by for ``user``: its device cookie, else its own open session."""
    device = devices.known_device(request, user)
    if not device and user is not None and request.user == user:
        # Signed in by an invitation, say: it is no stranger where it is asked for the password.
        return f"session {request.session.row.public_id}"  # type: ignore[attr-defined]
    return device


def _record_throttled(address: str, *, limit: str) -> None:
    """Note in Activity that attempts are refused: once for each limit used up, not once for each
    attempt, and for unknown addresses too."""
    record_once(
        "user.sign_in_throttled",
        by=None,
        subject=User.objects.by_address(address) or UNKNOWN_USER,
        key=limit,
        within=THROTTLED_EVERY,
    )
