"""`baton rep`: who is in the roster, what they hold, and when they are away."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import Client, items, open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.leads import person_in
from baton_cli.moments import brief, brief_utc
from baton_cli.output import print_heading, print_json, print_line, print_table, progress
from baton_cli.stack import Service
from router.cli import rep_changes
from router.cli.own_token import OwnToken, own_token
from router.cli.rep_changes import RepName
from router.cli.rep_told import absence_told, changed, show_rep, still_to_come

rep = command_group(help="Reps: add and change them, their absences, their load, tokens and open leads.")

rep.command("add")(rep_changes.add)
rep.command("set")(rep_changes.change)
rep.command("hours")(rep_changes.hours)
rep.command("weight")(rep_changes.weight)
rep.command("capacity")(rep_changes.capacity)
rep.command("feeds")(rep_changes.feeds)
rep.command("notify")(rep_changes.notify)
rep.command("team")(rep_changes.team)

Reason = Annotated[str, typer.Option(help="Why; marketing and the audit never see it.")]


@rep.command("list")
def list_reps(stack: StackFile = None, as_json: AsJson = False) -> None:
    """The roster with everybody's load, who is away, and which feeds of absences fail."""
    with open_client(stack) as client:
        roster = items(client.get(Service.ROUTER, "/v1/reps"), "reps")
    if as_json:
        print_json({"reps": roster})
        return
    columns = ["rep", "name", "team", "lines", "open", "capacity", "weight", "calendar", "away until (UTC)"]
    keys = ("id", "name", "team", "lines", "open", "capacity", "weight", "calendar")
    rows = [[*(each.get(key) for key in keys), _presence(each)] for each in roster]
    print_table(columns, rows, optional=["away until (UTC)"])
    for each in roster:
        _warn_of_feeds(each)


@rep.command()
def show(rep: RepName, stack: StackFile = None, as_json: AsJson = False) -> None:
    """All that the roster says of a rep."""
    with open_client(stack) as client:
        found = client.get(Service.ROUTER, f"/v1/reps/{rep}")
    show_rep(found, as_json=as_json)
    if not as_json:
        _warn_of_feeds(found)


@rep.command()
def changes(
    rep: RepName,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """What was changed about a rep, before and after, by whom and when; the newest on top."""
    with open_client(stack) as client:
        found = items(client.get(Service.ROUTER, f"/v1/reps/{rep}/changes", limit=limit), "changes")
    if as_json:
        print_json({"rep": rep, "changes": found})
        return
    rows = [
        (brief(each["changed_at"]), each["changed_by"], *field) for each in found for field in changed(each)
    ]
    print_table(["when (UTC)", "by", "what", "before", "after"], rows)


@rep.command()
def away(
    rep: RepName,
    until: Annotated[
        str, typer.Option(metavar="DAY", help="Last day, or a local moment such as 2026-03-03T14:00.")
    ],
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="DAY", help="First day, or a local moment. [default: now]"),
    ] = None,
    reason: Reason = "away",
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """A rep is away. If they are now, leads they have not answered go on, and the rest is listed."""
    body = {"from": since, "until": until, "reason": reason}
    with open_client(stack) as client:
        done = _post(client, rep, "absences", {name: value for name, value in body.items() if value})
    if not as_json:
        print_line(absence_told(done["rep"], since, until, datetime.now(UTC)))
    _show_gone(done, as_json=as_json)


@rep.command()
def back(
    rep: RepName,
    since: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="First day at work. [default: now]")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="Last day at work. [default: as long as that absence was to last]"),
    ] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """A rep is back, or will be at work after all: an absence ends, whether said by hand or by a feed."""
    body = {name: value for name, value in (("from", since), ("until", until)) if value}
    with open_client(stack) as client:
        found = _post(client, rep, "back", body or None)
    show_rep(found, as_json=as_json)
    told = None if as_json else still_to_come(found, datetime.now(UTC))
    if told:
        print_line(told)


@rep.command()
def left(rep: RepName, stack: StackFile = None, as_json: AsJson = False) -> None:
    """A rep has left for good: what they have not answered goes on, and the rest is listed."""
    with open_client(stack) as client:
        done = _post(client, rep, "left")
    _show_gone(done, as_json=as_json)
    for team in () if as_json else done.get("teams_without_lead", ()):
        print_line(f"Team {team} has no lead now; name one: baton rep team {team} --lead REP")


@rep.command()
def unattended(
    team: Annotated[str, typer.Argument(metavar="TEAM", help="A team's id.")],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Open leads of a team's reps who are away now or have left; exit code 1 when there are any."""
    with open_client(stack) as client:
        found = items(client.get(Service.ROUTER, f"/v1/teams/{team}/unattended"), "leads")
    if as_json:
        print_json({"leads": found})
    elif found:
        _show_leads(found)
    else:
        print_line("No open lead of the team is with somebody who is away.")
    if found:
        raise typer.Exit(1)


@rep.command()
def token(rep: RepName, stack: StackFile = None, as_json: AsJson = False) -> None:
    """Make a new token for a rep; it is shown this once."""
    with open_client(stack) as client:
        made = client.post(Service.ROUTER, f"/v1/reps/{rep}/tokens")
    if as_json:
        print_json({"rep": rep, "token": made["token"]})
    else:
        print_line(made["token"])


@rep.command("calendar-token")
def calendar_token(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Who subscribes; an older token of the name ends.")
    ],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """The URL of the common calendar (absences, holidays, campaigns) for a subscriber; shown this once."""
    with open_client(stack) as client:
        made = _post_as_me(client, "/v1/calendar-tokens", {"name": name})
        url = client.stack.address(Service.ROUTER).rstrip("/") + made["path"]
    if as_json:
        print_json({**made, "url": url})
    else:
        print_line(url)


@rep.command()
def assignments(
    rep: RepName,
    token: OwnToken = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """The open leads of a rep, as the rep sees them, the one due first on top."""
    with open_client(stack) as client:
        own = own_token(client, rep, token)
        mine = items(client.get(Service.ROUTER, "/v1/me/assignments", token=own), "assignments")
    if as_json:
        print_json({"assignments": mine})
    elif not mine:
        print_line(f"{rep} has no open lead.")
    else:
        moments = ["accept by (UTC)", "respond by (UTC)", "accepted", "contacted"]
        rows = [(*_assignment_row(each), _paused(each)) for each in mine]
        print_table(["lead", "person", "quadrant", *moments, "paused"], rows, optional=["paused"])


def _paused(assignment: dict[str, Any]) -> str | None:
    """Why, and until when, of pauses that run."""
    found = [
        f"{each['code']} until {brief(each['until'])}" if each["until"] else each["code"]
        for each in assignment["paused"]
    ]
    return "; ".join(found) or None


def _post(client: Client, rep: str, act: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    return _post_as_me(client, f"/v1/reps/{rep}/{act}", body)


def _post_as_me(client: Client, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
    headers = {"X-Operator": operator_name()}
    answer: dict[str, Any] = client.post(Service.ROUTER, path, body, headers=headers)
    return answer


def _show_gone(done: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(done)
        return
    rep, count = done["rep"]["id"], len(done["reoffered"])
    moved = f"{count} unanswered lead{'s' * (count != 1)} of {rep} went on to somebody else."
    if count or done["rep"].get("away_until") or done["rep"].get("left_at"):
        print_line(moved if count else f"No lead of {rep} had to go on to somebody else.")
    if done["stay"]:
        print_heading(f"Still with {rep}, for the team lead to decide:")
        _show_leads(done["stay"])


def _show_leads(leads: list[dict[str, Any]]) -> None:
    moments = ("assigned_at", "accepted_at", "contacted_at", "respond_by")
    rows = [
        (
            each["lead_id"],
            each["rep_id"],
            each["line"],
            each["quadrant"],
            *(brief(each[key]) for key in moments),
        )
        for each in leads
    ]
    names = [key.removesuffix("_at").replace("_", " ") for key in moments]
    print_table(["lead", "rep", "line", "quadrant", *names], rows)


def _presence(rep: dict[str, Any]) -> str | None:
    if rep.get("left_at"):
        return "left"
    if not rep.get("is_active", True):
        return "not active"
    return brief_utc(rep.get("away_until")) if rep.get("away_until") else None


def _warn_of_feeds(rep: dict[str, Any]) -> None:
    for feed in rep.get("feeds") or []:
        if feed.get("failing_since"):
            since = brief_utc(feed["failing_since"])
            progress(f"{rep['id']}: the feed {feed['feed']} fails since {since}: {feed['problem']}")
        elif feed.get("unread"):
            progress(f"{rep['id']}: {feed['unread']} events of the feed {feed['feed']} say no usable time")


def _assignment_row(mine: dict[str, Any]) -> tuple[object, ...]:
    profile = mine["profile"]
    moments = ("accept_by", "respond_by", "accepted_at", "contacted_at")
    return mine["lead_id"], person_in(profile), mine["quadrant"], *(brief(mine[key]) for key in moments)
