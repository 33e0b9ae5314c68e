"""What happens around every request of a signed-in person."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import Session, User
from accounts.passwords import HashingBusy
from audit.journal import record_once, request_address
from base.doors import WOKE_AT, NotAnAdministrator, ask_to_sign_in
from base.errors import unavailable
from base.failures import Failure, failure_of, reports

GetResponse = Callable[[HttpRequest], HttpResponse]

# A column that every request wrote would make reading as dear as writing.
SEEN_EVERY = timedelta(minutes=1)
# A developer who keeps asking for the console leaves one event in this time.
REFUSED_EVERY = timedelta(hours=1)
MAX_PATH = 200


class SessionMiddleware(DjangoSessionMiddleware):
    """Leads to the sign-in page where the session ended while its request was under way."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except SessionInterrupted:
            # Whatever the request did is done; only its session is gone.
            led_back: HttpResponse = ask_to_sign_in(request, undone=False)
            if getattr(request, "htmx", False):
                led_back = HttpResponseClientRedirect(led_back["Location"])
            led_back.delete_cookie(settings.SESSION_COOKIE_NAME)
            return led_back


class SessionActivity:
    """Ends idle sessions, notes when and where people were last seen, sets their time zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request_address.set(request.META.get("REMOTE_ADDR") or None)
        try:
            self._before(request)
            return self.get_response(request)
        finally:
            request_address.reset(token)
            timezone.deactivate()

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, NotAnAdministrator) and isinstance(request.user, User):
            # Once for each developer and hour: the page answers 403 as ever.
            record_once(
                "console.refused",
                by=request.user,
                subject=request.user,
                key=str(request.user.public_id),
                within=REFUSED_EVERY,
                path=request.path[:MAX_PATH],
            )
        # All hashing slots taken: ask to come back, rather than queue without end.
        if isinstance(exception, HashingBusy):
            return unavailable(request, retry_after=5)
        return None

    def _before(self, request: HttpRequest) -> None:
        user = request.user
        # In this order: asking for the user is what loads the session.
        if not isinstance(user, User):
            return
        row: Session = request.session.row  # type: ignore[attr-defined]
        now = timezone.now()
        idle = now - row.last_seen_at
        age = now - row.created_at
        if idle > timedelta(seconds=settings.SESSION_IDLE_SECONDS) or age > timedelta(
            seconds=settings.SESSION_COOKIE_AGE
        ):
            logout(request)
            return
        timezone.activate(user.zone)
        if idle > timedelta(seconds=settings.CONSOLE_IDLE_SECONDS):
            request.session[WOKE_AT] = now.timestamp()
        try:
            self._note_seen(request, user, row)
        except DatabaseError as error:
            # With a full disk, or on a standby, pages can still be read.
            failure = failure_of(error)
            if failure not in {Failure.FULL, Failure.READ_ONLY, Failure.BUSY}:
                raise
            reports.say(failure, error)

    def _note_seen(self, request: HttpRequest, user: User, row: Session) -> None:
        now = timezone.now()
        if now - row.last_seen_at > SEEN_EVERY or not row.user_agent:
            Session.objects.filter(pk=row.pk).update(
                last_seen_at=now,
                address=request.META.get("REMOTE_ADDR") or None,
                user_agent=request.headers.get("User-Agent", "unknown")[:400],
            )
        if user.last_seen_at is None or now - user.last_seen_at > SEEN_EVERY:
            User.objects.filter(pk=user.pk).update(last_seen_at=now)
