"""django-allauth's ceremonies with our answers: a refused form is 422, a refused attempt 429."""

from typing import Any

from allauth.account import views
from allauth.core import ratelimit
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import devices
from accounts.models import User
from portal.kit.response_time import same_time_for_all


class AnswersByStatus:
    """Tells scripts what happened without making them read the page."""

    def form_invalid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        refused = any(
            error.code == "too_many_login_attempts"
            for errors in form.errors.as_data().values()
            for error in errors
        )
        response.status_code = 429 if refused else 422
        return response


class SignIn(AnswersByStatus, views.LoginView):
    """One refusal for unknown, wrong and blocked alike."""


class Reauthenticate(AnswersByStatus, views.ReauthenticateView):
    """The password again, before what needs a fresh one."""


class RequestPasswordLink(AnswersByStatus, views.PasswordResetView):
    """The same answer for every address; a device known to the account has a limit of its own."""

    @same_time_for_all()
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def form_valid(self, form: Form) -> HttpResponse:
        email = form.cleaned_data["email"]
        device = devices.known_device(self.request, User.objects.by_address(email))
        if not device:
            response: HttpResponse = super().form_valid(form)
            return response
        # Whoever asks from elsewhere, or behind the same IP address, uses up nothing of the owner's.
        refused: HttpResponse | None = ratelimit.consume_or_429(
            self.request, action="reset_password_device", key=f"{email}|{device}"
        )
        if refused:
            return refused
        form.send_link()  # type: ignore[attr-defined]
        return redirect(self.get_success_url())


class ChangePassword(AnswersByStatus, views.PasswordChangeView):
    """Keeps this session, ends the others; the browser stays a known device."""

    def get_default_success_url(self) -> str:
        return reverse("portal:after-sign-in" if self.was_forced else "portal:profile-edit")

    def form_valid(self, form: Form) -> HttpResponse:
        self.was_forced = self.request.user.must_change_password
        response: HttpResponse = super().form_valid(form)
        devices.remember(self.request, response, self.request.user)
        messages.success(
            self.request, _("Your password was changed. Every other session was signed out.")
        )
        return response
