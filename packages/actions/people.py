"""Adding a person together with what a package holds."""

from collections.abc import Iterable

from accounts.actions import add_user
from accounts.models import Role, User
from base.authority import Permission, action
from packages.actions.granting import Grant, grant_package
from packages.models import Package


@action(Permission.DEVELOPERS_MANAGE)
def add_user_with_package(
    *,
    email: str,
    first_name: str,
    last_name: str,
    by: User | None,
    package: Package | None = None,
    password: str | None = None,
    must_change_password: bool = True,
    roles: Iterable[Role] = (),
    note: str = "",
    language: str = "en",
    welcome: bool = True,
) -> tuple[User, Grant | None]:
    """Add a person as ``add_user`` does and give them the package, both or neither.

    They make their keys themselves: the letter says so, and nobody else may see one. Without a
    package this is ``add_user``. Raises as ``add_user``, and PackageGone.
    """
    user = add_user(
        email=email,
        first_name=first_name,
        last_name=last_name,
        by=by,
        password=password,
        must_change_password=must_change_password,
        roles=roles,
        note=note,
        language=language,
        welcome=welcome,
        letter="welcome_with_package" if package else "welcome",
    )
    return user, grant_package(package=package, user=user, by=by) if package else None
