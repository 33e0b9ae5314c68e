"""Demo data of the catalog: APIs, products, subscriptions with keys, and two weeks of calls."""

import random
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from accounts.models import Role, User
from audit.models import Event
from catalog.access.rule import Reason
from catalog.keys import digest_of, new_key, prefix_of
from catalog.models import Api, Key, Product, Subscription
from gateway.check.references import new_reference
from gateway.models import CallCount, Refusal
from packages.actions import create_package
from packages.models import Package

State = Subscription.State
DAYS = 14
APIS = {
    "Orders": ("orders", "v2", "/orders/v2", "Place, change and follow orders."),
    "Tracking": ("tracking", "v1", "/tracking", "Where a shipment is, and when it arrives."),
    "Tariffs": ("tariffs", "2026-10", "/tariffs", "Prices by route, weight and date."),
}
ORDERS_DOCUMENT = Path(__file__).parent / "demo_orders.yaml"
PRODUCTS = {
    "Partner logistics": (
        "Orders and tracking for companies with a contract.",
        ["Orders", "Tracking"],
        ["Partners"],
        "Calls are metered. Keys stay inside the partner's own systems.",
    ),
    "Billing": ("Tariffs and invoices.", ["Tariffs"], ["Finance"], ""),
}
PACKAGES = {
    "Partner start": (
        "For companies that have signed.",
        "Your contract is in place, and so are your keys.\n\n"
        "Try the Echo API first; Orders and Tracking answer in the test environment until you ask us to switch you over.",
        ["Partners"],
        ["Starter", "Partner logistics"],
    ),
    "Sandbox": (
        "For trying things out.",
        "This key opens the Echo API. Nothing you send there is kept.",
        ["Sandbox"],
        ["Starter"],
    ),
}
NAMES = [
    *["Route planner", "Warehouse sync", "Mobile app", "Nightly report", "Customer portal"],
    *["Label printer", "Price monitor", "Test bench"],
]


def load(chance: random.Random, nadia: User, people: list[User], now: datetime) -> list[Event]:
    """Write the catalog's rows and return what the journal would say of them.

    The products every service starts with are there already.
    """
    products = _products(nadia, now)
    subscriptions = _subscriptions(chance, people, products, now)
    keys = _keys(chance, subscriptions, now)
    _calls(chance, keys, now)
    _refusals(chance, keys, now)
    return _events(nadia, products, subscriptions)


def bundle(nadia: User) -> Package:
    """Make the packages, and return the last."""
    for name, (description, welcome, roles, products) in PACKAGES.items():
        package = create_package(
            name=name,
            description=description,
            welcome=welcome,
            roles=Role.objects.filter(name__in=roles),
            products=Product.objects.filter(name__in=products),
            by=nadia,
        )
    return package


def _products(nadia: User, now: datetime) -> list[Product]:
    apis = {
        name: Api.objects.create(
            name=name,
            name_key=name.casefold(),
            slug=slug,
            version=version,
            path_prefix=prefix,
            description=description,
            back_end=f"http://{slug}.internal.example:9000",
            openapi=ORDERS_DOCUMENT.read_text(encoding="utf-8") if slug == "orders" else "",
        )
        for name, (slug, version, prefix, description) in APIS.items()
    }
    for name, (description, contained, seen_by, terms) in PRODUCTS.items():
        product = Product.objects.create(
            name=name,
            name_key=name.casefold(),
            slug=name.lower().replace(" ", "-"),
            description=description,
            terms=terms,
            approval_needed=bool(terms),
            published_at=now - timedelta(days=60),
        )
        product.apis.set([apis[api] for api in contained])
        product.roles.set([Role.objects.administrators(), *Role.objects.filter(name__in=seen_by)])
    Product.objects.create(
        name="Drone delivery",
        name_key="drone delivery",
        slug="drone-delivery",
        description="Not before spring.",
    ).roles.set([Role.objects.administrators()])
    return list(Product.objects.filter(published_at__isnull=False).order_by("pk"))


def _subscriptions(
    chance: random.Random, people: list[User], products: list[Product], now: datetime
) -> list[Subscription]:
    """Each person to what their roles see; Sofia always has one to Starter and one that waits."""
    made: list[Subscription] = []
    for number, person in enumerate(people):
        seen = list(Product.objects.visible_to(person).order_by("pk"))
        wanted = [product for product in seen if chance.random() < (0.7 if number else 1)]
        for product in wanted[: 3 if number else 2]:
            since = max(person.registered_at, now - timedelta(days=50))
            moment = since + (now - since) * chance.random()
            made.append(
                Subscription(
                    owner=person,
                    product=product,
                    name=chance.choice(NAMES)
                    if number
                    else ["Route planner", "Mobile app"][len(made)],
                    state=_state(chance, product) if number else _sofias(product),
                    created_at=moment,
                    state_changed_at=moment,
                    terms_accepted_at=moment if product.terms else None,
                )
            )
            if made[-1].state in {State.REJECTED, State.SUSPENDED}:
                made[-1].comment = "Say which application it is for."
    ended = [subscription for subscription in made if subscription.state == State.ACTIVE][-2:]
    for subscription in ended:
        subscription.ends_at = now - timedelta(days=1)
    Subscription.objects.bulk_create(made)
    return made


def _sofias(product: Product) -> str:
    return State.SUBMITTED if product.approval_needed else State.ACTIVE


def _state(chance: random.Random, product: Product) -> str:
    if product.approval_needed:
        return chance.choice([State.ACTIVE] * 5 + [State.SUBMITTED, State.REJECTED])
    return chance.choice([State.ACTIVE] * 8 + [State.SUSPENDED, State.CANCELLED])


def _keys(chance: random.Random, subscriptions: list[Subscription], now: datetime) -> list[Key]:
    """Both slots of everything that was ever active; nobody knows their plain text."""
    keys = []
    for number, subscription in enumerate(subscriptions):
        if subscription.state in {State.SUBMITTED, State.REJECTED}:
            continue
        for slot in Key.Slot:
            plaintext = new_key()
            used = number == 0 or chance.random() < (0.8 if slot == Key.Slot.PRIMARY else 0.15)
            keys.append(
                Key(
                    subscription=subscription,
                    slot=slot,
                    prefix=prefix_of(plaintext),
                    digest=digest_of(plaintext),
                    created_at=subscription.created_at,
                    expires_at=now + timedelta(days=20) if number % 9 == 4 else None,
                    last_used_at=now - timedelta(hours=60 * chance.random() ** 3) if used else None,
                    last_used_address="192.0.2.44" if used else None,
                    warned_days=30,
                )
            )
    return Key.objects.bulk_create(keys)


def _calls(chance: random.Random, keys: list[Key], now: datetime) -> None:
    counts = []
    for key in keys:
        if key.last_used_at is None:
            continue
        usual = chance.choice([40, 300, 1800])
        for ago in range(DAYS):
            day = (now - timedelta(days=ago)).date()
            if day < key.created_at.date():
                break
            blocked_at = key.subscription.owner.blocked_at
            if blocked_at and day > blocked_at.date():
                continue
            calls = int(usual * (0.4 if day.weekday() >= 5 else 1) * (0.7 + 0.6 * chance.random()))
            counts.append(CallCount(key=key, day=day, reason="", calls=calls))
            if chance.random() < 0.3:
                refused = Reason.API_NOT_IN_PRODUCT
                counts.append(CallCount(key=key, day=day, reason=refused, calls=1 + calls // 200))
    CallCount.objects.bulk_create(counts)


def _refusals(chance: random.Random, keys: list[Key], now: datetime) -> None:
    """What the blocked people's applications ran into since."""
    api = Api.objects.get(slug="echo")
    blocked = [
        (key, key.subscription.owner.blocked_at)
        for key in keys
        if key.subscription.owner.blocked_at and key.last_used_at
    ]
    Refusal.objects.bulk_create(
        Refusal(
            reference=new_reference(),
            at=max(since, now - timedelta(days=6)) + timedelta(minutes=chance.randrange(1, 50)),
            reason=Reason.USER_BLOCKED,
            method="GET",
            path="/echo/hello",
            address="192.0.2.44",
            api_pk=api.pk,
            key_pk=key.pk,
            user_pk=key.subscription.owner_id,
        )
        for key, since in blocked
    )


def _events(nadia: User, products: list[Product], subscriptions: list[Subscription]) -> list[Event]:
    events = [
        Event(
            public_id=uuid4(),
            at=product.published_at or product.created_at,
            action="product.published",
            actor_id=nadia.public_id,
            actor_label=nadia.audit_label,
            subject_kind="product",
            subject_id=product.public_id,
            subject_label=product.audit_label,
        )
        for product in products
    ]
    return events + [
        Event(
            public_id=uuid4(),
            at=subscription.created_at,
            action="subscription.requested",
            actor_id=subscription.owner.public_id,
            actor_label=subscription.owner.audit_label,
            subject_kind="subscription",
            subject_id=subscription.public_id,
            subject_label=subscription.audit_label,
            address="192.0.2.23",
            data={"state": subscription.state},
        )
        for subscription in subscriptions
    ]
