from django.http import HttpResponse
from django.shortcuts import redirect, render

from audit.models import Event
from base.doors import signed_in_only
from portal.requests import SignedInRequest


@signed_in_only
def home(request: SignedInRequest) -> HttpResponse:
    """What to do next, and when the account was last used to sign in."""
    sign_ins = Event.objects.filter(subject_id=request.user.public_id, action="user.signed_in")
    return render(request, "portal/home.html", {"sign_ins": sign_ins.order_by("-id")[:2]})


@signed_in_only
def after_sign_in(request: SignedInRequest) -> HttpResponse:
    """Administrators land in the console, everybody else in the portal."""
    return redirect("console:overview" if request.user.is_administrator else "portal:home")
