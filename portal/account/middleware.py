"""A chosen password comes before anything else."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve

GetResponse = Callable[[HttpRequest], HttpResponse]

# What stays reachable meanwhile, by URL name.
ALLOWED = {
    "account_change_password",
    "account_logout",
    "account_reauthenticate",
    "portal:help",
    "portal:theme",
}


class ForcedPasswordChange:
    """Leads people with ``must_change_password`` to the page that changes it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.must_change_password and not _is_allowed(request.path):
            return redirect("account_change_password")
        return self.get_response(request)


def _is_allowed(path: str) -> bool:
    try:
        return resolve(path).view_name in ALLOWED
    except Resolver404:
        return True
