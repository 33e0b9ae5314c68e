"""The time zones that people choose from."""

from collections import defaultdict
from functools import cache
from zoneinfo import available_timezones

# Areas of the zone database. The rest of its names are former ones and offsets (W-SU, Etc/GMT-14).
AREAS = {
    *["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe"],
    *["Indian", "Pacific"],
}
Choices = list[tuple[str, list[tuple[str, str]]]]


def time_zone_choices(current: str = "UTC") -> Choices:
    """Every place this machine knows the time of, by area, UTC first; and what is chosen now."""
    choices = _places()
    known = {name for _area, places in choices for name, _label in places}
    return choices if current in known else [*choices, (current, [(current, current)])]


@cache
def _places() -> Choices:
    areas: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in sorted(available_timezones()):
        area, _slash, place = name.partition("/")
        if area in AREAS and place:
            areas[area].append((name, place.replace("_", " ").replace("/", ", ")))
    return [("UTC", [("UTC", "UTC")]), *areas.items()]
