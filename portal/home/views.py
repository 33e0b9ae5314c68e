from django.http import HttpResponse
from django.shortcuts import redirect, render

from audit.models import Event
from base.doors import signed_in_only
from portal.kit.requests import SignedInRequest


@signed_in_only(methods=["GET"])
def home(request: SignedInRequest) -> HttpResponse:
    """What to do next, and when the account was last used to sign in."""
    sign_ins = Event.objects.filter(subject_id=request.user.public_id, action="user.signed_in")
    context = {
        "sign_ins": sign_ins.order_by("-id")[:2],
        "subscription_count": request.user.subscriptions.counted().count(),
        "without_keys": request.user.subscriptions.without_keys().order_by("pk")[:3],
    }
    return render(request, "portal/home/home.html", context)


@signed_in_only(methods=["GET"])
def after_sign_in(request: SignedInRequest) -> HttpResponse:
    """Administrators land in the console, everybody else in the portal."""
    return redirect("console:overview" if request.user.is_administrator else "portal:home")
