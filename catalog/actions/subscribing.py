"""How a subscription begins: asked for by its owner, or added by an administrator."""

from datetime import datetime
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from audit.journal import record
from base.authority import Permission, action
from base.locks import hold_references
from base.names import clean_title
from catalog.actions.keys import IssuedKey, issue_into_empty_slots
from catalog.models import Product, Subscription
from mail.outbox import queue_letter

# Letters about a request go to so many administrators at most.
TOLD_ADMINISTRATORS = 50


class ProductNotAvailable(ValidationError):
    """Unpublished, or not for any role of the person; the portal answers 404."""

    def __init__(self) -> None:
        super().__init__(_("This product is not available to you."), code="product_not_available")


class PersonDoesNotSeeProduct(ValidationError):
    def __init__(self) -> None:
        super().__init__(
            _(
                "No role of this person sees the product, so the keys would be refused. Give the person a role that sees it, or let one of their roles see it."
            ),
            code="person_does_not_see_product",
        )


class OwnerIsBlocked(ValidationError):
    def __init__(self) -> None:
        super().__init__(_("This person is blocked. Activate them first."), code="owner_is_blocked")


class TermsNotAccepted(ValidationError):
    def __init__(self) -> None:
        super().__init__(
            {"terms_accepted": ValidationError(_("Accept the terms."), code="terms_not_accepted")}
        )


class SubscriptionSuspended(ValidationError):
    """A suspension holds for the product, until an administrator ends it."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "An administrator suspended your subscription to this product. Until they activate it you cannot subscribe again."
            ),
            code="subscription_suspended",
        )


class SubscriptionLimitReached(ValidationError):
    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(
            ngettext(
                "The limit of %(limit)d subscription to this product is reached. Cancel it to subscribe again.",
                "The limit of %(limit)d subscriptions to this product is reached. Cancel one to subscribe again.",
                limit,
            )
            % {"limit": limit},
            code="subscription_limit_reached",
        )


class AlreadySubscribed(ValidationError):
    """The same form was sent twice; ``subscription`` is what the first sending made."""

    def __init__(self, subscription: Subscription | None) -> None:
        self.subscription = subscription
        super().__init__(
            _("This form was sent before, and the keys were shown then."),
            code="already_subscribed",
        )


@action(or_owner="by")
def subscribe(
    *,
    product: Product,
    by: User,
    name: str = "",
    terms_accepted: bool = False,
    public_id: UUID | None = None,
) -> tuple[Subscription, list[IssuedKey]]:
    """Subscribe the person to a product they see; with approval it waits and has no keys yet.

    ``public_id`` is chosen when the form is shown, so that a form sent twice subscribes once.
    Raises ProductNotAvailable, SubscriptionSuspended, TermsNotAccepted, SubscriptionLimitReached,
    AlreadySubscribed or ValidationError by field.
    """
    owner = User.objects.select_for_update().get(pk=by.pk)
    product = Product.objects.visible_to(owner).filter(pk=product.pk).first() or _unavailable()
    if public_id is not None:
        _refuse_second_sending(public_id, owner)
    if owner.subscriptions.in_state(Subscription.State.SUSPENDED).filter(product=product).exists():
        raise SubscriptionSuspended
    if product.terms and not terms_accepted:
        raise TermsNotAccepted
    refuse_beyond_limit(product, owner)
    subscription = Subscription(
        public_id=public_id or uuid4(),
        owner=owner,
        product=product,
        name=clean_title(name) or product.name,
        state=Subscription.State.SUBMITTED
        if product.approval_needed
        else Subscription.State.ACTIVE,
        terms_accepted_at=timezone.now() if product.terms else None,
    )
    _save(subscription)
    record("subscription.requested", by=by, subject=subscription, state=subscription.state)
    if product.approval_needed:
        _tell_administrators(subscription)
        return subscription, []
    return subscription, issue_into_empty_slots(subscription, by=by)


@action(Permission.SUBSCRIPTIONS_MANAGE)
def add_subscription(
    *,
    product: Product,
    owner: User,
    by: User,
    name: str = "",
    ends_at: datetime | None = None,
) -> Subscription:
    """Give a person an active subscription; they make its keys themselves, which only they see.

    Not bound by approval, publication or terms; the limit holds. Raises OwnerIsBlocked,
    PersonDoesNotSeeProduct, SubscriptionLimitReached or ValidationError by field.
    """
    owner = User.objects.select_for_update().get(pk=owner.pk)
    if not owner.is_active:
        raise OwnerIsBlocked
    if not Product.objects.seen_by(owner).filter(pk=product.pk).exists():
        raise PersonDoesNotSeeProduct
    subscription = open_subscription(
        product, owner, by=by, name=clean_title(name), ends_at=checked_end(ends_at)
    )
    queue_letter(
        "subscription_added",
        to=owner.email,
        reference=subscription.public_id,
        language=owner.language,
    )
    return subscription


def open_subscription(
    product: Product,
    owner: User,
    *,
    by: User | None,
    name: str = "",
    ends_at: datetime | None = None,
    terms_accepted: bool = False,
) -> Subscription:
    """An active subscription, inside the transaction of an operation that holds the owner's row.

    Raises SubscriptionLimitReached or ValidationError by field.
    """
    refuse_beyond_limit(product, owner)
    subscription = Subscription(
        owner=owner,
        product=product,
        name=name or product.name,
        state=Subscription.State.ACTIVE,
        ends_at=ends_at,
        terms_accepted_at=timezone.now() if terms_accepted else None,
    )
    _save(subscription)
    record("subscription.added", by=by, subject=subscription)
    return subscription


def refuse_beyond_limit(product: Product, owner: User) -> None:
    """Raise SubscriptionLimitReached; call it under a lock of the owner, so that two count in turn."""
    limit = product.subscription_limit
    if limit is not None and owner.subscriptions.counted().filter(product=product).count() >= limit:
        raise SubscriptionLimitReached(limit)


def checked_end(ends_at: datetime | None) -> datetime | None:
    """The end as given; raises ValidationError for one that has passed."""
    if ends_at is not None and ends_at <= timezone.now():
        raise ValidationError(
            {"ends_at": ValidationError(_("Choose a moment in the future."), code="end_in_past")}
        )
    return ends_at


def _unavailable() -> Product:
    raise ProductNotAvailable


def _refuse_second_sending(public_id: UUID, owner: User) -> None:
    """The number of somebody else's subscription says no more than that it is taken."""
    earlier = Subscription.objects.filter(public_id=public_id).first()
    if earlier is not None:
        raise AlreadySubscribed(earlier if earlier.owner_id == owner.pk else None)


def _save(subscription: Subscription) -> None:
    subscription.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            subscription.save()
            # The product: a deletion waits for us.
            hold_references()
    except IntegrityError:
        if not Product.objects.filter(pk=subscription.product_id).exists():
            raise ProductNotAvailable from None
        # The same number, chosen for a form that somebody else sent in the same moment.
        raise AlreadySubscribed(None) from None


def _tell_administrators(subscription: Subscription) -> None:
    for administrator in User.objects.administrators().order_by("pk")[:TOLD_ADMINISTRATORS]:
        queue_letter(
            "subscription_requested",
            to=administrator.email,
            reference=subscription.public_id,
            language=administrator.language,
        )
