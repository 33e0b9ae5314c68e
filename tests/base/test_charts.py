"""Bars are computed on the server."""

from base.charts import HEIGHT, WIDTH, bar_chart


def test_the_highest_bar_is_marked_and_all_stay_inside():
    chart = bar_chart("Calls", [("9 Nov", 3), ("10 Nov", 58), ("11 Nov", 0)])

    assert [bar.is_highest for bar in chart.bars] == [False, True, False]
    assert chart.bars[2].height == 0
    assert all(bar.y >= 0 and bar.y + bar.height <= HEIGHT for bar in chart.bars)
    assert all(bar.x + bar.width <= WIDTH for bar in chart.bars)


def test_grid_lines_stand_at_round_numbers():
    chart = bar_chart("Calls", [("9 Nov", 5821)])

    assert [value for value, _height in chart.lines] == [6000, 3000, 0]


def test_fourteen_days_carry_five_labels():
    chart = bar_chart("Calls", [(str(day), day) for day in range(14)])

    assert sum(bar.has_label for bar in chart.bars) == 5


def test_nothing_to_show_is_a_chart_all_the_same():
    assert bar_chart("Calls", []).bars == []
    assert not bar_chart("Calls", [("9 Nov", 0)]).bars[0].is_highest
