"""What `baton rep` changes of a rep's data; audited under the name of whoever is at the keyboard."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.errors import BadUsage
from baton_cli.output import print_fields, print_json
from baton_cli.stack import Service
from router.cli.rep_fields import PerDay, PerWeek, given, with_fields
from router.cli.rep_told import show_rep
from router.cli.rep_words import read_way, read_week

RepName = Annotated[str, typer.Argument(metavar="REP", help="A rep's id; `baton rep list` lists them.")]


@with_fields
def add(
    rep: RepName,
    name: Annotated[str, typer.Option(help="As colleagues and buyers call them.")],
    email: Annotated[str, typer.Option(help="Their address.")],
    team: Annotated[str, typer.Option(help="A team's id.")],
    calendar: Annotated[str, typer.Option(help="A calendar of the rulebook.")],
    fields: dict[str, Any],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Add a rep; leads that wait for somebody like them are tried at once."""
    known = {"id": rep, "name": name, "email": email, "team": team, "calendar": calendar}
    with open_client(stack) as client:
        headers = {"X-Operator": operator_name()}
        made = client.post(Service.ROUTER, "/v1/reps", {**known, **fields}, headers=headers)
    show_rep(made, as_json=as_json)


@with_fields
def change(
    rep: RepName,
    fields: dict[str, Any],
    name: Annotated[str | None, typer.Option(help="As colleagues and buyers call them.")] = None,
    email: Annotated[str | None, typer.Option(help="Their address.")] = None,
    team: Annotated[str | None, typer.Option(help="A team's id.")] = None,
    calendar: Annotated[str | None, typer.Option(help="A calendar of the rulebook.")] = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="Gets leads or not.")] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Change what the roster says of a rep; what is left out stays."""
    named = given({"name": name, "email": email, "team": team, "calendar": calendar, "is_active": active})
    changes = {**named, **fields}
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
    changes = given({"capacity": leads, "per_day": per_day, "per_week": per_week})
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
        typer.Argument(
            metavar="WAY...",
            help="email, slack:U123, slack:C456@U123, webhook:https://x#SECRET, apprise:#SECRET",
        ),
    ],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """How a rep is told of their leads: one or more ways, each CHANNEL[:TO][#SECRET]."""
    _patch(rep, {"notify": [read_way(each) for each in ways]}, stack, as_json=as_json)


def team(
    team: Annotated[str, typer.Argument(metavar="TEAM", help="A team's id.")],
    name: Annotated[
        str | None, typer.Option(help="The team's name; of a new one its id unless given.")
    ] = None,
    lead: Annotated[
        str | None,
        typer.Option(metavar="REP", help="Who decides when nobody else answers; none: nobody any more."),
    ] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Make or change a team, and say who leads it; what is left out stays."""
    with open_client(stack) as client:
        known = {each["id"]: each for each in client.get(Service.ROUTER, "/v1/teams")["teams"]}
        before = known.get(team, {"name": team, "lead": None, "notify": []})
        body = {
            "name": name or before["name"],
            "lead": before["lead"] if lead is None else lead if lead != "none" else None,
            "notify": before["notify"],
        }
        headers = {"X-Operator": operator_name()}
        made = client.request("PUT", Service.ROUTER, f"/v1/teams/{team}", json=body, headers=headers).json()
    if as_json:
        print_json(made)
    else:
        print_fields({"team": made["id"], "name": made["name"], "lead": made["lead"]})


def _patch(rep: str, changes: Mapping[str, Any], stack: Any, *, as_json: bool) -> None:
    with open_client(stack) as client:
        headers = {"X-Operator": operator_name()}
        answer = client.request("PATCH", Service.ROUTER, f"/v1/reps/{rep}", json=changes, headers=headers)
    show_rep(answer.json(), as_json=as_json)
