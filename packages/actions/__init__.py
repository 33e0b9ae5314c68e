"""What can be done with access packages."""

from packages.actions.bundles import (
    NoRoleSeesProduct,
    PackageInUse,
    PackageMakesNoAdministrators,
    PackageNameTaken,
    create_package,
    delete_package,
    edit_package,
    what_loses_it,
)
from packages.actions.granting import (
    Grant,
    PackageGone,
    PackageTermsNotAccepted,
    grant_package,
    hold_package,
)
from packages.actions.people import add_user_with_package

__all__ = [
    "Grant",
    "NoRoleSeesProduct",
    "PackageGone",
    "PackageInUse",
    "PackageMakesNoAdministrators",
    "PackageNameTaken",
    "PackageTermsNotAccepted",
    "add_user_with_package",
    "create_package",
    "delete_package",
    "edit_package",
    "grant_package",
    "hold_package",
    "what_loses_it",
]
