from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from base.doors import signed_in_only


@signed_in_only
def home(request: HttpRequest) -> HttpResponse:
    """What to do next."""
    return render(request, "portal/home.html")


@signed_in_only
def after_sign_in(request: HttpRequest) -> HttpResponse:
    """Administrators land in the console, everybody else in the portal."""
    return redirect("console:overview" if request.user.is_administrator else "portal:home")
