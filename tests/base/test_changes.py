"""Sets that two people changed, and the sentences about what they changed both."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from base.changes import Conflict, Digest, EditConflict, merged, same

MOMENT = datetime(2026, 5, 3, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("present", "wanted", "seen", "result"),
    [
        ("ab", "abc", "ab", "abc"),
        ("ab", "a", "ab", "a"),
        # Taken away by a colleague, and left alone.
        ("a", "ab", "ab", "a"),
        # Added by a colleague, and never seen.
        ("abc", "ab", "ab", "abc"),
        # Both at once, each in their own way.
        ("bcd", "abx", "abc", "bdx"),
        ("ab", "", "ab", ""),
        ("", "a", "", "a"),
        # Both added the same.
        ("ac", "ac", "a", "ac"),
    ],
)
def test_additions_and_removals_of_both_count(present, wanted, seen, result):
    assert merged(present, wanted, seen=seen) == list(result)


def test_without_what_was_seen_the_wanted_ones_stand():
    assert merged("abc", "d", seen=None) == ["d"]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("a\r\nb ", "a\nb", True),
        ("a", "b", False),
        (Digest.of("a\r\nb"), "a\nb", True),
        ("a", Digest.of("b"), False),
        (Digest(), "", False),
        (Digest(), None, False),
        (Digest.of(""), None, True),
        ([1, 2], [2, 1], True),
        ([1, 2], None, False),
        (None, "", False),
        (MOMENT, MOMENT.replace(second=40), True),
        (MOMENT, MOMENT.replace(minute=6), False),
        (True, True, True),
        (3, None, False),
    ],
)
def test_values_that_a_form_shows_alike(one, other, is_same):
    assert same(one, other) is is_same
    assert same(other, one) is is_same


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (
            {"present": "Ana", "wanted": "Anna"},
            "Nadia Holm changed this to “Ana” on 3 May 2026, 14:05. You entered “Anna”. Save again to use your value.",
        ),
        (
            {"present": "", "wanted": "Anna"},
            "Nadia Holm emptied this on 3 May 2026, 14:05. You entered “Anna”. Save again to use your value.",
        ),
        (
            {"present": 3, "wanted": None},
            "Nadia Holm changed this to “3” on 3 May 2026, 14:05. You emptied it. Save again to empty it.",
        ),
        (
            {"present": "x" * 200, "wanted": "short"},
            "Nadia Holm changed this text on 3 May 2026, 14:05. Save again to replace it with yours.",
        ),
        (
            {"present": "Ana", "wanted": "100 %", "is_own": True},
            "You changed this to “Ana” in another window on 3 May 2026, 14:05. You entered “100 %”. Save again to use your value.",
        ),
        (
            {"present": "%(who)s", "wanted": "b", "who": ""},
            "This was changed to “%(who)s” meanwhile. You entered “b”. Save again to use your value.",
        ),
        (
            {"present": True, "wanted": False},
            "Nadia Holm changed this to “Yes” on 3 May 2026, 14:05. You entered “No”. Save again to use your value.",
        ),
        (
            {"present": MOMENT, "wanted": [1, 2]},
            "Nadia Holm changed this to “3 May 2026, 14:05” on 3 May 2026, 14:05. You entered “1, 2”. Save again to use your value.",
        ),
        (
            {"present": "a\nb", "wanted": "", "at": None},
            "This text was changed meanwhile. Save again to replace it with yours.",
        ),
    ],
)
def test_a_conflict_says_both_values_who_and_when(facts, sentence):
    with timezone.override(UTC):
        conflict = Conflict(**({"who": "Nadia Holm", "at": MOMENT} | facts))

        assert conflict.sentence() == sentence
        assert EditConflict({"name": conflict}).message_dict == {"name": [sentence]}


def test_the_time_is_the_readers():
    with timezone.override("Asia/Tokyo"):
        conflict = Conflict(present="a", wanted="b", who="Nadia Holm", at=MOMENT)

        assert "on 3 May 2026, 23:05." in conflict.sentence()
