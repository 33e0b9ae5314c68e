"""Absolute links, made from the configured public URL and never from a request's Host header."""

from typing import Any

from django.conf import settings
from django.urls import reverse


def absolute_url(name: str, *args: Any, **kwargs: Any) -> str:
    """The full address of a URL name, for letters and for copying."""
    return settings.PUBLIC_URL + reverse(name, args=args or None, kwargs=kwargs or None)


def is_local_path(value: str) -> bool:
    """Whether a ``next`` value is a path on this site and nothing trickier.

    Django's ``url_has_allowed_host_and_scheme`` passes ``/%09/evil.example``; browsers drop the tab.
    """
    lowered = value.lower()
    return (
        value.startswith("/")
        and not value.startswith("//")
        and "\\" not in value
        and value.isprintable()
        and not any(
            f"%0{digit}" in lowered or f"%1{digit}" in lowered for digit in "0123456789abcdef"
        )
        and "%5c" not in lowered
        and "%7f" not in lowered
    )
