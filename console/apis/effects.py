"""What stops when an API goes away."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Api, Key
from console.kit.numbers import shown


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
