"""Pages: complete, safe to open, and in the language of the reader."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from sla_monitor.ledger.book import Closing, Correction, ObjectionRow, Won
from sla_monitor.reports.figures.frame import Frame
from sla_monitor.reports.figures.month import MonthReport, month_report
from sla_monitor.reports.figures.touches import source_report
from sla_monitor.reports.page.both_sides import MARKS, called, plain_step
from sla_monitor.reports.page.month import month_page
from sla_monitor.reports.page.source import source_page
from sla_monitor.reports.texts import CATALOGUE
from sla_monitor.reports.words import DASH, LANGUAGES, Words
from tests.unit.sla_monitor.reports.drawn import company
from tests.unit.sla_monitor.reports.month import plausible_month
from tests.unit.sla_monitor.reports.small import at, book, lead, promise, quiet_company

HOSTILE = '<script>alert("1")</script>'
SVG = "http://www.w3.org/2000/svg"
VOID = {"meta", "rect", "line", "polyline", "circle"}
EVERY = pytest.mark.parametrize("language", LANGUAGES)


@cache
def report() -> MonthReport:
    return month_report(plausible_month())


@cache
def page(language: str) -> str:
    return month_page(report(), language)


class Outline(HTMLParser):
    """Whether tags are closed in their order; headings, and what is read between tags."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.told: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.told.append(data)

    def count(self, tag: str) -> int:
        return sum(each == tag for each, _ in self.tags)


def outline(html: str) -> Outline:
    found = Outline()
    found.feed(html)
    found.close()
    return found


@EVERY
def test_the_page_says_everything_in_its_language(language: str) -> None:
    found = outline(page(language))
    told = " ".join(found.told)
    assert f'<html lang="{language}">' in page(language)
    assert "{" not in told
    other = "en" if language != "en" else "es"
    foreign = [
        text
        for key, text in CATALOGUE[other].items()
        if key.startswith(("section.", "note.", "caption.")) and "{" not in text
    ]
    assert not [text for text in foreign if text in told and text not in CATALOGUE[language].values()]


@EVERY
def test_the_page_stands_alone_and_can_be_read_aloud(language: str) -> None:
    html = page(language)
    found = outline(html)
    assert not found.open, "every tag is closed"
    assert not {tag for tag, _ in found.tags} & {"script", "link", "img", "iframe", "object", "form"}
    assert not re.findall(r"(?:href|src)=|url\(|@import", html)
    assert not [name for _, attrs in found.tags for name in attrs if name.startswith("on")]
    headings = [int(tag[1]) for tag, _ in found.tags if re.fullmatch(r"h[1-6]", tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))
    assert found.count("table") == found.count("caption") == found.count("thead")
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in found.tags if tag == "th")
    identities = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(identities) == len(set(identities))


def drawings(html: str) -> Iterator[ET.Element]:
    for drawn in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        yield ET.fromstring(drawn)  # noqa: S314 - drawn by us


def test_every_drawing_has_a_title_and_a_sentence() -> None:
    found = list(drawings(page("en")))
    assert len(found) >= 8
    for drawing in found:
        names = {each.tag.rpartition("}")[2]: each.text for each in drawing}
        assert names["title"]
        assert names["desc"]


@EVERY
def test_a_month_in_which_nothing_happened_has_a_page_with_dashes_and_no_zero_per_cent(language: str) -> None:
    html = month_page(month_report(book()), language)
    assert not outline(html).open
    empty = month_report(book()).funnel.acceptance[0]
    assert empty.share is None
    assert DASH in html


def test_what_people_wrote_is_text() -> None:
    rows = [promise("a", at(3), "breached")]
    said = ObjectionRow(rows[0].id, "breach", rows[0].id, rows[0].lead_id, HOSTILE, HOSTILE, at(4), HOSTILE)
    hostile = company().model_copy(update={"company": HOSTILE})
    made = book(
        [lead("a", at(3))],
        rows,
        rulebook=hostile,
        objections=(said,),
        closing=Closing(marketing=(HOSTILE, at(3, month=12))),
        names={"javier-otxoa": HOSTILE},
    )
    html = month_page(month_report(made), "en")
    assert "<script" not in html
    assert not outline(html).open


def test_source_pages_tell_each_touch_in_every_language() -> None:
    found = source_report(Frame.of(plausible_month()), "comparison-portal")
    for language in LANGUAGES:
        html = source_page(found, language)
        assert not outline(html).open
        assert html.count("<tr>") >= len(found.touches)


def test_corrections_of_promises_stand_beside_what_they_correct() -> None:
    later = Correction("2026-10", "broken", UUID(int=1), Decimal(-1), "first_response")
    html = month_page(month_report(book([], [promise("a", at(3))], corrections=(later,))), "en")
    assert '<td class="n">0 (−1)</td>' in html


def test_a_cost_that_is_not_told_is_not_drawn_as_nothing() -> None:
    (drawing,) = (each for each in drawings(page("en")) if "Google Ads lead form" in texts_of(each))
    sources = report().sources.last
    drawn = [said for said in texts_of(drawing) if said == "€0"]
    assert len(drawn) == sum(each.revenue_minor == 0 for each in sources) + sum(
        each.cost_minor == 0 for each in sources
    )


def texts_of(drawing: ET.Element) -> list[str]:
    return [each.text or "" for each in drawing.iter() if each.tag.endswith("}text")]


def test_names_as_long_and_as_odd_as_people_write_them_stay_in_their_cells() -> None:
    odd = "\u202e" + "עברית" + "W" * 300 + "\"'<b>&"
    rows = [promise("a", at(3), "breached")]
    html = month_page(month_report(book([lead("a", at(3))], rows, names={"javier-otxoa": odd})), "en")
    assert not outline(html).open
    assert "<b>&" not in html
    assert "overflow-wrap: anywhere" in html
    assert "unicode-bidi: isolate" in html


def test_corrections_are_told_in_the_readers_words_and_in_their_unit() -> None:
    later = [
        ("broken", "first_response", "primera respuesta", "−3"),
        ("delivered", "quality", "quality", "−3 puntos"),
        ("due", None, "por trabajar", "−3"),
        ("revenue", None, "ingresos", "−0,03 €"),
    ]
    corrections = tuple(
        Correction("2026-10", measure, UUID(int=1), Decimal(-3), goal) for measure, goal, *_ in later
    )
    html = month_page(month_report(book([], corrections=corrections)), "es").replace("\u00a0", " ")
    for _, goal, said, amount in later:
        assert f">{said}<" in html
        assert f">{amount}<" in html
        assert goal is None or f">{goal.replace('_', ' ')}<" not in html or goal == "quality"
    assert "por trabajar" in html
    assert "correcciones de lo debido" in html


def test_without_an_agreement_no_goal_is_counted_and_no_empty_drawing_shown() -> None:
    retired = quiet_company().agreement.model_copy(update={"state": "retired"})
    html = month_page(
        month_report(book(rulebook=quiet_company().model_copy(update={"agreement": retired}))), "en"
    )
    assert "0 of 0" not in html
    titles = [each.findtext("{http://www.w3.org/2000/svg}title") for each in drawings(html)]
    assert CATALOGUE["en"]["section.overview"] not in titles
    assert CATALOGUE["en"]["caption.days"] not in titles


def test_of_sixty_sources_the_largest_are_drawn_and_all_are_listed() -> None:
    leads = [lead(f"l{n}", at(3), last_source=f"s{n:02}", won=Won(at(9), 100 * n)) for n in range(60)]
    html = month_page(month_report(book(leads)), "en")
    (drawing,) = (each for each in drawings(html) if "s59" in texts_of(each))
    drawn = [said for said in texts_of(drawing) if re.fullmatch(r"s\d\d", said)]
    assert len(drawn) <= 15
    assert "s01" not in drawn
    assert all(f">s{n:02}<" in html for n in range(60))


@EVERY
def test_the_mark_at_the_goal_is_named_in_the_legend(language: str) -> None:
    overview = next(drawings(page(language)))
    assert CATALOGUE[language]["chart.goal"] in texts_of(overview)


def test_goals_are_told_by_what_counts_towards_them_and_lines_by_their_names() -> None:
    words = Words("en", "Europe/Madrid", "EUR")
    goals = {each.id: each for each in report().marketing.goals}
    assert called(goals["perfect"], words) == "perfect"
    assert called(goals["academy"], words) == "academy (line Aurora Academy)"
    html = page("en")
    assert "line training" not in html
    assert f"{called(goals['academy'], words)}, by the end of each day" in html


def test_a_report_kept_without_names_of_lines_shows_their_ids() -> None:
    (kept,) = (each for each in report().marketing.goals if each.id == "academy")
    plain = kept.model_dump(exclude={"line_names", "source_names"})
    words = Words("en", "Europe/Madrid", "EUR")
    assert "line training" in called(type(kept).model_validate(plain), words)


@pytest.mark.parametrize(
    ("longest", "step", "why"),
    [
        (0, 1, "nothing measured has an axis too"),
        (3, 1, "seconds where it takes seconds"),
        (170, 60, "minutes"),
        (40 * 60, 600, "tens of minutes"),
        (5 * 3_600, 3_600, "hours"),
        (3 * 86_400, 86_400, "days"),
        (40 * 86_400, 8 * 86_400, "as many whole days as are needed"),
    ],
)
def test_an_axis_of_time_has_plain_steps(longest: float, step: float, why: str) -> None:
    assert plain_step(longest) == step, why
    assert longest <= MARKS * plain_step(longest)


def test_the_first_response_is_drawn_in_lengths_that_people_say() -> None:
    title = CATALOGUE["en"]["caption.days"]
    (drawing,) = (each for each in drawings(page("en")) if each.findtext(f"{{{SVG}}}title") == title)
    marks = [said for said in texts_of(drawing) if re.fullmatch(r"[\d.]+ (s|min|h|days)|\d+ h \d+ min", said)]
    assert marks
    assert not [mark for mark in marks if "." in mark]


def _objected() -> MonthReport:
    row = promise("a", at(3), "breached", round=2)
    said = ObjectionRow(
        row.id, "breach", row.id, row.lead_id, "sales", "Marta", at(4), "line down", kind=row.kind
    )
    whole = replace(said, round=row.round, rep_id=row.rep_id, due_at=row.due_at)
    return month_report(book([], [row], objections=(whole,), names={"javier-otxoa": "Javier Otxoa"}))


def test_an_objection_names_the_promise_its_rep_and_when_it_was_due() -> None:
    html = month_page(_objected(), "es")
    (row,) = (each for each in re.findall(r"<tr>.*?</tr>", html) if "line down" in each)
    assert "primera respuesta, turno 2" in row
    assert "Javier Otxoa" in row
    assert "3 nov 2026, 10:00" in row


def test_a_report_that_was_kept_without_the_promises_of_objections_reads_as_it_was() -> None:
    document = _objected().model_dump(mode="json")
    for each in document["disputes"]["objections"]:
        for name in ("kind", "round", "rep", "rep_name", "due_at"):
            del each[name]
    html = month_page(MonthReport.model_validate(document), "en")
    (row,) = (each for each in re.findall(r"<tr>.*?</tr>", html) if "line down" in each)
    assert row.count(f">{DASH}<") >= 3
