"""Charts stand alone: well-formed, nothing from outside, and what people wrote stays text."""

from xml.etree import ElementTree as ET

from charts.bars import Series, columns, rows_of_bars
from charts.lines import Line, lines
from charts.meters import Meter, meters
from charts.parts import PartSeries, bars_of_parts

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("x")</script> & "co"'


def drawn(chart: str) -> ET.Element:
    return ET.fromstring(chart)  # noqa: S314 - drawn by us


def test_what_people_wrote_is_text_and_nothing_comes_from_outside() -> None:
    for draw in (rows_of_bars, columns):
        chart = draw(HOSTILE, [HOSTILE], [Series(HOSTILE, [1])])
        assert {each.tag.removeprefix(SVG) for each in drawn(chart).iter()} <= {
            "svg",
            "title",
            "rect",
            "text",
            "line",
        }
        assert "href" not in chart
        assert drawn(chart).findtext(f"{SVG}title") == HOSTILE


def test_bars_are_as_long_as_their_figures() -> None:
    chart = rows_of_bars("Leads", ["ana", "bea"], [Series("now", [10, 5])])
    widths = [
        float(each.get("width", 0)) for each in drawn(chart).iter(f"{SVG}rect") if each.get("x") == "190.0"
    ]
    assert widths == [12, 460, 230], "the legend's mark, then a bar each"


def test_labels_have_room_and_those_beyond_it_are_cut() -> None:
    chart = rows_of_bars("Leads", ["x" * 30, "y" * 80], [Series("one", [1, 2]), Series("other", [1, 2])])
    words = {each.text or "": float(each.get("x", 0)) for each in drawn(chart).iter(f"{SVG}text")}
    assert words["x" * 30] >= 7 * 30
    assert words["y" * 35 + "…"] >= 7 * 36
    assert words["other"] > words["one"] + 7 * len("one")


def test_nothing_at_all_is_drawn_as_nothing() -> None:
    for figures in ([], [0, 0]):
        labels = [str(number) for number in range(len(figures))]
        assert drawn(rows_of_bars("Leads", labels, [Series("now", figures)])) is not None
        assert drawn(columns("Leads", labels, [Series("now", figures)])) is not None


def test_lines_end_where_figures_do_and_begin_again_after_a_gap() -> None:
    chart = lines("Pace", ["1", "2", "3", "4", "5"], [Line("so far", [0, 5, None, 10, None])])
    (drawn_line,) = drawn(chart).iter(f"{SVG}polyline")
    (alone,) = drawn(chart).iter(f"{SVG}circle")
    assert len(drawn_line.get("points", "").split()) == 2
    assert float(alone.get("cy", 0)) == 38, "the highest figure is at the top"


def test_an_axis_ends_at_a_round_figure_and_is_written_as_asked() -> None:
    chart = lines("Pace", ["1", "2"], [Line("so far", [3, 61])], say=lambda figure: f"{figure:.0f} h")
    words = [each.text for each in drawn(chart).iter(f"{SVG}text")]
    assert [word for word in words if word and word.endswith(" h")] == ["0 h", "20 h", "40 h", "60 h", "80 h"]


def test_labels_of_days_are_thinned_out_where_they_have_no_room() -> None:
    labels = [f"{day} November" for day in range(1, 31)]
    chart = lines("Pace", labels, [Line("so far", [1.0] * 30)])
    assert sum((each.text or "").endswith("November") for each in drawn(chart).iter(f"{SVG}text")) < 10


def test_bars_of_parts_add_up() -> None:
    chart = bars_of_parts("Whose", ["a", "b"], [PartSeries("rep", [1, 4]), PartSeries("held", [1, 0])])
    bars = [each for each in drawn(chart).iter(f"{SVG}rect") if each.get("height") == "18.0"]
    widths = [float(each.get("width", 0)) for each in bars]
    assert len(widths) == 3, "a part of nothing is not drawn"
    assert abs((widths[0] + widths[1]) * 2 - widths[2]) < 0.3
    assert float(bars[1].get("x", 0)) == round(float(bars[0].get("x", 0)) + widths[0], 1)


def test_meters_are_cut_beyond_and_say_how_much_it_is() -> None:
    rows = [Meter("a", 1.0, "100 %"), Meter("b", 4.0, "400 %"), Meter("c", None, "-", is_first=False)]
    chart = meters("Goals", rows)
    words = {each.text for each in drawn(chart).iter(f"{SVG}text")}
    assert {"100 %", "400 %", "-"} <= words
    widths = [float(each.get("width", 0)) for each in drawn(chart).iter(f"{SVG}rect")][1:]
    assert (round(widths[1] * 1.25), widths[5]) == (round(widths[3]), 0.5)


def test_a_drawing_may_be_told_in_a_sentence() -> None:
    for chart in (
        lines("T", ["1"], [Line("n", [1])], desc="said & seen"),
        bars_of_parts("T", ["1"], [PartSeries("n", [1])], desc="said & seen"),
        meters("T", [Meter("a", 1, "1")], desc="said & seen"),
        rows_of_bars("T", ["1"], [Series("n", [1])], desc="said & seen"),
    ):
        assert drawn(chart).findtext(f"{SVG}desc") == "said & seen"


def test_new_charts_of_nothing_and_of_hostile_words_are_well_formed() -> None:
    for chart in (
        lines(HOSTILE, [], [Line(HOSTILE, [])]),
        lines(HOSTILE, [HOSTILE], [Line(HOSTILE, [None])]),
        bars_of_parts(HOSTILE, [], [PartSeries(HOSTILE, [])]),
        bars_of_parts(HOSTILE, [HOSTILE], [PartSeries(HOSTILE, [0])]),
        meters(HOSTILE, []),
        meters(HOSTILE, [Meter(HOSTILE, None, HOSTILE)]),
    ):
        assert drawn(chart).findtext(f"{SVG}title") == HOSTILE


def test_a_line_below_nothing_stays_above_the_days() -> None:
    chart = lines("Net", ["1", "2", "3"], [Line("net", [-30, -5, 12]), Line("meant", [4, 8, 12])])
    lowest = max(
        float(point.split(",")[1])
        for each in drawn(chart).iter(f"{SVG}polyline")
        for point in each.get("points", "").split()
    )
    days = [float(each.get("y", 0)) for each in drawn(chart).iter(f"{SVG}text") if each.text in ("1", "2")]
    assert lowest <= 38 + 190 < min(days)
    marks = [each.text for each in drawn(chart).iter(f"{SVG}text") if each.get("text-anchor") == "end"]
    assert marks == ["-30", "-20", "-10", "0", "10", "20"]


def test_what_is_not_known_has_no_bar_and_no_figure() -> None:
    chart = rows_of_bars("Cost", ["ads", "web"], [Series("cost", [10, None])], say="{:g} €".format)
    assert "0 €" not in chart.replace("10 €", "")
    assert rows_of_bars("Cost", ["web"], [Series("cost", [None])]).count("<rect") == 2, "paper and legend"


def test_a_figure_behind_its_bar_stays_on_the_paper() -> None:
    said = "1.234.567.890,00 EUR"
    chart = rows_of_bars("Revenue", ["web"], [Series("revenue", [1e11])], say=lambda _: said, width=620)
    (behind,) = (each for each in drawn(chart).iter(f"{SVG}text") if each.text == said)
    assert float(behind.get("x", 0)) + 6.5 * len(said) <= 620


def test_the_colours_of_two_sides_are_named() -> None:
    chart = meters("Both", [Meter("a", 1.0, "100 %"), Meter("b", 0.5, "50 %", False)], sides=["one", "other"])
    assert {"one", "other"} <= {each.text for each in drawn(chart).iter(f"{SVG}text")}


def test_a_mark_at_the_goal_is_named_and_what_stands_below_a_label_has_room() -> None:
    chart = meters(
        "Goals", [Meter("one", 0.5, "50 %", more="of two kinds"), Meter("other", 1, "100 %")], goal="goal"
    )
    places = {each.text or "": float(each.get("y", 0)) for each in drawn(chart).iter(f"{SVG}text")}
    assert places["goal"] < places["one"] < places["of two kinds"] < places["other"] - 12


def test_an_axis_has_the_step_that_is_asked_for() -> None:
    chart = lines("Time", ["1", "2"], [Line("median", [30, 150])], step=60)
    words = [each.text for each in drawn(chart).iter(f"{SVG}text")]
    assert [word for word in words if word in ("0", "60", "120", "180", "240")] == ["0", "60", "120", "180"]
