"""The request as the portal's views see it, behind their door."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from accounts.sessions import SessionStore


class SignedInRequest(HttpRequest):
    """A name for the type checker: ``signed_in_only`` let a user in."""

    user: User
    session: SessionStore
    htmx: HtmxDetails
