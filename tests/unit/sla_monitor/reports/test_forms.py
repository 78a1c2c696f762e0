"""CSV, words and pages: complete, safe to open, and in the language of the reader."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from lead_events.words import ChargedTo, LostCode, Part, Quadrant, RecycleCode, RejectCode, TimerKind
from sla_monitor.ledger.book import Closing, Correction, ObjectionRow, Won
from sla_monitor.reports.figures.frame import Frame
from sla_monitor.reports.figures.funnel import FunnelStage
from sla_monitor.reports.figures.month import MonthReport, month_report
from sla_monitor.reports.figures.touches import Verdict, source_report
from sla_monitor.reports.page.both_sides import MARKS, called, counted, plain_step
from sla_monitor.reports.page.month import month_page
from sla_monitor.reports.page.source import source_page
from sla_monitor.reports.texts import CATALOGUE
from sla_monitor.reports.tidy import month_csv, safe, source_csv
from sla_monitor.reports.words import DASH, LANGUAGES, Words
from tests.unit.sla_monitor.reports.month import company, plausible_month
from tests.unit.sla_monitor.reports.small import at, book, lead, promise, quiet_company

MEASURES = ("delivered", "taken_off", "worked", "kept", "broken", "revenue")
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


def places(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w+\}", text))


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
def test_every_language_has_every_text_with_the_same_places(language: str) -> None:
    english, texts = CATALOGUE["en"], CATALOGUE[language]
    assert texts.keys() == english.keys()
    assert not [key for key in english if places(texts[key]) != places(english[key])]
    assert not [key for key in english if not texts[key].strip()]


_WORDS = """
the of and to in is are was were with by from that this which kept broken given back when
than month months day days leads share source sources customers revenue cost goal goals
promise promises first last response delivered accepted each every how whose late due
open week rep reps team
"""
ENGLISH = frozenset(_WORDS.split())
THEIR_OWN = {"es": {"leads"}, "pt": {"leads"}, "it": {"in", "due"}, "ro": {"cost"}}
"""Words of the language that look like English ones, and `leads`, which two of them say."""


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_no_english_word_is_left_in_another_language(language: str) -> None:
    own = THEIR_OWN[language]
    for key, text in CATALOGUE[language].items():
        words = set(re.findall(r"[a-zà-žășțâî']+", re.sub(r"\{\w+\}", "", text.lower())))
        assert not words & (ENGLISH - own), f"{key}: {text}"
    same = {
        key
        for key, text in CATALOGUE["en"].items()
        if CATALOGUE[language][key] == text and re.search(r"[a-z]{3}", re.sub(r"\{\w+\}", "", text))
    }
    assert same <= INTERNATIONAL, "said as in English"


INTERNATIONAL = {
    "side.marketing",
    "col.marketing",
    "charged.marketing",
    "origin.marketing",
    "origin.partner",
    "chart.leads",
    "col.leads",
    "chart.cost",
    "col.cost",
    "col.lead",
    "quadrant.perfect",
    "col.net",
}


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


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_has_a_figure_a_row_and_each_is_named_once() -> None:
    rows = rows_of(month_csv(report()))
    named = [(row["section"], row["item"], row["figure"]) for row in rows]
    assert len(named) == len(set(named))
    told = {name: row["value"] for name, row in zip(named, rows, strict=True)}
    goal = report().marketing.goals[0]
    assert told["marketing.goals", "perfect", "delivered"] == str(goal.delivered)
    assert told["head", "", "month"] == "2026-11"
    assert told["marketing.pace.days", "perfect/2026-11-03", "planned"] == "3.0"
    assert told["speed.follow_up.working", "all", "n"] == str(report().speed.follow_up[0].working.n)


def test_csv_of_nothing_is_empty_and_no_zero() -> None:
    told = {(row["section"], row["figure"]): row["value"] for row in rows_of(month_csv(month_report(book())))}
    assert told["speed", "win_rate"] == ""


@pytest.mark.parametrize(
    ("cell", "written", "why"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)", "a formula"),
        ("+34600", "'+34600", "a spreadsheet would add"),
        ("-1+1", "'-1+1", "or subtract"),
        ("@SUM(A1)", "'@SUM(A1)", "or call"),
        ("\t=1", "'\t=1", "also behind a tab"),
        (-3.5, -3.5, "a figure stays a figure"),
        ("plain", "plain", "a text stays a text"),
        (None, "", "nothing is nothing"),
        (True, "true", "yes"),
    ],
)
def test_no_spreadsheet_computes_what_people_wrote(cell: object, written: object, why: str) -> None:
    assert safe(cell) == written, why


def test_csv_of_a_source_has_a_touch_a_row() -> None:
    month = plausible_month()
    evil = replace(month.touches[0], source="comparison-portal", campaign="=1+1")
    found = source_report(Frame.of(replace(month, touches=(evil, *month.touches[1:]))), "comparison-portal")
    rows = rows_of(source_csv(found))
    assert len(rows) == len(found.touches)
    assert rows[0]["campaign"] == "'=1+1"


@pytest.mark.parametrize(
    ("language", "number", "share", "money", "day", "month"),
    [
        ("en", "12,345.6", "91.7%", "€1,234.50", "4 Dec 2026", "November 2026"),
        ("es", "12.345,6", "91,7 %", "1.234,50 €", "4 dic 2026", "noviembre 2026"),
        ("pt", "12 345,6", "91,7%", "1 234,50 €", "04/12/2026", "novembro 2026"),
        ("it", "12.345,6", "91,7%", "1.234,50 €", "4 dic 2026", "novembre 2026"),
        ("ro", "12.345,6", "91,7 %", "1.234,50 EUR", "4 dec. 2026", "noiembrie 2026"),
    ],
)
def test_figures_are_written_as_the_language_writes_them(
    language: str, number: str, share: str, money: str, day: str, month: str
) -> None:
    words = Words(language, "Europe/Madrid", "EUR")
    told = [
        words.number(12_345.6),
        words.share(0.9166),
        words.money(123_450),
        words.day(date(2026, 12, 4)),
        words.month("2026-11"),
    ]
    assert [re.sub(r"[\u00a0\u202f]", " ", each) for each in told] == [number, share, money, day, month]


def test_dashes_signs_money_without_cents_and_the_companys_clock() -> None:
    words = Words("en", "Europe/Madrid", "EUR")
    nothing = [
        words.number(None),
        words.share(None),
        words.money(None),
        words.length(None),
        words.month(None),
    ]
    assert nothing == [DASH] * 5
    assert (words.signed(3), words.signed(-3), words.signed(0)) == ("+3", "−3", "0")
    assert (words.money(200_000), words.money(500, "JPY")) == ("€2,000", "JP¥500")
    assert words.moment(datetime(2026, 11, 3, 9, 5, tzinfo=UTC)) == "3 Nov 2026, 10:05"
    lengths = [words.length(each) for each in (0, 59, 60, 3_600, 3_660, 172_800)]
    assert lengths == ["0 s", "59 s", "1 min", "1 h", "1 h 01 min", "2 days"]
    assert words.word("reason", "made_up") == "made up"


def test_corrections_of_promises_stand_beside_what_they_correct() -> None:
    later = Correction("2026-10", "broken", UUID(int=1), Decimal(-1), "first_response")
    html = month_page(month_report(book([], [promise("a", at(3))], corrections=(later,))), "en")
    assert '<td class="n">0 (−1)</td>' in html


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (0.9996, "99.9%"),
        (1.0, "100.0%"),
        (0.0002, "0.1%"),
        (0.0, "0.0%"),
        (0.6666, "66.7%"),
        (1.2346, "123.5%"),
    ],
)
def test_only_all_of_it_is_a_hundred_per_cent_and_only_nothing_none(part: float, said: str) -> None:
    assert Words("en", "Europe/Madrid", "EUR").share(part) == said


@pytest.mark.parametrize(
    ("language", "amount", "said"),
    [
        ("en", 1, "1 point"),
        ("es", 1, "1 punto"),
        ("ro", 12, "12 puncte"),
        ("ro", 420, "420 de puncte"),
        ("ro", 2.5, "2,5 puncte"),
        ("it", 420, "420 punti"),
        ("pt", 1, "1 ponto"),
    ],
)
def test_points_take_the_form_of_the_language(language: str, amount: float, said: str) -> None:
    assert counted(amount, "points", Words(language, "Europe/Madrid", "EUR")) == said


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


def test_csv_says_none_where_nothing_is_told_and_all_only_of_quadrants() -> None:
    unsaid = lead("a", at(3), lost_at=at(5))
    sold = lead("b", None, received_at=at(2), won=Won(at(9), 100))
    items = {row["item"] for row in rows_of(month_csv(month_report(book([unsaid, sold]))))}
    assert {"lost/none", "none", "all"} <= items
    assert "lost/all" not in items


@pytest.mark.parametrize("seed", range(3))
def test_each_row_of_csv_has_a_name_of_its_own_in_any_month(seed: int) -> None:
    rows = rows_of(month_csv(month_report(plausible_month(150, seed))))
    named = [(row["section"], row["item"], row["figure"]) for row in rows]
    assert len(named) == len(set(named))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("kind", list(TimerKind)),
        ("quadrant", list(Quadrant)),
        ("part", list(Part)),
        ("charged", list(ChargedTo)),
        ("reason", [*RejectCode, *RecycleCode, *LostCode]),
        ("measure", ["due", *MEASURES]),
        ("stage", list(FunnelStage)),
        ("touch", list(Verdict)),
        ("state", ["running", "open", "closed"]),
    ],
)
def test_every_word_of_a_closed_list_is_said_in_every_language(kind: str, words: list[str]) -> None:
    for language in LANGUAGES:
        assert not [word for word in words if f"{kind}.{word}" not in CATALOGUE[language]], language


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


def test_what_is_rounded_to_nothing_has_no_sign() -> None:
    words = Words("en", "Europe/Madrid", "EUR")
    assert [words.number(-0.001), words.signed(0.001), words.signed(-0.001)] == ["0", "0", "0"]
    assert [
        counted(each, unit, words, signed=True) for each in (1e-9, -1e-9) for unit in ("number", "points")
    ] == [
        "0",
        "0 points",
        "0",
        "0 points",
    ]
    assert [counted(each, "money", words, signed=True) for each in (1e-9, -1e-9)] == ["€0", "€0"]
    assert words.share(-1e-9) == "0.0%"


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


@pytest.mark.parametrize(
    ("language", "days", "said"),
    [
        ("en", 14, "14 days"),
        ("es", 14, "14 días"),
        ("pt", 2.5, "2,5 dias"),
        ("it", 14, "14 giorni"),
        ("ro", 14, "14 zile"),
        ("ro", 30, "30 de zile"),
    ],
)
def test_days_are_said_in_the_language(language: str, days: float, said: str) -> None:
    assert Words(language, "Europe/Madrid", "EUR").length(days * 86_400) == said
