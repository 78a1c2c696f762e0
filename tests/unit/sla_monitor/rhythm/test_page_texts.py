"""What pages say, in each language and each form."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from string import Formatter
from uuid import UUID

import pytest

from lead_events.words import TimerKind
from sla_monitor.reports.figures.sources import ForeignMoney
from sla_monitor.reports.words import plural
from sla_monitor.rhythm.letters import Item, Letter, Section
from sla_monitor.rhythm.monthly import (
    Change,
    GoalAttained,
    Measure,
    MonthlyFigures,
    PromiseAttained,
    SourceReturn,
    WorksAttained,
)
from sla_monitor.rhythm.monthly_letter import monthly_letter
from sla_monitor.rhythm.rendering import SECTION_CHARACTERS, as_blocks, as_html, as_text
from sla_monitor.rhythm.texts import CATALOGUE
from sla_monitor.rhythm.weekly import (
    Flow,
    GoalPace,
    OpenBreach,
    Planned,
    Speed,
    Waiting,
    WeeklyFigures,
    Win,
)
from sla_monitor.rhythm.weekly_letter import SHOWN, weekly_letter

LANGUAGES = sorted(CATALOGUE)
AT = datetime(2026, 11, 26, 9, 5, tzinfo=UTC)
LEAD = UUID("316a2a12-7243-447c-ab64-c5c48aa1a59c")
HOSTILE = "<!channel> <b>Ann & co</b> <https://evil.example|here>"


def planned(name: str, *, begins: bool = True) -> Planned:
    return Planned(
        name=name,
        first_day=date(2026, 11, 30),
        last_day=date(2026, 12, 6),
        begins=begins,
        text="Two for one.",
        url="https://aurora.example/?a=1&b=2",
        source="Ads",
    )


WEEKLY = WeeklyFigures(
    week="2026-W48",
    first_day=date(2026, 11, 23),
    last_day=date(2026, 11, 29),
    zone="Europe/Madrid",
    currency="EUR",
    wins=[
        Win(lead_id=LEAD, source="Ads", minor=123_450, currency="EUR", rep="Marta"),
        Win(lead_id=LEAD, source="own", minor=None, currency="EUR", rep=None),
    ],
    won_minor=123_450,
    flow=Flow(received=113, mql=113, sql=36, accepted=38, given_back=7),
    flow_before=Flow(received=122, mql=122, sql=46, accepted=51, given_back=7),
    pace_month="2026-11",
    pace=[
        GoalPace(id="perfect", counted_in="number", goal=60, due=57.14, delivered=55, ahead=-2.14),
        GoalPace(id="quality", counted_in="points", goal=420, due=399, delivered=399, ahead=0),
        GoalPace(id="worth", counted_in="money", goal=100_000, due=90_000, delivered=95_050, ahead=5_050),
    ],
    speed=Speed(answered=36, median_seconds=3060, in_time=0.806),
    speed_before=Speed(answered=0, median_seconds=None, in_time=None),
    open_breaches=40,
    breaches=[
        OpenBreach(lead_id=LEAD, kind=kind, rep="Marta", due_at=AT) for kind in (*TimerKind, *TimerKind)
    ],
    objections=[
        Waiting(about="breach", lead_id=LEAD, side="sales", at=AT, kind=TimerKind.FIRST_RESPONSE),
        Waiting(about="rejection", lead_id=LEAD, side="marketing", at=AT),
    ],
    campaigns=[planned("Search"), planned("Fair", begins=False)],
    news=[planned("Backups")],
)
QUIET = WEEKLY.model_copy(
    update={
        "wins": [],
        "won_minor": 0,
        "pace": [],
        "open_breaches": 0,
        "breaches": [],
        "objections": [],
        "campaigns": [],
        "news": [],
    }
)
MONTHLY = MonthlyFigures(
    month="2026-11",
    first_day=date(2026, 11, 1),
    last_day=date(2026, 11, 30),
    zone="Europe/Madrid",
    company="Aurora",
    currency="EUR",
    is_closed=False,
    revenue_minor=2_074_000,
    revenue_goal_minor=4_000_000,
    corrections_minor=-74_000,
    foreign=[ForeignMoney(currency="CHF", minor=900_000, customers=1)],
    goals=[GoalAttained(id="perfect", counted_in="number", goal=60, net=55.5, share=0.925)],
    works=WorksAttained(agreed="share", goal=0.9, result=0.902, attained=1.002),
    promises=[PromiseAttained(kind=kind, kept=9, broken=1, share=0.9) for kind in TimerKind],
    marketing_leads_share=0.805,
    marketing_revenue_share=None,
    best=[SourceReturn(name="Ads", cost_minor=180_000, revenue_minor=358_000, customers=2, gain=0.989)],
    worst=[SourceReturn(name="Portal", cost_minor=310_500, revenue_minor=0, customers=0, gain=-1.0)],
    changes=[Change(measure=each, now=0.5, before=0.25) for each in Measure]
    + [Change(measure=Measure.WIN_RATE, now=None, before=0.5)],
)
EMPTY = MONTHLY.model_copy(
    update={
        "is_closed": True,
        "revenue_goal_minor": None,
        "foreign": [],
        "goals": [],
        "works": WorksAttained(agreed="nothing", goal=None, result=None, attained=None),
        "promises": [],
        "best": [],
        "worst": [],
    }
)


def letters(language: str) -> list[Letter]:
    return [
        weekly_letter(WEEKLY, "Aurora", language),
        weekly_letter(QUIET, "Aurora", language),
        monthly_letter(MONTHLY, language, "2026-11.html"),
        monthly_letter(EMPTY, language),
    ]


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_places(language: str) -> None:
    texts, english = CATALOGUE[language], CATALOGUE["en"]
    assert texts.keys() == english.keys()
    assert not [key for key in english if places(texts[key]) != places(english[key])]
    assert not [key for key, text in texts.items() if not text.strip()]


def test_every_word_of_a_closed_list_has_a_text() -> None:
    for prefix, words in (
        ("change", list(Measure)),
        ("flow", list(Flow.model_fields)),
    ):
        assert not [word for word in words if f"{prefix}.{word}" not in CATALOGUE["en"]]


def test_every_text_is_said_somewhere() -> None:
    """Each key is asked for by the letters, in one of their forms: what nobody says is no text."""
    best_alone = monthly_letter(MONTHLY.model_copy(update={"worst": []}), "en")
    lost = monthly_letter(MONTHLY.model_copy(update={"best": []}), "en")
    said = "\n".join(each.subject + as_text(each) for each in (*letters("en"), best_alone, lost))
    asked = {key for key, text in CATALOGUE["en"].items() if re.search(_pattern(text), said, re.IGNORECASE)}
    forms = {f"{word}.{form}" for word in ("wins", "sqls") for form in ("one", "few", "other")}
    assert CATALOGUE["en"].keys() - asked <= forms


def _pattern(text: str) -> str:
    return re.sub(r"\\\{\w+\\\}", ".+?", re.escape(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_said_in_every_language_and_form(language: str) -> None:
    for letter in letters(language):
        text = as_text(letter)
        assert "{" not in text + letter.subject
        assert f'lang="{language}"' in as_html(letter)
        assert as_blocks(letter)


def test_the_week_in_plain_text() -> None:
    text = as_text(weekly_letter(WEEKLY, "Aurora", "en"))
    assert weekly_letter(WEEKLY, "Aurora", "en").subject == "Week 48: 2 wins, 36 SQLs"
    for line in (
        "Ads               €1,234.50        Marta",
        "found by the rep  amount not told  –",
        "SQLs                      36           46     −10",
        "perfect (60)                  55        57.1       2.1 behind",
        "quality (420 points)  399 points  399 points          on pace",
        "worth (€1,000)           €950.50        €900     €50.50 ahead",
        "Within the promise                   80.6%            –",
        "BROKEN AND STILL UNANSWERED NOW: 40",
        f"{str(LEAD)[:8]}  accept          Marta  26 Nov, 10:05",
        "a breach: first response",
        "To decide: baton agreement objections --open, then uphold ID or excuse ID.",
        "- Search (begins 30 November, until 6 December)",
        "- Fair (until 6 December)",
    ):
        assert line in text, text


def test_of_many_rows_the_page_shows_some_and_says_how_many_more() -> None:
    many = WEEKLY.model_copy(update={"wins": WEEKLY.wins * 20})
    text = as_text(weekly_letter(many, "Aurora", "en"))
    assert text.count("Marta\n") - text.count(str(LEAD)[:8]) <= SHOWN
    assert "And 25 more. Together" in text
    assert "And 30 more. Whose minutes" in text, "of 40, ten are named here"


@pytest.mark.parametrize(
    ("language", "number", "form"),
    [
        ("en", 1, "one"),
        ("en", 0, "other"),
        ("ro", 0, "few"),
        ("ro", 19, "few"),
        ("ro", 20, "other"),
        ("ro", 101, "few"),
        ("ro", 1.5, "few"),
        ("ro", -20, "other"),
        ("es", -1, "one"),
        ("es", 1.5, "other"),
    ],
)
def test_numbers_take_the_form_of_the_language(language: str, number: float, form: str) -> None:
    assert plural(language, number) == form


def test_what_somebody_named_is_no_markup_in_any_form() -> None:
    letter = Letter(
        "en", HOSTILE, HOSTILE, [Section(HOSTILE, ("",), ((HOSTILE,),), items=[Item(HOSTILE, HOSTILE)])]
    )
    html = as_html(letter)
    assert "<b>" not in html
    assert "<a " not in html
    said = [block["text"]["text"] for block in as_blocks(letter)[1:]]
    assert not [text for text in said if "<" in text]


def test_html_needs_no_image_no_script_no_style_sheet_and_no_ground() -> None:
    for letter in letters("es"):
        html = as_html(letter)
        for none in ("<img", "<script", "<style", "<link", "background", "bgcolor", "url(", "class="):
            assert none not in html
        assert not re.findall(r"[^-]color:", html), "text and ground are the reader's, light or dark"
        assert 'content="light dark"' in html
        assert len(html) < 100_000, "Gmail cuts off what is longer than 102 KB"


def test_slack_takes_every_page() -> None:
    many = WEEKLY.model_copy(
        update={"news": [planned("n" * 150)] * 30, "objections": WEEKLY.objections * 200}
    )
    for letter in (*letters("ro"), weekly_letter(many, "Aurora", "ro")):
        blocks = as_blocks(letter)
        assert len(blocks) <= 50
        assert len(blocks[0]["text"]["text"]) <= 150
        for block in blocks[1:]:
            words = block["text"] if block["type"] == "section" else block["elements"][0]
            assert 0 < len(words["text"]) <= SECTION_CHARACTERS + 2


def test_a_link_of_a_campaign_is_a_link() -> None:
    letter = weekly_letter(WEEKLY, "Aurora", "en")
    assert 'href="https://aurora.example/?a=1&amp;b=2"' in as_html(letter)
    assert any("<https://aurora.example/?a=1&amp;b=2>" in str(each) for each in as_blocks(letter))
    assert "  https://aurora.example/?a=1&b=2" in as_text(letter)


def test_management_reads_where_the_whole_report_is() -> None:
    with_it, without = monthly_letter(MONTHLY, "en", "2026-11.html"), monthly_letter(MONTHLY, "en")
    assert with_it.closing == "The whole report is attached as 2026-11.html."
    assert replace(without, closing="") == replace(with_it, closing="")
    assert without.closing == "The whole report: baton report --month 2026-11."


def test_the_month_in_plain_text() -> None:
    text = as_text(monthly_letter(MONTHLY, "en"))
    for line in (
        "(−€740): €20,000. Not added, since no rate is agreed: CHF",
        "perfect    60    55.5     92.5%",
        "Leads worked: 90.2% of 90.0% agreed.",
        "Of all leads    80.5%",
        "Portal  €3,105       €0  −100.0%",
    ):
        assert line in text.replace("\xa0", " "), text


def test_corrections_of_closed_months_are_told_beside_the_revenue() -> None:
    text = as_text(monthly_letter(MONTHLY, "en"))
    assert "Won €20,740 of €40,000 agreed: 51.8%. With corrections of closed months (−€740): €20,000." in text


def test_a_table_names_no_empty_heading_and_leads_by_the_beginning_of_their_id() -> None:
    html = as_html(weekly_letter(WEEKLY, "Aurora", "en"))
    assert not re.findall(r"<th[^>]*></th>", html)
    assert str(LEAD)[:8] in html
    assert str(LEAD) not in html, "a whole id takes a third of a phone"


def test_where_no_source_gained_it_is_said_and_the_worst_are_still_named() -> None:
    told = as_text(monthly_letter(MONTHLY.model_copy(update={"best": []}), "ro"))
    assert CATALOGUE["ro"]["sources.no_gain"] in told
    assert CATALOGUE["ro"]["sources.none"] not in told
    assert "Portal" in told
