"""What stops when a product goes away."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Key, Product, Subscription
from console.kit.numbers import shown
from gateway.check.calls import calls_of_subscriptions


def effects_on_product(product: Product) -> list[tuple[str, str]]:
    """What stops when a product goes away or is hidden; icon and sentence."""
    active = Subscription.objects.active().filter(product=product)
    keys = Key.objects.callable_by_owner().filter(subscription__product=product).count()
    calls = calls_of_subscriptions(active.values_list("pk", flat=True))
    week = sum(found.week for found in calls.values())
    number = active.count()
    packages = product.packages.count()
    in_packages = ngettext(
        "%(count)d package names it and gives one subscription less.",
        "%(count)d packages name it and give one subscription less.",
        packages,
    )
    return [
        (
            "ticket",
            ngettext(
                "%(count)s active subscription stops working.",
                "%(count)s active subscriptions stop working.",
                number,
            )
            % {"count": shown(number)},
        ),
        (
            "key",
            ngettext(
                "%(count)s live key is refused from the next call on.",
                "%(count)s live keys are refused from the next call on.",
                keys,
            )
            % {"count": shown(keys)},
        ),
        (
            "chart-bar-square",
            ngettext(
                "%(count)s call was made with them this week.",
                "%(count)s calls were made with them this week.",
                week,
            )
            % {"count": shown(week)},
        ),
        *([("gift", in_packages % {"count": packages})] if packages else []),
    ]


def number_of_subscriptions(product: Product) -> str:
    """Every subscription, whatever its state: a deletion takes them all."""
    count = product.subscriptions.count()
    text = ngettext(
        "%(count)s subscription is deleted with its keys and counts.",
        "%(count)s subscriptions are deleted with their keys and counts.",
        count,
    )
    return text % {"count": shown(count)} if count else _("No subscription hangs on it.")
