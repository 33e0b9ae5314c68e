"""What every service starts with: the Echo API and the products Starter and Unlimited (as Azure does)."""

from pathlib import Path
from typing import Any

from django.utils import timezone

ECHO_DOCUMENT = Path(__file__).parent / "echo_openapi.yaml"
PRODUCTS = {
    "Starter": {
        "slug": "starter",
        "description": "For trying things out: one subscription for each developer, at once.",
        "subscription_limit": 1,
    },
    "Unlimited": {
        "slug": "unlimited",
        "description": "For applications: as many subscriptions as needed, each approved by an administrator.",
        "approval_needed": True,
    },
}


def plant(api_model: Any, product_model: Any, role_model: Any) -> None:
    """Create them all; takes the models so that a migration can pass its own.

    Called once, by the migration: what an administrator deletes does not come back.
    """
    echo = api_model.objects.create(
        name="Echo API",
        name_key="echo api",
        slug="echo",
        version="1.0",
        path_prefix="/echo",
        description="Answers with the call it received. This service answers it itself, so that a first call works before any gateway is set up.",
        openapi=ECHO_DOCUMENT.read_text(encoding="utf-8"),
    )
    for name, fields in PRODUCTS.items():
        product = product_model.objects.create(
            name=name, name_key=name.casefold(), published_at=timezone.now(), **fields
        )
        product.apis.set([echo])
        product.roles.set(role_model.objects.filter(built_in__isnull=False))
