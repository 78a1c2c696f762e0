"""What `baton rep` changes of a rep's data; audited under the name of whoever is at the keyboard."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.errors import BadUsage
from baton_cli.moments import brief_utc
from baton_cli.output import print_fields, print_json
from baton_cli.stack import Service
from router.cli.rep_words import DAYS, read_ramp_up, read_way, read_week

RepName = Annotated[str, typer.Argument(metavar="REP", help="A rep's id; `baton rep list` lists them.")]

Email = Annotated[str | None, typer.Option(help="Their address.")]
Name = Annotated[str | None, typer.Option(help="As colleagues and buyers call them.")]
Team = Annotated[str | None, typer.Option(help="A team's id.")]
CalendarName = Annotated[str | None, typer.Option("--calendar", help="A calendar of the rulebook.")]
Lines = Annotated[list[str] | None, typer.Option("--line", help="A line they sell; may be repeated.")]
Languages = Annotated[list[str] | None, typer.Option("--language", help="As es or en; may be repeated.")]
Skills = Annotated[list[str] | None, typer.Option("--skill", help="May be repeated.")]
Weight = Annotated[int | None, typer.Option(min=0, max=1000, help="Share of the pool; 0: none.")]
Capacity = Annotated[int | None, typer.Option(min=0, max=10_000, help="Open leads at once.")]
PerDay = Annotated[int | None, typer.Option(min=0, help="Leads a day, at most; 0: no limit.")]
PerWeek = Annotated[int | None, typer.Option(min=0, help="Leads a week from Monday, at most; 0: no limit.")]
CrmId = Annotated[str | None, typer.Option(help="How the CRM names them.")]
Texts = Annotated[str | None, typer.Option(help="Language of messages to them: en, es, pt, it or ro.")]
RampUp = Annotated[
    str | None,
    typer.Option(
        metavar="DAY[/WEEKS[/START]]", help="First day, weeks until all, share at first: 2026-03-02/4/0.25."
    ),
]


def add(
    rep: RepName,
    name: Annotated[str, typer.Option(help="As colleagues and buyers call them.")],
    email: Annotated[str, typer.Option(help="Their address.")],
    team: Annotated[str, typer.Option(help="A team's id.")],
    calendar: Annotated[str, typer.Option(help="A calendar of the rulebook.")],
    lines: Lines = None,
    languages: Languages = None,
    skills: Skills = None,
    weight: Weight = None,
    capacity: Capacity = None,
    per_day: PerDay = None,
    per_week: PerWeek = None,
    ramp_up: RampUp = None,
    crm_id: CrmId = None,
    texts: Texts = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Add a rep; leads that wait for somebody like them are tried at once."""
    known = {"id": rep, "name": name, "email": email, "team": team, "calendar": calendar}
    more = _given(
        lines=lines,
        languages=languages,
        skills=skills,
        weight=weight,
        capacity=capacity,
        per_day=per_day,
        per_week=per_week,
        ramp_up=ramp_up,
        crm_id=crm_id,
        texts=texts,
    )
    with open_client(stack) as client:
        headers = {"X-Operator": operator_name()}
        made = client.post(Service.ROUTER, "/v1/reps", {**known, **more}, headers=headers)
    show_rep(made, as_json=as_json)


def change(
    rep: RepName,
    name: Name = None,
    email: Email = None,
    team: Team = None,
    calendar: CalendarName = None,
    lines: Lines = None,
    languages: Languages = None,
    skills: Skills = None,
    weight: Weight = None,
    capacity: Capacity = None,
    per_day: PerDay = None,
    per_week: PerWeek = None,
    ramp_up: RampUp = None,
    crm_id: CrmId = None,
    texts: Texts = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="Gets leads or not.")] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Change what the roster says of a rep; what is left out stays."""
    changes = _given(
        name=name,
        email=email,
        team=team,
        calendar=calendar,
        lines=lines,
        languages=languages,
        skills=skills,
        weight=weight,
        capacity=capacity,
        per_day=per_day,
        per_week=per_week,
        ramp_up=ramp_up,
        crm_id=crm_id,
        texts=texts,
        is_active=active,
    )
    if not changes:
        raise BadUsage("Say what to change, as --team NAME or --inactive; `baton rep set --help` lists all.")
    _patch(rep, changes, stack, as_json=as_json)


def hours(
    rep: RepName,
    week: Annotated[
        list[str] | None, typer.Argument(metavar="[DAYS SHIFT...]...", help="mon-thu 09:00-14:00 15:00-18:00")
    ] = None,
    as_calendar: Annotated[
        bool, typer.Option("--as-calendar", help="The hours of their calendar again, none of their own.")
    ] = False,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Hours of a rep's own; time zone and holidays stay those of their calendar.

    A day that is not named is free: baton rep hours ana mon-thu 09:00-14:00 15:00-18:00 fri 09:00-15:00
    """
    if bool(week) == as_calendar:
        raise BadUsage(
            "Write the week, as mon-thu 09:00-14:00 15:00-18:00 fri 09:00-15:00, or --as-calendar."
        )
    _patch(rep, {"own_hours": read_week(week) if week else None}, stack, as_json=as_json)


def weight(
    rep: RepName,
    share: Annotated[int, typer.Argument(min=0, max=1000, help="Share of the pool; 0: none.")],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """How many leads a rep gets where others get as many as their own weight says."""
    _patch(rep, {"weight": share}, stack, as_json=as_json)


def capacity(
    rep: RepName,
    leads: Annotated[int | None, typer.Argument(min=0, max=10_000, help="Open leads at once.")] = None,
    per_day: PerDay = None,
    per_week: PerWeek = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """How many leads a rep may hold at once, and be given a day and week."""
    changes = _given(capacity=leads, per_day=per_day, per_week=per_week)
    if not changes:
        raise BadUsage("Say how many: `baton rep capacity ana 20`, --per-day 5 or --per-week 20.")
    _patch(rep, changes, stack, as_json=as_json)


def feeds(
    rep: RepName,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SECRET]...", help="Secrets that hold the feeds' URLs; none: no feed."),
    ] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Which iCalendar feeds say when a rep is away; the URLs stand in secrets of the router."""
    _patch(rep, {"absence_feeds": names or []}, stack, as_json=as_json)


def notify(
    rep: RepName,
    ways: Annotated[
        list[str],
        typer.Argument(metavar="WAY...", help="email, slack:U123, webhook:https://x#SECRET, apprise:#SECRET"),
    ],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """How a rep is told of their leads: one or more ways, each CHANNEL[:TO][#SECRET]."""
    _patch(rep, {"notify": [read_way(each) for each in ways]}, stack, as_json=as_json)


def team(
    team: Annotated[str, typer.Argument(metavar="TEAM", help="A team's id.")],
    name: Annotated[str, typer.Option(help="The team's name.")],
    lead: Annotated[
        str | None, typer.Option(metavar="REP", help="Who decides when nobody else answers.")
    ] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Make or change a team, and say who leads it."""
    with open_client(stack) as client:
        known = {each["id"]: each for each in client.get(Service.ROUTER, "/v1/teams")["teams"]}
        body = {"name": name, "lead": lead, "notify": known.get(team, {}).get("notify", [])}
        headers = {"X-Operator": operator_name()}
        made = client.request("PUT", Service.ROUTER, f"/v1/teams/{team}", json=body, headers=headers).json()
    if as_json:
        print_json(made)
    else:
        print_fields({"team": made["id"], "name": made["name"], "lead": made["lead"]})


def show_rep(rep: Mapping[str, Any], *, as_json: bool) -> None:
    """A rep, as the router tells of them."""
    if as_json:
        print_json(rep)
        return
    week = rep.get("own_hours")
    shown = {name.replace("_", " "): rep.get(name) for name in _PLAIN}
    print_fields(
        {
            "rep": rep.get("id"),
            **shown,
            "own hours": "; ".join(f"{day} {_shifts(week[day])}" for day in DAYS if day in week)
            if week
            else None,
            "absences": "; ".join(_absence(each) for each in rep.get("absences") or []),
            "away until": brief_utc(rep.get("away_until")),
            "left": brief_utc(rep.get("left_at")),
            "is active": rep.get("is_active"),
        }
    )


_PLAIN = (
    "name",
    "email",
    "team",
    "lines",
    "languages",
    "skills",
    "open",
    "capacity",
    "per_day",
    "per_week",
    "weight",
    "ramp_up",
    "calendar",
    "time_zone",
    "absence_feeds",
    "texts",
    "crm_id",
)


def _shifts(shifts: Sequence[Sequence[str]]) -> str:
    return " ".join(f"{start}-{end}" for start, end in shifts)


def _absence(each: Mapping[str, str]) -> str:
    if "first_day" in each:
        return f"{each['first_day']} to {each['last_day']} ({each.get('reason', 'away')})"
    return f"{each['from']} to {each['until']} ({each.get('reason', 'away')})"


def _given(**fields: Any) -> dict[str, Any]:
    """What was written; a limit of 0 is none."""
    found = {name: value for name, value in fields.items() if value is not None and value != []}
    for limit in ("per_day", "per_week"):
        if found.get(limit) == 0:
            found[limit] = None
    if "ramp_up" in found:
        found["ramp_up"] = read_ramp_up(found["ramp_up"])
    return found


def _patch(rep: str, changes: Mapping[str, Any], stack: Any, *, as_json: bool) -> None:
    with open_client(stack) as client:
        headers = {"X-Operator": operator_name()}
        answer = client.request("PATCH", Service.ROUTER, f"/v1/reps/{rep}", json=changes, headers=headers)
    show_rep(answer.json(), as_json=as_json)
