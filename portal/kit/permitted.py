"""Fetching and permitting in one call: what is not the person's own, or not theirs to see, is 404."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from catalog.models import Api, Key, Product, Subscription


def visitor(user: User | AnonymousUser) -> User | None:
    """The person, or None for a visitor who is not signed in."""
    return user if isinstance(user, User) else None


def product_or_404(user: User | AnonymousUser, slug: str) -> Product:
    """A product that this person may see."""
    return get_object_or_404(Product.objects.visible_to(visitor(user)), slug=slug)


def api_or_404(user: User | AnonymousUser, slug: str) -> Api:
    """An API in a product that this person may see."""
    return get_object_or_404(Api.objects.visible_to(visitor(user)), slug=slug)


def subscription_or_404(user: User, public_id: UUID) -> Subscription:
    """One of the person's own."""
    own = Subscription.objects.filter(owner=user).select_related("product", "owner")
    return get_object_or_404(own, public_id=public_id)


def key_or_404(user: User, subscription_id: UUID, key_id: UUID) -> Key:
    """A key of one of the person's own subscriptions."""
    own = Key.objects.filter(subscription__owner=user, subscription__public_id=subscription_id)
    key = own.select_related("subscription__product", "subscription__owner").filter(
        public_id=key_id
    )
    found = key.first()
    if found is None:
        raise Http404
    return found
