"""`baton check` on agreements: a sentence a slip, with its line and what to write instead."""

import shutil
from pathlib import Path

import pytest

from rulebook.check import check_folder
from rulebook.findings import Finding, Severity

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"
ERROR, WARNING = Severity.ERROR, Severity.WARNING
NEXT = """name: Next year
state: active
first_day: 2027-01-01
signatures:
  marketing: {name: Irene Soler, on: 2026-12-17}
  sales: {name: Marta Ibáñez, on: 2026-12-18}
sales:
  promises:
    perfect: {accept_within: 10m, first_response_within: 30m}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "company"
    shutil.copytree(EXAMPLE, target)
    return target


def edit(folder: Path, file: str, old: str, new: str) -> int:
    """Replace a text, once; the line it stands in."""
    path = folder / file
    text = path.read_text("utf-8")
    assert text.count(old) >= 1, old
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def beside(folder: Path, text: str, name: str = "next") -> None:
    """Another agreement, beside the example's, which ends with 2026."""
    (folder / "agreements").mkdir(exist_ok=True)
    (folder / "agreements" / f"{name}.yaml").write_text(text, "utf-8")


def until(folder: Path, day: str) -> None:
    edit(folder, "agreement.yaml", "first_day: 2026-01-01", f"first_day: 2026-01-01\nlast_day: {day}")


def said(folder: Path, path: str) -> Finding:
    (found,) = (finding for finding in check_folder(folder) if finding.path == path)
    return found


# what is wrong, text of agreement.yaml, its replacement, path below `agreement`, severity, message, hint,
# lines between the place of the text and that of the finding
SLIPS: list[tuple[str, str, str, str, Severity, str, str, int]] = [
    (
        "it ends before it begins",
        "first_day: 2026-01-01",
        "first_day: 2026-01-01\nlast_day: 2025-12-31",
        "last_day",
        ERROR,
        "2025-12-31 is before first_day 2026-01-01",
        "2026-01-01 or later",
        1,
    ),
    (
        "it begins before any calendar",
        "first_day: 2026-01-01",
        "first_day: 1926-01-01",
        "first_day",
        ERROR,
        "further than calendars reach",
        "2000-01-01",
        0,
    ),
    (
        "one side has not signed",
        "  sales: {name: Marta Ibáñez, on: 2025-12-18}\n",
        "",
        "signatures",
        ERROR,
        "sales has not signed",
        "sales: {name: ..., on:",
        -2,
    ),
    (
        "nobody has signed",
        "signatures:\n  marketing: {name: Irene Soler, on: 2025-12-17}\n"
        "  sales: {name: Marta Ibáñez, on: 2025-12-18}\n",
        "",
        "signatures",
        ERROR,
        "marketing and sales have not signed",
        "signatures: {marketing: {name: ..., on: 2026-01-01}, sales: {name: ...",
        -3,
    ),
    (
        "a side signed after it began",
        "on: 2025-12-18",
        "on: 2026-02-01",
        "signatures.sales.on",
        WARNING,
        "sales signed on 2026-02-01, after the agreement began",
        "begin on it",
        0,
    ),
    (
        "a calendar that there is not",
        "calendar: madrid",
        "calendar: madird",
        "calendar",
        ERROR,
        "no calendar `madird`",
        "`madrid`",
        0,
    ),
    (
        "a trial's teams on what is active",
        "calendar: madrid",
        "trial_teams: [italy]\ncalendar: madrid",
        "trial_teams",
        ERROR,
        "only a trial is limited to teams, and this is an active agreement",
        "state: trial",
        0,
    ),
    (
        "a trial of a team that there is not",
        "state: active",
        "state: trial\ntrial_teams: [itali]",
        "trial_teams[0]",
        ERROR,
        "no team `itali`",
        "`italy`",
        1,
    ),
    (
        "a rate of the company's own currency",
        "{USD: 0.92,",
        "{EUR: 1, USD: 0.92,",
        "rates.EUR",
        ERROR,
        "the company's own currency",
        "delete it",
        0,
    ),
    (
        "a rate of no currency",
        "{USD: 0.92,",
        "{ROL: 1, USD: 0.92,",
        "rates.ROL",
        ERROR,
        "ROL is no currency in use",
        "EUR or USD",
        0,
    ),
    (
        "a goal of a line that there is not",
        "lines: [training]",
        "lines: [trainings]",
        "marketing.goals.academy.lines[0]",
        ERROR,
        "no line `trainings`",
        "`training`",
        0,
    ),
    (
        "a goal of a segment that there is not",
        "lines: [training]",
        "segments: [larger]",
        "marketing.goals.academy.segments[0]",
        ERROR,
        "no segment `larger`",
        "`large`",
        0,
    ),
    (
        "a goal of a source that there is not",
        "lines: [training]",
        "sources: [websit]",
        "marketing.goals.academy.sources[0]",
        ERROR,
        "no source `websit`",
        "`website`",
        0,
    ),
    (
        "a goal of leads that are no SQLs",
        "leads: {perfect: 60, warm: 120}",
        "leads: {perfect: 60, cold: 120}",
        "marketing.leads.cold",
        ERROR,
        "cold leads are no SQLs, so none is ever delivered",
        "write one that is (perfect, warm)",
        0,
    ),
    (
        "a goal of a line's leads that are no SQLs there",
        "lines: [training]",
        "lines: [training], quadrants: [curious]",
        "marketing.goals.academy.quadrants[0]",
        ERROR,
        "curious leads are no SQLs of line training",
        "sql_quadrants",
        0,
    ),
    (
        "a goal in points that nothing gives",
        "points: {perfect: 3, warm: 2}",
        "points: {perfect: 3}",
        "marketing.goals.quality.counted_in",
        ERROR,
        "nothing says what a warm lead counts",
        "`points: {perfect: 3, warm: ...}` under marketing",
        -2,
    ),
    (
        "a goal in points that are all nothing",
        "points: {perfect: 3, warm: 2}",
        "points: {perfect: 0, warm: 0}",
        "marketing.goals.quality.counted_in",
        ERROR,
        "`points` is 0 for perfect, warm",
        "above 0",
        -2,
    ),
    (
        "a goal in money of leads without a value",
        "lines: [training]}\n  points: {perfect: 3, warm: 2}\n  value_minor: {perfect: 9000, warm: 3000}",
        "counted_in: money}\n  points: {perfect: 3, warm: 2}",
        "marketing.goals.academy.counted_in",
        ERROR,
        "nothing says what a perfect or warm lead counts",
        "`value_minor: {perfect: ..., warm: ...}`",
        0,
    ),
    (
        "sales works for money that no lead is worth",
        "warm: 3000}\n\n# Lengths are working time of the rep who has the lead.\n"
        "sales:\n  works: {share: 0.9}",
        "curious: 1}\n\nsales:\n  works: {money_minor: 500000}",
        "sales.works.money_minor",
        ERROR,
        "nothing says what a warm lead counts",
        "`value_minor: {perfect: 9000, warm: ...}`",
        3,
    ),
    (
        "a goal that hides one of `leads`",
        "    academy: {",
        "    warm: {",
        "marketing.goals.warm",
        ERROR,
        "hides the goal that `leads` sets for warm",
        "another name",
        0,
    ),
    (
        "an acceptance after the answer",
        "accept_within: 10m",
        "accept_within: 40m",
        "sales.promises.perfect.accept_within",
        ERROR,
        "40m is longer than first_response_within 30m",
        "30m or less",
        0,
    ),
    (
        "an outcome before the answer",
        "outcome_within: 160h",
        "outcome_within: 20m",
        "sales.promises.perfect.outcome_within",
        ERROR,
        "20m is shorter than first_response_within 30m",
        "30m or more",
        0,
    ),
    (
        "an outcome before the tries are over",
        "outcome_within: 160h",
        "outcome_within: 40h",
        "sales.promises.perfect.outcome_within",
        WARNING,
        "40h are over before the tries, within 60h",
        "60h or more",
        0,
    ),
    (
        "tries that do not fit",
        "within: 60h, apart: 10h",
        "within: 40h, apart: 10h",
        "sales.promises.perfect.attempts.apart",
        ERROR,
        "6 tries 10h apart take 50h, longer than within 40h",
        "apart: 8h or less, or within: 50h or more",
        0,
    ),
    (
        "an acceptance in no time",
        "accept_within: 10m",
        "accept_within: 0s",
        "sales.promises.perfect.accept_within",
        ERROR,
        "is no time at all",
        "15m",
        0,
    ),
    (
        "a next response in no time",
        "next_response_within: 2h",
        "next_response_within: 0s",
        "sales.promises.perfect.next_response_within",
        ERROR,
        "is no time at all",
        "15m",
        0,
    ),
    (
        "tries in no time",
        "within: 60h, apart: 10h",
        "within: 0h",
        "sales.promises.perfect.attempts.within",
        ERROR,
        "is no time at all",
        "15m",
        0,
    ),
    (
        "tries at once",
        "apart: 10h",
        "apart: 0h",
        "sales.promises.perfect.attempts.apart",
        ERROR,
        "is no time at all",
        "15m",
        0,
    ),
    (
        "an answer later than the month",
        "first_response_within: 4h",
        "first_response_within: 200h",
        "sales.promises.warm.first_response_within",
        ERROR,
        "200h is longer than a month: ",
        "or less; lengths are working time",
        0,
    ),
    (
        "a next answer later than the month",
        "next_response_within: 4h",
        "next_response_within: 500h",
        "sales.promises.warm.next_response_within",
        ERROR,
        "500h is longer than a month: ",
        "or less",
        0,
    ),
    (
        "an outcome that no calendar reaches",
        "outcome_within: 200h",
        "outcome_within: 876000h",
        "sales.promises.warm.outcome_within",
        ERROR,
        "876000h of working time never pass for any rep who gets such leads",
        "shorter",
        0,
    ),
    (
        "a promise in days",
        "outcome_within: 160h",
        "outcome_within: 10d",
        "sales.promises.perfect.outcome_within",
        WARNING,
        "`10d` is 240h of working time, about 31.7 working days of `madrid`",
        "write 240h, or 75h45m if 10 working days were meant",
        0,
    ),
    (
        "a length without a unit",
        "accept_within: 10m",
        "accept_within: 10",
        "sales.promises.perfect.accept_within",
        WARNING,
        "10 without a unit is 10 seconds",
        "write 10s, or 10m if minutes were meant",
        0,
    ),
    (
        "tries without a unit",
        "within: 60h, apart: 10h",
        "within: 60h, apart: 90",
        "sales.promises.perfect.attempts.apart",
        WARNING,
        "90 without a unit is 90 seconds",
        "write 90s, or 1h30m if minutes were meant",
        0,
    ),
    (
        "tries in days",
        "within: 60h, apart: 10h",
        "within: 3d, apart: 10h",
        "sales.promises.perfect.attempts.within",
        WARNING,
        "`3d` is 72h of working time",
        "if 3 working days were meant",
        0,
    ),
    (
        "reminders in days",
        "every: 2h",
        "every: 1d",
        "sales.reminders.every",
        WARNING,
        "`1d` is 24h of working time",
        "if 1 working day were meant",
        0,
    ),
    (
        "reminders without pause",
        "every: 2h",
        "every: 0h",
        "sales.reminders.every",
        ERROR,
        "is no time at all",
        "leave `reminders` out",
        0,
    ),
    (
        "warnings that fall",
        "[0.5, 0.8]",
        "[0.8, 0.5]",
        "sales.warn_at",
        ERROR,
        "0.5 comes after 0.8",
        "rising",
        0,
    ),
    (
        "a month of fewer leads than a day",
        "per_month: 400",
        "per_month: 30",
        "sales.volume.per_month",
        ERROR,
        "30 a month are fewer than the 40 of one day",
        "40 or more",
        0,
    ),
    (
        "a pause of one's own first answer",
        "warn_at:",
        "pauses: {buyer_asked_to_wait: [first_response]}\n  warn_at:",
        "sales.pauses.buyer_asked_to_wait[0]",
        ERROR,
        "stop the clock of their own first response",
        "next_response, next_attempt and outcome may be paused",
        0,
    ),
    (
        "a pause of nothing",
        "warn_at:",
        "pauses: {holidays: []}\n  warn_at:",
        "sales.pauses.holidays",
        ERROR,
        "pauses nothing",
        "delete it",
        0,
    ),
    (
        "promises for a line that there is not",
        "  volume:",
        "  lines: {trainin: {warm: {accept_within: 1h}}}\n  volume:",
        "sales.lines.trainin",
        ERROR,
        "no line `trainin`",
        "`training`",
        0,
    ),
    (
        "promises of a team that there is not",
        "  volume:",
        "  teams: {spian: {warm: {accept_within: 1h}}}\n  volume:",
        "sales.teams.spian",
        ERROR,
        "no team `spian`",
        "`spain`",
        0,
    ),
    (
        "a line's acceptance after the answer",
        "  volume:",
        "  lines: {training: {warm: {accept_within: 2h, first_response_within: 1h}}}\n  volume:",
        "sales.lines.training.warm.accept_within",
        ERROR,
        "2h is longer than first_response_within 1h",
        "1h or less",
        0,
    ),
    (
        "a team's answer later than its month",
        "  volume:",
        "  teams: {italy: {warm: {first_response_within: 300h}}}\n  volume:",
        "sales.teams.italy.warm.first_response_within",
        ERROR,
        "300h is longer than a month: paola-ferri",
        "or less",
        0,
    ),
    (
        "a team's promise in days",
        "  volume:",
        "  teams: {italy: {warm: {outcome_within: 2d}}}\n  volume:",
        "sales.teams.italy.warm.outcome_within",
        WARNING,
        "`2d` is 48h of working time",
        "48h",
        0,
    ),
    (
        "a quadrant that there is not",
        "    warm:\n      accept",
        "    wram:\n      accept",
        "sales.promises.wram",
        ERROR,
        "'wram' is not known",
        "did you mean `warm`? It is one of perfect, warm, curious, cold",
        0,
    ),
    (
        "a part taken off for no reason",
        "  period: month",
        "  period: month\n  takes_off: {wrong_dat: 1}",
        "marketing.takes_off.wrong_dat",
        ERROR,
        "`wrong_dat` is no reason to give a lead back",
        "did you mean `wrong_data`? write one of wrong_data, duplicate, out_of_profile, other, not_now",
        1,
    ),
    (
        "a day that the calendar has not",
        "first_day: 2026-01-01",
        "first_day: 2026-13-01",
        "first_day",
        ERROR,
        "'2026-13-01' is no day",
        "such as 2026-01-31",
        0,
    ),
    (
        "a signature of nobody",
        "name: Irene Soler",
        "name: ''",
        "signatures.marketing.name",
        ERROR,
        "is empty",
        "write at least 1 letter",
        0,
    ),
    (
        "a goal of no quadrant",
        "leads: {perfect: 60,",
        "leads: {hot: 60,",
        "marketing.leads.hot",
        ERROR,
        "'hot' is not known",
        "write one of perfect, warm, curious, cold",
        0,
    ),
]


MUSEUM = """museum:
  tz: Europe/Rome
  week: {}
  date_overrides:
    2020-01-07: [["09:00", "13:00"]]

"""
"""A calendar that opened once, years ago."""


@pytest.mark.parametrize(
    ("old", "new", "path", "severity", "message", "hint", "offset"),
    [slip[1:] for slip in SLIPS],
    ids=[slip[0] for slip in SLIPS],
)
def test_a_slip_is_told_with_its_line_and_what_to_write(
    folder: Path, old: str, new: str, path: str, severity: Severity, message: str, hint: str, offset: int
) -> None:
    line = edit(folder, "agreement.yaml", old, new)
    found = said(folder, f"agreement.{path}")
    assert message in found.message
    assert hint in found.hint
    assert found.severity is severity
    assert (Path(found.file).name, found.line) == ("agreement.yaml", max(line + offset, 1))


def test_every_slip_is_told_once_and_brings_no_other_error(folder: Path) -> None:
    for _, old, new, path, severity, *_ in SLIPS:
        target = folder.parent / "one"
        shutil.copytree(EXAMPLE, target)
        edit(target, "agreement.yaml", old, new)
        errors = [each.path for each in check_folder(target) if each.severity is ERROR]
        assert errors == ([f"agreement.{path}"] if severity is ERROR else []), path
        shutil.rmtree(target)


def test_one_follows_the_other(folder: Path) -> None:
    until(folder, "2026-12-31")
    beside(folder, NEXT)
    assert check_folder(folder) == []


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (NEXT, "2027-01-01 is a day of `agreement` too, which is active with no last day", "2026-12-31"),
        (NEXT.replace("2027-01-01", "2026-06-01"), "active with no last day", "last_day: 2026-05-31"),
    ],
    ids=["begins while the other has no end", "begins in the midst of the other"],
)
def test_two_active_agreements_do_not_overlap(folder: Path, text: str, message: str, hint: str) -> None:
    beside(folder, text)
    found = said(folder, "agreements.next.first_day")
    assert message in found.message
    assert f"`last_day: {hint.removeprefix('last_day: ')}` in agreement.yaml" in found.hint
    assert (Path(found.file).name, found.line) == ("next.yaml", 3)


def test_two_that_begin_on_one_day_are_not_told_to_end_before_they_begin(folder: Path) -> None:
    beside(folder, NEXT.replace("2027-01-01", "2026-01-01"))
    found = said(folder, "agreements.next.first_day")
    assert found.hint.startswith("write a later day here and a `last_day` before it in agreement.yaml")


def test_the_last_day_belongs_to_an_agreement(folder: Path) -> None:
    until(folder, "2027-01-01")
    beside(folder, NEXT)
    assert "until 2027-01-01" in said(folder, "agreements.next.first_day").message


def test_two_active_agreements_without_days_are_refused(folder: Path) -> None:
    edit(folder, "agreement.yaml", "first_day: 2026-01-01\n", "")
    beside(folder, NEXT.replace("first_day: 2027-01-01\n", ""))
    found = said(folder, "agreements.next")
    assert "active since ever, and so is `agreement`" in found.message
    assert "`first_day` here" in found.hint


def test_days_between_two_agreements_are_told(folder: Path) -> None:
    until(folder, "2026-12-24")
    beside(folder, NEXT)
    found = said(folder, "agreements.next.first_day")
    assert (found.severity, "from 2026-12-25 to 2026-12-31" in found.message) == (WARNING, True)


@pytest.mark.parametrize("state", ["draft", "trial", "retired"])
def test_what_does_not_bind_overlaps_and_needs_no_signature(folder: Path, state: str) -> None:
    signed = NEXT[NEXT.index("signatures:") : NEXT.index("sales:\n")]
    text = NEXT.replace(signed, "").replace("state: active", f"state: {state}")
    beside(folder, text.replace("2027-01-01", "2026-06-01"))
    assert check_folder(folder) == []


def test_what_is_retired_may_name_what_is_gone(folder: Path) -> None:
    gone = "  teams: {berlin: {warm: {accept_within: 1h}}}\n"
    beside(folder, NEXT.replace("state: active", "state: retired") + gone)
    assert check_folder(folder) == []
    beside(folder, NEXT.replace("state: active", "state: draft") + gone)
    assert "no team `berlin`" in said(folder, "agreements.next.sales.teams.berlin").message


def test_an_agreement_beside_it_is_checked_like_it(folder: Path) -> None:
    until(folder, "2026-12-31")
    beside(folder, NEXT.replace("accept_within: 10m", "accept_within: 2d"))
    found = said(folder, "agreements.next.sales.promises.perfect.accept_within")
    assert "48h is longer than first_response_within 30m" in found.message
    assert (Path(found.file).name, found.line) == ("next.yaml", 9)


def test_a_length_without_a_unit_is_told_in_every_file(folder: Path) -> None:
    edit(folder, "sources.yaml", "window: 14d", "window: 14")
    found = said(folder, "sources.comparison-portal.returns.window")
    assert found.severity is WARNING
    assert "write 14s, or 14m if minutes were meant" in found.hint


def test_a_name_that_is_taken_is_refused(folder: Path) -> None:
    beside(folder, NEXT.replace("state: active", "state: draft"), name="agreement")
    assert "another name" in said(folder, "agreements.agreement").hint


def test_an_outcome_that_outlasts_the_agreement_is_told(folder: Path) -> None:
    until(folder, "2026-01-31")
    found = said(folder, "agreement.sales.promises.warm.outcome_within")
    assert (found.severity, "nobody works more than" in found.message) == (WARNING, True)


def test_an_answer_fits_an_agreement_of_days(folder: Path) -> None:
    until(folder, "2026-01-09")
    edit(folder, "agreement.yaml", "first_response_within: 4h", "first_response_within: 60h")
    found = said(folder, "agreement.sales.promises.warm.first_response_within")
    assert (found.severity, "the agreement, 2026-01-01 to 2026-01-09" in found.message) == (ERROR, True)


def test_an_answer_longer_than_the_month_of_who_works_least_is_told(folder: Path) -> None:
    edit(
        folder,
        "calendars.yaml",
        "lisbon:",
        'short:\n  tz: Europe/Lisbon\n  week:\n    mon: [["09:00", "10:00"]]\nlisbon:',
    )
    edit(folder, "roster.yaml", "calendar: lisbon", "calendar: short")
    edit(folder, "agreement.yaml", "first_response_within: 4h", "first_response_within: 8h")
    found = said(folder, "agreement.sales.promises.warm.first_response_within")
    assert (found.severity, "a month for who works less: rui-figueiredo" in found.message) == (WARNING, True)
    assert "write 5h or less" in found.hint


def test_who_never_works_is_told_of_and_no_promise_of_no_time_is_asked_for(folder: Path) -> None:
    edit(folder, "calendars.yaml", "milan:\n", MUSEUM + "milan:\n")
    reps = (folder / "roster.yaml").read_text("utf-8")
    (folder / "roster.yaml").write_text(reps.replace("calendar: milan", "calendar: museum"), "utf-8")
    found = said(folder, "agreement.sales.promises.perfect.accept_within")
    assert found.severity is WARNING
    assert (
        "paola-ferri, davide-lombardi, luca-marchetti never work in the year from 2026-01-01 on"
        in found.message
    )
    assert "hours in calendars.yaml" in found.hint
    assert "0s" not in found.hint


def test_an_agreement_of_days_on_which_nobody_works_is_refused(folder: Path) -> None:
    edit(folder, "agreement.yaml", "first_day: 2026-01-01", "first_day: 2026-01-03\nlast_day: 2026-01-04")
    found = said(folder, "agreement.sales.promises.perfect.accept_within")
    assert (found.severity, "0s" in found.hint) == (ERROR, False)
    assert "nobody who gets such leads works in the agreement, 2026-01-03 to 2026-01-04" in found.message


def test_a_team_that_never_works_promises_nothing(folder: Path) -> None:
    once = (
        'once:\n  tz: Europe/Rome\n  week: {}\n  date_overrides: {2020-01-07: [["09:00", "10:00"]]}\nmilan:'
    )
    edit(folder, "calendars.yaml", "milan:", once)
    edit(folder, "roster.yaml", "calendar: milan", "calendar: once")
    edit(folder, "roster.yaml", "calendar: milan", "calendar: once")
    edit(folder, "agreement.yaml", "  volume:", "  teams: {italy: {warm: {accept_within: 1h}}}\n  volume:")
    assert "no rep of team `italy` ever works" in said(folder, "agreement.sales.teams.italy").message


def test_who_is_away_for_good_keeps_no_promise(folder: Path) -> None:
    days = "\n    absences: [{first_day: 2020-01-01, last_day: 2199-12-31}]"
    for languages in ("[it, en]", "[it]"):
        edit(folder, "roster.yaml", f"    languages: {languages}\n", f"    languages: {languages}{days}\n")
    edit(folder, "agreement.yaml", "  volume:", "  teams: {italy: {warm: {accept_within: 1h}}}\n  volume:")
    assert "no rep of team `italy` ever works" in said(folder, "agreement.sales.teams.italy").message


def test_days_beyond_all_calendars_are_told_and_stop_no_check(folder: Path) -> None:
    days = "\n    absences: [{first_day: 0001-01-01, last_day: 9999-12-31}]"
    edit(folder, "roster.yaml", "    languages: [it]\n", f"    languages: [it]{days}\n")
    assert [each.path for each in check_folder(folder)] == ["roster.reps.davide-lombardi.absences[0]"]


def test_a_team_of_nobody_promises_nothing(folder: Path) -> None:
    edit(folder, "roster.yaml", "    languages: [pt, en]", "    languages: [pt, en]\n    weight: 0")
    edit(folder, "roster.yaml", "    languages: [pt, es]", "    languages: [pt, es]\n    capacity: 0")
    edit(folder, "agreement.yaml", "  volume:", "  teams: {portugal: {warm: {accept_within: 1h}}}\n  volume:")
    found = said(folder, "agreement.sales.teams.portugal")
    assert "nobody of team `portugal` takes leads" in found.message


@pytest.mark.parametrize(
    ("week", "dates", "path", "message"),
    [
        ("{}", '{2020-01-07: [["09:00", "10:00"]]}', "calendar", "never opens in the year from 2026-01-01"),
        ('{mon: [["09:00", "10:00"]]}', "{}", "closes_on_working_day", "opens on 4 days in"),
    ],
    ids=["no working day at all", "fewer than the closing day"],
)
def test_months_need_working_days(folder: Path, week: str, dates: str, path: str, message: str) -> None:
    text = f"few:\n  tz: Europe/Madrid\n  week: {week}\n  date_overrides: {dates}\nlisbon:"
    edit(folder, "calendars.yaml", "lisbon:", text)
    edit(folder, "agreement.yaml", "calendar: madrid", "calendar: few")
    edit(folder, "agreement.yaml", "closes_on_working_day: 3", "closes_on_working_day: 5")
    assert message in said(folder, f"agreement.{path}").message


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("first_day: 2026-01-01", "first_day: soon", "agreement.first_day"),
        ("on: 2025-12-18", "on: december", "agreement.signatures.sales.on"),
        ("state: active", "state: activ", "agreement.state"),
        ("  volume:", "  lines: 5\n  volume:", "agreement.sales.lines"),
        (
            "points: {perfect: 3, warm: 2}",
            "points: {perfect: 3, warm: two}",
            "agreement.marketing.points.warm",
        ),
    ],
    ids=["a day", "a day of a signature", "a state", "lines that are a number", "points in words"],
)
def test_what_cannot_be_read_is_told_alone(folder: Path, old: str, new: str, path: str) -> None:
    edit(folder, "agreement.yaml", old, new)
    assert [finding.path for finding in check_folder(folder)] == [path]


# what is written, file, text, its replacement, the one path told, message, hint, words not suggested
PLAIN: list[tuple[str, str, str, str, str, str, str, list[str]]] = [
    (
        "a week of which no day is written",
        "calendars.yaml",
        "  week:\n",
        "  week:\n  weeek:\n",
        "calendars.madrid.week",
        "is empty",
        "write keys below it, such as `mon: ...`",
        ["None", "object"],
    ),
    (
        "percent for a share",
        "agreement.yaml",
        "share: 0.9",
        "share: 90",
        "agreement.sales.works.share",
        "90 is out of range",
        "up to 1",
        [],
    ),
    (
        "nothing to be worked",
        "agreement.yaml",
        "{share: 0.9}",
        "{}",
        "agreement.sales.works",
        "names none of `share`, `number` and `money_minor`",
        "write one, as share: 0.9",
        [],
    ),
    (
        "an answer that takes longer than a month",
        "agreement.yaml",
        "first_response_within: 30m",
        "first_response_within: 800h",
        "agreement.sales.promises.perfect.first_response_within",
        "800h is longer than a month",
        "or less",
        [],
    ),
    (
        "a promise that is none",
        "agreement.yaml",
        "  promises:",
        "  pauses: {holiday: [first_respons]}\n  promises:",
        "agreement.sales.pauses.holiday[0]",
        "`first_respons` is no promise",
        "write one of next_response, next_attempt, outcome",
        ["accept", "did you mean"],
    ),
    (
        "a key one level too high",
        "agreement.yaml",
        "first_day: 2026-01-01",
        "first_day: 2026-01-01\ntakes_off: {no_answer: 0.5}",
        "agreement.takes_off",
        "there is no key `takes_off` here",
        "write it under `marketing`",
        [],
    ),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "path", "message", "hint", "unsaid"),
    [each[1:] for each in PLAIN],
    ids=[each[0] for each in PLAIN],
)
def test_a_slip_is_told_once_and_no_hint_leads_into_another(
    folder: Path, file: str, old: str, new: str, path: str, message: str, hint: str, unsaid: list[str]
) -> None:
    edit(folder, file, old, new)
    (found,) = (each for each in check_folder(folder) if "weeek" not in each.path)
    assert (found.path, message in found.message, hint in found.hint) == (path, True, True), found
    assert not [word for word in unsaid if word in f"{found.message} {found.hint}"], found
