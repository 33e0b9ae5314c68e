"""What every template knows of the service."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from service.models import current_service


def service(request: HttpRequest) -> dict[str, Any]:
    """``service``: read when a template first asks, once per page."""
    return {"service": SimpleLazyObject(current_service)}
