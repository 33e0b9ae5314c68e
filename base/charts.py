"""Bars of a chart, computed here and drawn as SVG by ``components/chart.html``.

Bars and lines stretch with the page. Words stand beside them as text, in the same size everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480, 132
DATE_LABELS = 5


@dataclass(frozen=True)
class Bar:
    label: str
    value: int
    x: float
    y: float
    width: float
    height: float
    is_highest: bool
    has_label: bool


@dataclass(frozen=True)
class Chart:
    """``title`` names it, ``summary`` says in a sentence what the bars show."""

    title: str
    summary: str
    bars: Sequence[Bar]
    # Value and height of each grid line, from the top.
    lines: Sequence[tuple[int, float]]
    width: int = WIDTH
    height: int = HEIGHT


def bar_chart(title: str, points: Sequence[tuple[str, int]], *, summary: str = "") -> Chart:
    """``points`` are label and value in order, for example one for each day."""
    top = _round_up(max((value for _, value in points), default=0))
    highest = max((value for _, value in points), default=0)
    slot = WIDTH / max(len(points), 1)
    every = max(-(-len(points) // DATE_LABELS), 1)
    bars = [
        Bar(
            label=label,
            value=value,
            x=round(slot * (index + 0.15), 2),
            y=round(HEIGHT * (1 - value / top), 2),
            width=round(slot * 0.7, 2),
            height=round(HEIGHT * value / top, 2),
            is_highest=bool(value) and value == highest,
            has_label=index % every == 0,
        )
        for index, (label, value) in enumerate(points)
    ]
    lines = [(round(top * part), HEIGHT * (1 - part)) for part in (1, 0.5, 0)]
    return Chart(title=title, summary=summary, bars=bars, lines=lines)


def _round_up(value: int) -> int:
    """The next even number with one leading digit, so that half of it is whole too."""
    step = 10 ** max(len(str(value)) - 1, 0)
    return max(-(-value // step) * step, 2) if step > 1 else max(value + value % 2, 2)
