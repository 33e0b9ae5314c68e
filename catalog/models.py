"""APIs, the products that bundle them, subscriptions to products and the keys of subscriptions."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar

from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from base.secret_keys import MAX_IDS_LENGTH, digest_key_id
from catalog.routes import validate_back_end, validate_prefix, validate_slug

MAX_OPENAPI_CHARACTERS = 1_000_000
# A replaced key may go on working this long, so that nobody has to change it everywhere at once.
MAX_OVERLAP = timedelta(days=30)


class Named(models.Model):
    """A name that is unique without case, with the same verdict on both databases."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    name_key = models.CharField(max_length=300, unique=True, editable=False)
    # What stands in addresses of the portal.
    slug = models.CharField(_("slug"), max_length=80, unique=True, validators=[validate_slug])
    description = models.TextField(
        _("description"), blank=True, max_length=2000, validators=[MaxLengthValidator(2000)]
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def audit_label(self) -> str:
        return self.name


class ApiQuerySet(models.QuerySet["Api"]):
    """Queryset words of APIs."""

    def visible_to(self, user: User | None) -> "ApiQuerySet":
        """APIs in a product that this person (None: a visitor) may see."""
        products = Product.objects.visible_to(user).filter(apis=OuterRef("pk"))
        return self.filter(Exists(products))


class Api(Named):
    """Something that can be called: a path prefix on the gateway and the back end behind it."""

    version = models.CharField(_("version"), max_length=40, blank=True)
    # Without a slash at its end; the check and every gateway match whole segments.
    path_prefix = models.CharField(
        _("path on the gateway"), max_length=200, unique=True, validators=[validate_prefix]
    )
    # Empty: answered by this service itself (the Echo API).
    back_end = models.CharField(
        _("back-end address"), max_length=500, blank=True, validators=[validate_back_end]
    )
    # The document as it was given, JSON or YAML; catalog.openapi reads it.
    openapi = models.TextField(
        _("OpenAPI document"), blank=True, validators=[MaxLengthValidator(MAX_OPENAPI_CHARACTERS)]
    )
    subscription_required = models.BooleanField(_("subscription required"), default=True)

    objects: ClassVar = ApiQuerySet.as_manager()
    audit_kind = "api"

    @property
    def is_answered_here(self) -> bool:
        """No gateway proxies it: this service is its back end."""
        return not self.back_end


class ProductQuerySet(models.QuerySet["Product"]):
    """Queryset words of products."""

    def published(self) -> "ProductQuerySet":
        return self.filter(published_at__isnull=False)

    def seen_with(self, roles: Iterable[Role]) -> "ProductQuerySet":
        """Those that somebody with these roles sees, published or not."""
        return self.filter(is_seen(OuterRef("pk"), roles=roles))

    def seen_by(self, user: User | None) -> "ProductQuerySet":
        """Those that this person sees (None: a visitor), published or not."""
        return self.seen_with(Role.objects.filter(assignments__user=user) if user else [])

    def visible_to(self, user: User | None) -> "ProductQuerySet":
        """Those the portal shows to this person (None: a visitor)."""
        return self.published().seen_by(user)

    def with_counts(self) -> "ProductQuerySet":
        """``api_count``, ``active_count`` and ``waiting_count`` of subscriptions, each by itself:
        one join of all three would multiply them.
        """
        subscriptions = Subscription.objects.filter(product=OuterRef("pk"))
        return self.annotate(
            api_count=_counted(Product.apis.through.objects.filter(product=OuterRef("pk"))),
            active_count=_counted(subscriptions.active()),
            waiting_count=_counted(subscriptions.submitted()),
        )


def is_seen(product: OuterRef, *, roles: Iterable[Role]) -> Exists:
    """Whether somebody with these roles sees the product; what visitors (Guests) see, everybody sees.

    All that asks who sees a product asks here. Only the check has the same in SQL of its own
    (``gateway.check.query``); tests/gateway/test_rule.py holds the two equal.
    """
    reached = Q(role__built_in=Role.BuiltIn.GUESTS) | Q(role__in=roles)
    return Exists(Product.roles.through.objects.filter(reached, product=product))


def _counted(rows: models.QuerySet) -> Coalesce:
    """How many rows of an outer product there are."""
    counts = rows.order_by().values("product").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counts), 0)


class Product(Named):
    """A bundle of APIs that people subscribe to."""

    terms = models.TextField(
        _("terms"), blank=True, max_length=20_000, validators=[MaxLengthValidator(20_000)]
    )
    # Fresh products are unpublished.
    published_at = models.DateTimeField(null=True, blank=True)
    approval_needed = models.BooleanField(_("approval needed"), default=False)
    # Null: no limit.
    subscription_limit = models.PositiveSmallIntegerField(
        _("subscriptions per developer"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
    )
    apis = models.ManyToManyField(Api, related_name="products", blank=True)
    # Who sees it. Administrators are always among them (catalog.actions.products).
    roles = models.ManyToManyField(Role, related_name="products")

    objects: ClassVar = ProductQuerySet.as_manager()
    audit_kind = "product"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(subscription_limit=None) | Q(subscription_limit__gte=1),
                name="catalog_product_limit_at_least_1",
            )
        ]

    @property
    def is_published(self) -> bool:
        return self.published_at is not None


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Queryset words of subscriptions; ``expired`` is computed, never stored."""

    def in_state(self, state: str) -> "SubscriptionQuerySet":
        return self.filter(_condition(Subscription.State(state)))

    def active(self) -> "SubscriptionQuerySet":
        return self.in_state(Subscription.State.ACTIVE)

    def submitted(self) -> "SubscriptionQuerySet":
        """The approval queue."""
        return self.in_state(Subscription.State.SUBMITTED)

    def counted(self) -> "SubscriptionQuerySet":
        """Those that use up the product's limit: asked for, active or suspended."""
        return self.exclude(_condition(Subscription.State.EXPIRED)).filter(
            state__in=[
                Subscription.State.SUBMITTED,
                Subscription.State.ACTIVE,
                Subscription.State.SUSPENDED,
            ]
        )

    def without_keys(self) -> "SubscriptionQuerySet":
        """Active ones whose owner has made none yet."""
        return self.active().exclude(
            Exists(Key.objects.current().filter(subscription=OuterRef("pk")))
        )

    def matching(self, fragment: str) -> "SubscriptionQuerySet":
        """Person, product, name of the subscription or beginning of a key, each word of it."""
        found = self
        for word in fragment.split():
            keys = Key.objects.filter(subscription=OuterRef("pk"), prefix__startswith=word)
            found = found.filter(
                Q(owner__search__fragment=word.casefold())
                | Q(product__name_key__contains=word.casefold())
                | Q(name__icontains=word)
                | Exists(keys)
            )
        return found


def _condition(state: "Subscription.State") -> Q:
    """What a state means to the database; ``Subscription.state_now`` says the same of one row."""
    past = Q(ends_at__isnull=False, ends_at__lte=timezone.now())
    can_expire = Q(state__in=[Subscription.State.ACTIVE, Subscription.State.SUSPENDED])
    if state == Subscription.State.EXPIRED:
        return can_expire & past
    if state in {Subscription.State.ACTIVE, Subscription.State.SUSPENDED}:
        return Q(state=state) & ~past
    return Q(state=state)


class Subscription(models.Model):
    """One person's access to one product, with two keys."""

    class State(models.TextChoices):
        """The states of Azure's table; expired is an active or suspended one past its end."""

        SUBMITTED = "submitted", _("Submitted")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        REJECTED = "rejected", _("Rejected")
        CANCELLED = "cancelled", _("Cancelled")
        EXPIRED = "expired", _("Expired")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="subscriptions")
    # Deleting a product deletes its subscriptions by name (delete_product), never in passing.
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="subscriptions")
    name = models.CharField(_("name"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=State)
    # Why it was rejected or suspended; the owner reads it.
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    terms_accepted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    state_changed_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = SubscriptionQuerySet.as_manager()
    audit_kind = "subscription"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=["submitted", "active", "suspended", "rejected", "cancelled"]
                ),
                name="catalog_subscription_state_stored",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="catalog_subscription_has_name"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="catalog_subs_newest"),
            models.Index(fields=["state", "-created_at", "-id"], name="catalog_subs_by_state"),
            models.Index(fields=["owner", "-created_at", "-id"], name="catalog_subs_of_owner"),
            models.Index(fields=["product", "-created_at", "-id"], name="catalog_subs_of_product"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state_now(self) -> "Subscription.State":
        """The state with the end date looked at: what everybody is shown."""
        can_expire = self.state in {self.State.ACTIVE, self.State.SUSPENDED}
        if can_expire and self.ends_at is not None and self.ends_at <= timezone.now():
            return self.State.EXPIRED
        return self.State(self.state)

    @property
    def is_active(self) -> bool:
        return self.state_now == self.State.ACTIVE

    @property
    def audit_label(self) -> str:
        return f"{self.name} ({self.product.name}, {self.owner.email})"


class KeyQuerySet(models.QuerySet["Key"]):
    """Queryset words of keys."""

    def live(self) -> "KeyQuerySet":
        """Not expired; whether a call passes depends on the other steps of the rule too."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))

    def current(self) -> "KeyQuerySet":
        """The key that each slot holds, expired or not."""
        return self.filter(replaced_at=None)

    def callable_by_owner(self) -> "KeyQuerySet":
        """Live keys of active subscriptions: what a block of the owner stops."""
        now = timezone.now()
        return self.live().filter(
            Q(subscription__ends_at=None) | Q(subscription__ends_at__gt=now),
            subscription__state=Subscription.State.ACTIVE,
        )


class Key(models.Model):
    """The secret that a call carries. Only its keyed hash and its first characters are kept."""

    class Slot(models.TextChoices):
        """Two, so that one can be changed while the other works."""

        PRIMARY = "primary", _("Primary key")
        SECONDARY = "secondary", _("Secondary key")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="keys")
    slot = models.CharField(max_length=10, choices=Slot)
    # The readable beginning (catalog.keys.prefix_of): enough to recognise a key, not to use it.
    prefix = models.CharField(max_length=24, db_index=True)
    # HMAC-SHA-256 of the key (catalog.keys.digests_of), hex.
    digest = models.CharField(max_length=64, unique=True)
    # The id of the key that the digest stands under (base.secret_keys). Several, joined by commas,
    # for one made before they were noted: its next use tells which.
    digest_key = models.CharField(max_length=MAX_IDS_LENGTH, default=digest_key_id, editable=False)
    is_imported = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    # Null: never. A replaced key keeps working until here.
    expires_at = models.DateTimeField(null=True, blank=True)
    # Set when another key took the slot.
    replaced_at = models.DateTimeField(null=True, blank=True)
    # The letter about the coming expiry that was sent last: 30 or 7 days before.
    warned_days = models.PositiveSmallIntegerField(null=True, blank=True)
    # Written by the gateway's flush, at most once a minute.
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_address = models.GenericIPAddressField(null=True, blank=True)

    objects: ClassVar = KeyQuerySet.as_manager()
    audit_kind = "key"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "slot"],
                condition=Q(replaced_at=None),
                name="catalog_one_key_per_slot",
            ),
            models.CheckConstraint(
                condition=Q(slot__in=["primary", "secondary"]), name="catalog_key_slot_known"
            ),
            models.CheckConstraint(
                condition=Q(replaced_at=None) | Q(expires_at__isnull=False),
                name="catalog_replaced_key_ends",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(expires_at__isnull=False),
                name="catalog_keys_by_expiry",
            )
        ]

    def __str__(self) -> str:
        return self.masked

    @property
    def masked(self) -> str:
        return f"{self.prefix}…"

    @property
    def is_live(self) -> bool:
        return self.expires_at is None or self.expires_at > timezone.now()

    @property
    def is_replaced(self) -> bool:
        return self.replaced_at is not None

    @property
    def audit_label(self) -> str:
        return f"{self.masked} ({self.subscription.name})"


def overlap_end(overlap: timedelta) -> datetime:
    """When a key replaced now stops working. ``overlap`` is zero to MAX_OVERLAP."""
    return timezone.now() + min(max(overlap, timedelta()), MAX_OVERLAP)
