"""The request as the console's views see it, behind their door."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class ConsoleRequest(HttpRequest):
    """A name for the type checker: ``administrators_only`` let an administrator in."""

    user: User
    htmx: HtmxDetails
