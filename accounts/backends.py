"""Who a password belongs to."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accounts import actions
from accounts.models import User


class PasswordBackend(AuthenticationBackend):
    """allauth's backend over our canonical addresses, closed to blocked people.

    A blocked person with the right password gets the answer of a wrong one (nobody learns of the
    block from outside) and at most one letter a day that says why.
    """

    def _authenticate_by_email(self, email: str, password: str) -> User | None:
        return self._check_password(User.objects.by_address(email), password)

    def _check_password(self, user: Any, password: str) -> Any:
        if user is None:
            return None
        self._did_check_password = True
        if not user.check_password(password):
            return None
        if not self.user_can_authenticate(user):
            actions.tell_blocked_user(user=user)
            return None
        return user
