"""`baton agreement show` and `plan`: the agreement as a page, and what a goal of revenue needs under it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer

from baton_cli.client import open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.errors import BadUsage, CommandFailed, FoundNothing
from baton_cli.moments import read_length
from baton_cli.output import print_fields, print_heading, print_json, print_line, print_table
from baton_cli.stack import Service
from lead_events.words import Quadrant
from rulebook.agreement_page import page_of
from rulebook.agreement_plan import Plan, PlanRefused, Wish
from rulebook.agreement_plan import plan as plan_of
from rulebook.agreement_words import listed
from rulebook.agreements import MAIN, all_agreements, binding
from rulebook.durations import format_hours
from rulebook.findings import RulebookInvalid
from rulebook.loader import load_folder
from rulebook.models import Agreement, Rulebook
from rulebook.publication import parse

PUBLISHED = "published"
Place = Annotated[
    str,
    typer.Argument(
        metavar="[FOLDER|published]", help="The rulebook's folder, or what is in force on the stack."
    ),
]
WhichOne = Annotated[
    str | None,
    typer.Option(
        "--id",
        metavar="ID",
        help="That of agreements/ID.yaml. [default: the one that binds today, else agreement.yaml]",
        show_default=False,
    ),
]


class _Invalid(CommandFailed):
    """The rulebook is refused: correct what is listed."""

    exit_code = 1


class _NoRulebook(CommandFailed):
    """Nothing is there to be read: name the folder, or what is in force."""

    exit_code = 1


def show(
    place: Place = "rulebook",
    which: WhichOne = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """The agreement as one page in plain words: promises, staff, measures, money, dates, signatures."""
    rulebook = _read(place, stack)
    name, agreement = _choose(rulebook, which)
    page = page_of(rulebook, name, agreement)
    others = {key: each for key, each in all_agreements(rulebook).items() if key != name}
    if as_json:
        text = agreement.model_dump(mode="json", exclude_none=True)
        print_json(asdict(page) | {"state": agreement.state, "agreement": text, "others": sorted(others)})
        return
    print_line(_whose(place, "show"))
    print_heading(f"{page.name} ({page.id})")
    for section in page.sections:
        print_line()
        print_heading(section.title)
        for line in section.lines:
            print_line(f"  {line}")
    if others:
        beside = listed(f"{key} ({each.state})" for key, each in others.items())
        print_line()
        print_line(f"Beside it: {beside}. `--id ID` shows another.")


def plan(
    revenue: Annotated[str, typer.Option(metavar="AMOUNT", help="Wanted a month.", show_default=False)],
    deal: Annotated[str, typer.Option(metavar="AMOUNT", help="What a mean customer brings.")],
    close_rate: Annotated[
        str, typer.Option("--close-rate", metavar="SHARE", help="Of the leads that are won: 2% or 0.02.")
    ],
    place: Place = "rulebook",
    which: WhichOne = None,
    contact_takes: Annotated[
        str, typer.Option("--contact-takes", metavar="LENGTH", help="Working time of one contact.")
    ] = "10m",
    mix: Annotated[
        str | None,
        typer.Option(
            metavar="QUADRANT=PART,..",
            help="Such as perfect=1,warm=2. [default: as marketing promises them]",
            show_default=False,
        ),
    ] = None,
    line: Annotated[str, typer.Option(help="By the promises of this line.", show_default=False)] = "",
    team: Annotated[
        str, typer.Option(help="By the promises and hours of this team.", show_default=False)
    ] = "",
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """What a goal of revenue needs: customers, leads, follow-ups, hours, and reps to answer in time.

    Amounts are in the company's currency, a month. Leads are taken to come evenly, day and night.
    """
    wish = Wish(
        _amount(revenue, "--revenue"),
        _amount(deal, "--deal"),
        _share(close_rate, "--close-rate"),
        read_length(contact_takes, "--contact-takes"),
        _mix(mix),
        line,
        team,
    )
    rulebook = _read(place, stack)
    _known("--line", line, list(rulebook.lines))
    _known("--team", team, list(rulebook.roster.teams))
    _, agreement = _choose(rulebook, which)
    try:
        found = plan_of(rulebook, agreement, wish)
    except PlanRefused as error:
        raise BadUsage(f"{error}.") from None
    if as_json:
        print_json(_as_document(found, rulebook.currency))
    else:
        print_line(_whose(place, "plan"))
        _tell(found, wish, rulebook, agreement)


def _read(place: str, stack: Path | None) -> Rulebook:
    """The rulebook in a folder, or the one in force on the stack."""
    if _is_published(place):
        with open_client(stack) as client:
            return parse(client.get(Service.SCORING, "/v1/rulebooks/active")["rulebook"])
    if not (Path(place) / "company.yaml").is_file():
        raise _NoRulebook(
            f"There is no rulebook in {place}: name its folder, or write `{PUBLISHED}` for what is in force"
            " on the stack."
        )
    try:
        return load_folder(Path(place))
    except RulebookInvalid as error:
        raise _Invalid(f"{error}\nCorrect it first: `baton check {place}`.") from None


def _whose(place: str, command: str) -> str:
    """Which rulebook was read, told above what it says."""
    if _is_published(place):
        return "Of the rulebook in force on the stack."
    return f"Of the folder {place.rstrip('/')}/; what is in force: `baton agreement {command} {PUBLISHED}`."


def _is_published(place: str) -> bool:
    return place == PUBLISHED and not Path(place).is_dir()


def _choose(rulebook: Rulebook, which: str | None) -> tuple[str, Agreement]:
    known = all_agreements(rulebook)
    name = which or binding(rulebook, datetime.now(UTC)).id or MAIN
    if name not in known:
        raise FoundNothing(f"--id: there is no agreement {name!r}; write {listed(known, 'or')}.")
    return name, known[name]


def _known(option: str, name: str, known: Sequence[str]) -> None:
    if name and name not in known:
        raise BadUsage(f"{option}: there is no {name!r}; write {listed(known, 'or')}.")


def _amount(text: str, option: str) -> Decimal:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        found = Decimal("nan")
    if not found.is_finite():
        raise BadUsage(
            f"{option}: {text!r} is no amount; write digits and a point, without separators or currency, as"
            " 10000 or 99.90."
        )
    return found


def _share(text: str, option: str) -> Decimal:
    """A share of percent or of one: `2%` and `0.02` are the same."""
    digits = text.strip()
    try:
        found = Decimal(digits.removesuffix("%").strip())
    except InvalidOperation:
        found = Decimal("nan")
    if not found.is_finite():
        raise BadUsage(f"{option}: {text!r} is no share; write 2% or 0.02.")
    if digits.endswith("%"):
        return found / 100
    if found > 1:
        raise BadUsage(f"{option}: {text!r} is more than all; write {text}% if that is meant, or 0.02.")
    return found


def _mix(text: str | None) -> dict[Quadrant, Decimal]:
    found: dict[Quadrant, Decimal] = {}
    for part in (text or "").split(","):
        name, equals, number = (word.strip() for word in part.partition("="))
        if not (name or equals):
            continue
        if name not in list(Quadrant) or not equals:
            quadrants = listed((each.value for each in Quadrant), "or")
            raise BadUsage(f"--mix: {part.strip()!r} is no part; write QUADRANT=PART with {quadrants}.")
        amount = _amount(number.removesuffix("%"), "--mix")
        if amount < 0:
            raise BadUsage(f"--mix: {part.strip()!r} is below 0; write 0 for none.")
        found[Quadrant(name)] = amount
    return found


def _as_document(found: Plan, currency: str) -> dict[str, Any]:
    plain = {name: _plain(value) for name, value in asdict(found).items()}
    shares = [
        {name: _plain(value) for name, value in asdict(each).items()} | {"follow_ups": each.follow_ups}
        for each in found.shares
    ]
    return plain | {
        "currency": currency,
        "shares": shares,
        "follow_ups": found.follow_ups,
        "reps": found.reps,
    }


def _plain(value: object) -> object:
    return format_hours(value) if isinstance(value, timedelta) else value


def _tell(found: Plan, wish: Wish, rulebook: Rulebook, agreement: Agreement) -> None:
    takers = [rep for rep in rulebook.roster.reps.values() if rep.weight and rep.capacity]
    print_fields(
        {
            "revenue": f"{wish.revenue:,} {rulebook.currency} a month, {wish.deal:,} a customer",
            "customers": f"{found.customers:,}",
            "leads": f"{found.leads:,} at {wish.close_rate:.2%} won",
            "follow-ups": f"{found.follow_ups:,} at most, if nobody answers before the last try",
            "hours": f"{_hours(found.hours)} of work, {format_hours(wish.contact_takes)} a contact",
            "reps": f"{found.reps:,}: {_why(found)}; {len(takers)} in the roster take leads",
        }
    )
    print_line()
    print_table(
        ["quadrant", "leads", "tries each", "follow-ups", "answered within"],
        [
            (
                each.quadrant.value,
                each.leads,
                each.tries,
                each.follow_ups,
                format_hours(each.first_response_within) if each.first_response_within else "not promised",
            )
            for each in found.shares
        ],
    )
    for note in _notes(found, wish, agreement):
        print_line(note)


def _why(found: Plan) -> str:
    return (
        f"{found.reps_for_hours:,} for the hours ({_hours(found.month_hours)} a month each, calendar"
        f" {found.calendar}), {found.reps_for_speed:,} to answer in time the {found.waiting:,} that wait"
        f" after {_hours(found.longest_closed)} closed"
    )


def _notes(found: Plan, wish: Wish, agreement: Agreement) -> list[str]:
    """What stands in the way of the plan in the agreement itself."""
    notes = []
    short = [each for each in found.shares if each.first_response_within]
    late = [
        each.quadrant.value
        for each in short
        if (each.first_response_within or wish.contact_takes) < wish.contact_takes
    ]
    if late:
        notes.append(f"One contact takes longer than the first response of {listed(late)} may.")
    volume = agreement.sales.volume
    if volume is not None and volume.per_month is not None and found.leads > volume.per_month:
        notes.append(f"Speed is promised for {volume.per_month:,} leads a month; {found.leads:,} are more.")
    promised = sum(agreement.marketing.leads.values())
    if promised and promised < found.leads:
        notes.append(
            f"Marketing promises {promised:,} leads a month by quadrant; the plan needs {found.leads:,}."
        )
    return notes


def _hours(length: timedelta) -> str:
    return f"{length / timedelta(hours=1):,.1f} h".replace(".0 h", " h")
