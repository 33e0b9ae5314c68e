"""When somebody who was refused for trying too often may try again."""

import math
import time
from collections.abc import Callable
from typing import Any

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

# Where nobody knows better.
DEFAULT_SECONDS = 60


class RetryAfterMiddleware:
    """Every 429 says in ``Retry-After`` when the limit that refused has room again."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 429 and not response.has_header("Retry-After"):
            seconds = getattr(request, "retry_after", DEFAULT_SECONDS)
            response.headers["Retry-After"] = str(max(1, math.ceil(seconds)))
        return response


def note_refusals() -> None:
    """Have django-allauth leave behind how long the rate that refused is still used up.

    It answers yes or no, and its own views ask it too, so this cannot be asked where 429 is answered.
    """
    consume = ratelimit._consume_single_rate
    if hasattr(consume, "__wrapped__"):
        return

    def consume_single_rate(request: HttpRequest, **facts: Any) -> Any:
        usage = consume(request, **{**facts, "raise_exception": False})
        if usage is None:
            request.retry_after = _seconds_left(request, **facts)  # type: ignore[attr-defined]
            if facts.get("raise_exception"):
                raise ratelimit.RateLimited
        return usage

    consume_single_rate.__wrapped__ = consume  # type: ignore[attr-defined]
    ratelimit._consume_single_rate = consume_single_rate


def _seconds_left(
    request: HttpRequest,
    *,
    app: str,
    action: str,
    rate: ratelimit.Rate,
    key: str | None = None,
    user: Any = None,
    **others: Any,
) -> float:
    where = ratelimit.get_cache_key(request, app=app, action=action, rate=rate, key=key, user=user)
    # The newest first; there is room again when the oldest of the last ``amount`` is over.
    moments = cache.get(where, [])[: rate.amount]
    if len(moments) < rate.amount:
        # Nobody was counted: the counter itself was too busy.
        return ratelimit.CACHE_LOCK_TIMEOUT
    return float(moments[-1] + rate.duration - time.time())
