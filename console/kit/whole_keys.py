"""Keys that somebody typed into a search, kept out of addresses and of the journal."""

import re

from django.forms import Form
from django.http import HttpRequest

from catalog.keys import KEY_PATTERN, digests_of, is_plausible, prefix_of
from catalog.models import Key
from console.kit.listing import query_without

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
