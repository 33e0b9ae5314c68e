"""Where callers reach an API."""

from django.conf import settings

from catalog.models import Api
from gateway.models import Gateway


def base_of(api: Api) -> str:
    """The address that operations are appended to; empty while no gateway says where it is.

    An API that this service answers itself is reached without a gateway.
    """
    if api.is_answered_here:
        return f"{settings.PUBLIC_URL}{api.path_prefix}"
    gateway = Gateway.objects.exclude(public_address="").order_by("pk").first()
    return f"{gateway.public_address.rstrip('/')}{api.path_prefix}" if gateway else ""
