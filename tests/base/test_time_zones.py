"""The time zones offered to people."""

from base.time_zones import time_zone_choices


def names(current="UTC"):
    return [name for _area, places in time_zone_choices(current) for name, _label in places]


def test_places_are_offered_and_utc_first():
    offered = names()

    assert offered[0] == "UTC"
    assert {"Europe/Oslo", "America/Argentina/Buenos_Aires", "Pacific/Auckland"} <= set(offered)
    former = {"Factory", "localtime", "Etc/GMT-14", "W-SU", "EST", "US/Pacific", "Zulu"}
    assert not former & set(offered)


def test_what_somebody_chose_before_stays_a_choice():
    assert names("W-SU") == [*names(), "W-SU"]
