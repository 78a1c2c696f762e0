"""Words and figures: in every language, as the language writes them."""

import re
from datetime import UTC, date, datetime

import pytest

from lead_events.words import ChargedTo, LostCode, Part, Quadrant, RecycleCode, RejectCode, TimerKind
from sla_monitor.reports.figures.funnel import FunnelStage
from sla_monitor.reports.figures.touches import Verdict
from sla_monitor.reports.page.both_sides import counted
from sla_monitor.reports.texts import CATALOGUE
from sla_monitor.reports.words import DASH, LANGUAGES, Words

MEASURES = ("delivered", "taken_off", "worked", "kept", "broken", "broken_by_others", "revenue")
EVERY = pytest.mark.parametrize("language", LANGUAGES)
_WORDS = """
the of and to in is are was were with by from that this which kept broken given back when
than month months day days leads share source sources customers revenue cost goal goals
promise promises first last response delivered accepted each every how whose late due
open week rep reps team
"""
ENGLISH = frozenset(_WORDS.split())
THEIR_OWN = {"es": {"leads"}, "pt": {"leads"}, "it": {"in", "due"}, "ro": {"cost"}}
"""Words of the language that look like English ones, and `leads`, which two of them say."""
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


def places(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w+\}", text))


@EVERY
def test_every_language_has_every_text_with_the_same_places(language: str) -> None:
    english, texts = CATALOGUE["en"], CATALOGUE[language]
    assert texts.keys() == english.keys()
    assert not [key for key in english if places(texts[key]) != places(english[key])]
    assert not [key for key in english if not texts[key].strip()]


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
