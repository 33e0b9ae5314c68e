"""What stands under which digest key, and the refusal to start without one that is in use.

A digest says nothing of the key it was made under, so each row names it (base.secret_keys).
"""

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, Q
from django.utils import timezone

from base.secret_keys import UNKNOWN, digest_keys, ids_of
from catalog.models import Key
from gateway.models import Secret

logger = logging.getLogger("gateway.stored_digests")

# A key that was used within this time is in use.
IN_USE = timedelta(days=90)


@dataclass
class StoredDigests:
    """Live ones under one key. Whether their owners may call now does not matter: they may again."""

    gateway_secrets: int = 0
    keys_in_use: int = 0
    other_keys: int = 0

    @property
    def is_in_use(self) -> bool:
        return bool(self.gateway_secrets or self.keys_in_use)


def digests_by_key() -> dict[str, StoredDigests]:
    """By what the rows say: the id of their key, or several ids where nobody knows yet which."""
    found: dict[str, StoredDigests] = defaultdict(StoredDigests)
    secrets = Secret.objects.live().values_list("digest_key")
    for name, count in secrets.annotate(Count("pk")).order_by():
        found[name].gateway_secrets = count
    used = Q(last_used_at__gte=timezone.now() - IN_USE)
    keys = Key.objects.live().values_list("digest_key")
    counted = keys.annotate(in_use=Count("pk", filter=used), count=Count("pk"))
    for name, in_use, count in counted.order_by():
        found[name].keys_in_use, found[name].other_keys = in_use, count - in_use
    return dict(found)


def lost_keys(name: str) -> list[str]:
    """Of the ids that a row names, those of keys that are neither configured nor let go."""
    here = {*ids_of(digest_keys()), *settings.DROP_KEYS, UNKNOWN}
    return [one for one in name.split(",") if one not in here]


def refuse_lost_keys() -> None:
    """Raises ImproperlyConfigured where a live gateway secret or a key in use stands under a key that
    is not configured, unless ``APIM_DROP_KEYS`` names it. The check would refuse all their calls."""
    sentences, lost = [], set()
    for name, stored in sorted(digests_by_key().items()):
        missing = lost_keys(name)
        if missing and stored.is_in_use:
            lost.update(missing)
            sentences.append(_sentence(stored, name, missing))
        elif missing:
            words = "%s subscription keys that were not used for 90 days stand under the server key %s, which is not configured: calls with them are refused."
            logger.warning(words, stored.other_keys, " or ".join(missing))
    if not lost:
        return
    raise ImproperlyConfigured(
        f"{'; '.join(sentences)}, which is not configured: their calls would be refused. Put it back "
        f"into APIM_DIGEST_KEY_FALLBACKS, or set APIM_DROP_KEYS={','.join(sorted(lost))} to let them "
        "go for good. `manage.py secrets` counts what stands under each key."
    )


def _sentence(stored: StoredDigests, name: str, missing: list[str]) -> str:
    is_one = stored.gateway_secrets + stored.keys_in_use == 1
    verb = "may stand" if "," in name else "stands" if is_one else "stand"
    return f"{_counted(stored)} {verb} under the server key {' or '.join(missing)}"


def _counted(stored: StoredDigests) -> str:
    parts = [
        f"{count} {noun if count == 1 else nouns}"
        for count, noun, nouns in [
            (stored.gateway_secrets, "gateway secret", "gateway secrets"),
            (
                stored.keys_in_use,
                "subscription key used in the last 90 days",
                "subscription keys used in the last 90 days",
            ),
        ]
        if count
    ]
    return " and ".join(parts)
