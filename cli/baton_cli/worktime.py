"""`baton worktime`: any deadline can be checked by anybody who has the calendar."""

import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer

from baton_cli.commands import AsJson, command_group
from baton_cli.errors import BadUsage, FoundNothing
from baton_cli.moments import in_utc, in_zone, read_length, read_moment, read_span
from baton_cli.output import print_fields, print_json
from worktime import Calendar, CalendarError, NeverOpens

T = TypeVar("T")

CalendarFile = Annotated[
    str | None,
    typer.Option(
        "--calendar",
        metavar="FILE|-",
        help='JSON such as {"tz": "Europe/Madrid", "week": {"mon": [["09:00", "18:00"]]}}; - reads stdin.',
    ),
]
CalendarName = Annotated[
    str | None, typer.Option("--of", metavar="NAME", help="Instead: a calendar of the rulebook, by name.")
]
RulebookFolder = Annotated[Path, typer.Option("--rulebook", metavar="FOLDER", help="Where --of looks.")]
Pauses = Annotated[
    list[str] | None,
    typer.Option("--pause", metavar="FROM/TO", help="Two instants between which nothing counts; repeatable."),
]

worktime = command_group(
    help="Check a deadline: when is it due, how much working time has passed, when does it open."
)


@worktime.command()
def due(
    start: Annotated[str, typer.Option(metavar="MOMENT", help="When the clock starts, with an offset.")],
    calendar: CalendarFile = None,
    seconds: Annotated[float | None, typer.Option(help="Working time granted, in seconds.")] = None,
    within: Annotated[
        str | None,
        typer.Option(
            metavar="LENGTH", help="Or as a length of working time: 15m, 1h30m; 2d is 48 working hours."
        ),
    ] = None,
    pause: Pauses = None,
    of: CalendarName = None,
    rulebook: RulebookFolder = Path("rulebook"),
    as_json: AsJson = False,
) -> None:
    """When this much working time has passed since a moment."""
    open_time = read_calendar(calendar, of, rulebook, pause)
    budget = _budget(seconds, within)
    moment = _asked(lambda: open_time.add(read_moment(start, "--start"), budget))
    _tell("due", moment, open_time.hours.tz, as_json, granted=budget)


@worktime.command()
def elapsed(
    since: Annotated[str, typer.Option("--from", metavar="MOMENT", help="Start, with an offset.")],
    until: Annotated[str, typer.Option("--to", metavar="MOMENT", help="End, with an offset.")],
    calendar: CalendarFile = None,
    pause: Pauses = None,
    of: CalendarName = None,
    rulebook: RulebookFolder = Path("rulebook"),
    as_json: AsJson = False,
) -> None:
    """How much working time lies between two moments."""
    open_time = read_calendar(calendar, of, rulebook, pause)
    passed = _asked(lambda: open_time.elapsed(read_moment(since, "--from"), read_moment(until, "--to")))
    if as_json:
        print_json({"seconds": _seconds(passed)})
    else:
        print_fields({"elapsed": _clock(passed), "seconds": str(_seconds(passed))})


@worktime.command("next-open")
def next_open(
    at: Annotated[str, typer.Option(metavar="MOMENT", help="From when to look, with an offset.")],
    calendar: CalendarFile = None,
    pause: Pauses = None,
    of: CalendarName = None,
    rulebook: RulebookFolder = Path("rulebook"),
    as_json: AsJson = False,
) -> None:
    """When somebody works: the moment itself if open, else the next opening."""
    open_time = read_calendar(calendar, of, rulebook, pause)
    moment = _asked(lambda: open_time.next_open(read_moment(at, "--at")))
    _tell("opens", moment, open_time.hours.tz, as_json)


def read_calendar(file: str | None, name: str | None, folder: Path, pauses: list[str] | None) -> Calendar:
    """The calendar of a file, of stdin ("-") or of a rulebook, less the pauses. Raises BadUsage."""
    if (file is None) == (name is None):
        raise BadUsage(
            "Name one calendar: --calendar FILE, --calendar - for stdin, or --of NAME --rulebook FOLDER."
        )
    found = _from_json(file) if file is not None else _from_rulebook(str(name), folder)
    spans = [read_span(text, "--pause") for text in pauses or []]
    return _asked(lambda: found.without(spans), "--pause")


def _from_json(file: str) -> Calendar:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadUsage(
            f"--calendar: there is no file {file}; name a JSON file, - for stdin, or instead --of NAME for "
            "a calendar of the rulebook."
        ) from None
    except IsADirectoryError:
        raise BadUsage(f"--calendar: {file} is a folder; name a JSON file in it.") from None
    except UnicodeDecodeError:
        raise BadUsage(f"--calendar: {file} is not UTF-8 text; save it again as UTF-8.") from None
    except OSError as error:
        raise BadUsage(f"--calendar: {file} cannot be read: {error.strerror}.") from None
    try:
        document = json.loads(text)
    except ValueError as error:
        raise BadUsage(
            f"--calendar: this is no JSON ({error}); write for example "
            '{"tz": "Europe/Madrid", "week": {"mon": [["09:00", "18:00"]]}}.'
        ) from None
    return _asked(lambda: Calendar.from_dict(document), "--calendar")


def _from_rulebook(name: str, folder: Path) -> Calendar:
    from rulebook.calendars import open_hours
    from rulebook.findings import RulebookInvalid
    from rulebook.loader import load_folder

    try:
        calendars = load_folder(folder).calendars
    except RulebookInvalid as error:
        raise BadUsage(f"--rulebook: {error}") from None
    if name not in calendars:
        raise BadUsage(f"--of: {folder} has no calendar {name!r}; it has {', '.join(sorted(calendars))}.")
    return open_hours(calendars[name])


def _asked(question: Callable[[], T], option: str = "") -> T:
    """The answer of a calendar. Raises FoundNothing where it never opens, BadUsage for a bad question, which
    `option` asked."""
    try:
        return question()
    except NeverOpens as error:
        raise FoundNothing(str(error)) from None
    except CalendarError as error:
        raise BadUsage(f"{option}: {error}" if option else str(error)) from None


def _budget(seconds: float | None, within: str | None) -> timedelta:
    if (seconds is None) == (within is None):
        raise BadUsage("Say how much working time: --seconds 3600, or --within 1h.")
    return timedelta(seconds=seconds) if seconds is not None else read_length(str(within), "--within")


def _tell(word: str, moment: datetime, zone: str, as_json: bool, granted: timedelta | None = None) -> None:
    if as_json:
        local = moment.astimezone(ZoneInfo(zone)).isoformat()
        print_json({word: in_utc(moment), "local": local, "tz": zone})
        return
    given = None if granted is None else f"{_clock(granted)} of working time"
    print_fields({word: in_utc(moment), "local": f"{in_zone(moment, zone)} {zone}", "granted": given})


def _clock(length: timedelta) -> str:
    """Hours, minutes and seconds: a day of working time is no day of the calendar."""
    minutes, seconds = divmod(length.total_seconds(), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{seconds:02g}"


def _seconds(length: timedelta) -> int | float:
    return length.total_seconds() if length.microseconds else length // timedelta(seconds=1)
