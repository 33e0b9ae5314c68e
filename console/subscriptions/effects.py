"""What pages of the catalog share: what an operation would hit, and keys kept out of addresses."""

import re
from collections.abc import Iterable

from django.forms import Form
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.keys import KEY_PATTERN, digests_of, is_plausible, prefix_of
from catalog.models import Api, Key, Product, Subscription
from console.kit.lists import query_without
from gateway.calls import calls_of_subscriptions

_WHOLE_KEY = re.compile(KEY_PATTERN)


def without_whole_keys(typed: str) -> str:
    """The text with each whole key cut to its beginning: an address is no place for a secret.

    Imported keys have no form of their own, so words that may be one are looked for.
    """
    cut = _WHOLE_KEY.sub(lambda found: prefix_of(found[0]), typed)
    digests = {
        digest: word for word in cut.split() if is_plausible(word) for digest in digests_of(word)
    }
    if digests:
        for digest, prefix in Key.objects.filter(digest__in=digests).values_list(
            "digest", "prefix"
        ):
            cut = cut.replace(digests[digest], prefix)
    return cut


def address_without_keys(request: HttpRequest, name: str) -> str:
    """The page's address with whole keys cut out of the parameter; empty where there are none."""
    typed = request.GET.get(name, "")
    cut = without_whole_keys(typed)
    return "" if cut == typed else f"{request.path}?{query_without(request, name, **{name: cut})}"


def words_of(filters: Form) -> dict[str, str]:
    """The filters in use, for the journal, which keeps for good what it is told: no whole keys."""
    filters.is_valid()
    used = {name: str(value) for name, value in filters.cleaned_data.items() if value}
    return {name: without_whole_keys(value) for name, value in used.items()}


def shown(number: int) -> str:
    """12,345"""
    return number_format(number, force_grouping=True)


def effects_on_subscriptions(subscriptions: Iterable[Subscription]) -> list[tuple[str, str]]:
    """What stops with them; icon and sentence."""
    pks = [subscription.pk for subscription in subscriptions]
    keys = Key.objects.callable_by_owner().filter(subscription__in=pks).count()
    calls = calls_of_subscriptions(pks).values()
    today, week = (sum(getattr(found, span) for found in calls) for span in ["today", "week"])
    stops = ngettext(
        "%(count)s live key is refused from the next call on.",
        "%(count)s live keys are refused from the next call on.",
        keys,
    )
    made = ngettext(
        "%(count)s call passed today, %(week)s this week.",
        "%(count)s calls passed today, %(week)s this week.",
        today,
    )
    return [
        ("key", stops % {"count": shown(keys)}),
        ("chart-bar-square", made % {"count": shown(today), "week": shown(week)}),
    ]


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


def effects_on_api(api: Api) -> list[tuple[str, str]]:
    """What loses the API when it goes; icon and sentence."""
    products = list(api.products.order_by("name_key"))
    if not products:
        return [("cube", _("No product contains it."))]
    contained = ngettext(
        "%(count)s product contains it and loses it: %(names)s.",
        "%(count)s products contain it and lose it: %(names)s.",
        len(products),
    )
    keys = Key.objects.callable_by_owner().filter(subscription__product__in=products).count()
    opened = ngettext("%(count)s live key opens it now.", "%(count)s live keys open it now.", keys)
    names = ", ".join(product.name for product in products)
    return [
        ("cube", contained % {"count": shown(len(products)), "names": names}),
        ("key", opened % {"count": shown(keys)}),
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
