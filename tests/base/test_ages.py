"""Ages in one unit."""

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from base.templatetags.ui import age


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(seconds=20), "Just now"),
        (timedelta(days=7) - timedelta(seconds=3), "in 7 days"),
        (timedelta(hours=1, seconds=-3), "in 1 hour"),
        (timedelta(hours=23, minutes=58), "in 1 day"),
        (timedelta(minutes=-5), "5 min ago"),
        (timedelta(days=-2, hours=-20), "2 days ago"),
        (timedelta(days=-70), "2 months ago"),
        (timedelta(days=-800), "2 years ago"),
    ],
)
def test_age_is_one_unit_rounded_down_behind_us_and_to_the_nearest_ahead(ahead, words):
    assert age(timezone.now() + ahead) == words


def test_age_of_nothing_is_never():
    assert age(None) == "Never"


def test_an_age_inside_a_sentence_is_lower_case_and_ends_it():
    at = timezone.now()
    sentence = render_to_string("components/when.html", {"at": at, "style": "inline", "after": "."})

    assert sentence.strip().endswith(">just now</time>.")
    assert ">Just now</time>" in render_to_string("components/when.html", {"at": at})
