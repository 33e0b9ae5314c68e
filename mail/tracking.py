"""What a provider reports about a letter it took, noted on the letter.

anymail hands reports over by its signal and offers no other door, so this is the one receiver of the
house. Whatever it says comes from a payload whose secret ``mail.webhooks`` had checked.

Reports come late, twice and in any order. Each is kept once (``Report``), each moment on the letter
is the first reported, and a letter that came back stays so, whatever is reported of later moments.
"""

import hashlib
import json
from datetime import datetime
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, tracking
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.dispatch import receiver
from django.utils import timezone

from mail import answers
from mail.models import Message, Report

CAME_BACK = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED}
# The moment of the letter that each report tells of.
MOMENTS = {
    EventType.DELIVERED: "delivered_at",
    EventType.OPENED: "opened_at",
    EventType.COMPLAINED: "complained_at",
} | dict.fromkeys(CAME_BACK, "bounced_at")
# The others tell nothing about the letter: queued, clicked, subscribed, ...
KEPT = {*MOMENTS, EventType.DEFERRED}
# A mail program that loads the pictures each time would write a row each time.
KEPT_ONCE = {EventType.OPENED}


@receiver(tracking, dispatch_uid="mail.tracking")
def note_report(event: AnymailTrackingEvent, esp_name: str, **_kwargs: Any) -> None:
    """Quiet for letters that are not ours and for reports that are known."""
    provider_id = answers.bare_id(str(event.message_id or ""))
    # Letters that the provider has not named yet have an empty one, too.
    if event.event_type not in KEPT or not provider_id:
        return
    letter = Message.objects.filter(provider_id=provider_id).order_by("-pk").first()
    if letter is not None:
        with transaction.atomic():
            _note(letter, event, esp_name)


def _note(letter: Message, event: AnymailTrackingEvent, provider: str) -> None:
    kind, at = event.event_type, _moment_of(event)
    words = _words_of(event)
    if kind in KEPT_ONCE and letter.reports.filter(kind=kind).exists():
        return
    try:
        with transaction.atomic():
            Report.objects.create(
                message=letter,
                provider=provider,
                event_id=_event_id(event),
                kind=kind,
                answer=words,
                at=at,
            )
    except IntegrityError:
        return
    row = Message.objects.filter(pk=letter.pk)
    if kind == EventType.DELIVERED:
        row = row.filter(Q(bounced_at=None) | Q(bounced_at__gt=at))
    if kind in MOMENTS:
        row.update(**{MOMENTS[kind]: Coalesce(MOMENTS[kind], at)})
    if kind in CAME_BACK:
        # Some providers report twice, and only one of the two has the server's words.
        better = [Message.State.SENT, *([Message.State.BOUNCED] if event.mta_response else [])]
        row.filter(state__in=better).update(state=Message.State.BOUNCED, answer=words)


def _moment_of(event: AnymailTrackingEvent) -> datetime:
    """The provider's own moment; a clock that is ahead of ours tells of now."""
    now = timezone.now()
    return min(event.timestamp or now, now)


def _words_of(event: AnymailTrackingEvent) -> str:
    """The receiving server's words, or the provider's; a letter never comes back without any."""
    words = event.mta_response or event.description
    if event.event_type in CAME_BACK:
        words = words or event.reject_reason or event.event_type
    return answers.one_line(words or "")


def _event_id(event: AnymailTrackingEvent) -> str:
    """The provider's number of the report, or a digest of what it says where it has none."""
    if event.event_id:
        return str(event.event_id)[:255]
    facts = json.dumps(event.esp_event, sort_keys=True, default=str)
    return hashlib.sha256(facts.encode()).hexdigest()
