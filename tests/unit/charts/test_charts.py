"""Charts stand alone: well-formed, nothing from outside, and what people wrote stays text."""

from xml.etree import ElementTree as ET

from charts.bars import Series, columns, rows_of_bars

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
