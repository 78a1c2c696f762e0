"""`baton agreement object|uphold|excuse|objections` and `baton incident`: what is held against the count."""

from typing import Annotated, Any, Literal

import typer

from baton_cli.audit import operator_name
from baton_cli.client import items, open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.errors import BadUsage
from baton_cli.identities import ACT, INCIDENT, OBJECTION, whole_id
from baton_cli.leads import find_lead
from baton_cli.moments import brief, brief_utc, read_moment
from baton_cli.output import print_fields, print_json, print_line, print_table, progress
from baton_cli.stack import Service
from lead_events.words import TimerKind

incident = command_group(help="Windows in which nobody is to blame: their breaches are excused.")

Side = Annotated[str, typer.Option("--side", help="marketing or sales.", show_default=False)]
Why = Annotated[str, typer.Option("--why", help="The reason, in a sentence.", show_default=False)]
WhichObjection = Annotated[
    str,
    typer.Argument(
        metavar="OBJECTION", help="Its id from `baton agreement objections`, or at least eight characters."
    ),
]
_OBJECTIONS = (
    *("id", "when (UTC)", "about", "promise", "lead", "happened (UTC)"),
    *("side", "by", "reason", "verdict", "decided by", "why"),
)
_SIGN_SECONDS = 120.0
_BEGIN = "Its beginning, such as 2026-11-29T10:00Z."


def object_to(
    lead: Annotated[
        str, typer.Argument(metavar="LEAD", help="The lead's id, the beginning of it, or an e-mail.")
    ],
    about: Annotated[str, typer.Option(help="rejection or breach.", show_default=False)],
    side: Side,
    reason: Annotated[str, typer.Option(help="What is wrong with it, in a sentence.", show_default=False)],
    kind: Annotated[TimerKind | None, typer.Option(help="Which promise, where several were broken.")] = None,
    number: Annotated[int | None, typer.Option("--round", min=1, help="Which handoff of the lead.")] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Object to a rejection or a breach, within the days of the agreement."""
    body: dict[str, Any] = {"about": _about(about), "side": _side(side), "reason": reason}
    if kind is not None:
        body["kind"] = kind.value
    if number is not None:
        body["round"] = number
    with open_client(stack) as client:
        body["lead"] = str(find_lead(client, lead))
        found = client.post(Service.SLA_MONITOR, "/v1/objections", body, headers=_signed())
    if as_json:
        print_json(found)
    else:
        promise = _promise(found)
        print_line(f"Objection {found['id']}{f' to {promise}' if promise else ''} waits for a decision:")
        for word in ("uphold", "excuse"):
            print_line(f'baton agreement {word} {found["id"]} --why "..."')


def uphold(objection: WhichObjection, why: Why, stack: StackFile = None, as_json: AsJson = False) -> None:
    """Leave as it is what was objected to."""
    _decide(objection, "uphold", why, stack, as_json=as_json)


def excuse(objection: WhichObjection, why: Why, stack: StackFile = None, as_json: AsJson = False) -> None:
    """Take off the count what was objected to."""
    _decide(objection, "excuse", why, stack, as_json=as_json)


def objections(
    is_open: Annotated[bool, typer.Option("--open", help="Only those that wait for a decision.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = 50,
    cursor: Annotated[
        str | None, typer.Option(metavar="TEXT", help="`next_cursor` of the page before, from --json.")
    ] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Objections and how they were decided, the newest first."""
    waiting = True if is_open else None
    with open_client(stack) as client:
        page = client.get(Service.SLA_MONITOR, "/v1/objections", open=waiting, limit=limit, cursor=cursor)
    found = items(page, "objections")
    if as_json:
        print_json(page)
    elif not found:
        print_line("Nobody has objected to anything.")
    else:
        print_table(_OBJECTIONS, map(_listed, found), optional=["promise", "decided by", "why"])
        if page.get("next_cursor"):
            progress(f"There may be more: --limit, or --cursor {page['next_cursor']}")


def _listed(each: dict[str, Any]) -> tuple[object, ...]:
    return (
        *(each["id"], brief(each["at"]), each["about"], _promise(each), each["lead_id"]),
        *(brief(each["happened_at"]), each["side"], each["by"], each["reason"]),
        *(each["verdict"] or "open", each["decided_by"], each["why"]),
    )


@incident.command("add")
def add_incident(
    start: Annotated[str, typer.Option("--from", metavar="MOMENT", help=_BEGIN, show_default=False)],
    until: Annotated[str, typer.Option(metavar="MOMENT", help="Its end.", show_default=False)],
    why: Why,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Excuse every breach whose due time lies in a window, at once."""
    begin, end = read_moment(start, "--from"), read_moment(until, "--until")
    body = {"from": begin.isoformat(), "until": end.isoformat(), "why": why}
    with open_client(stack) as client:
        found = client.post(Service.SLA_MONITOR, "/v1/incidents", body, headers=_signed())
    if as_json:
        print_json(found)
    else:
        print_line(f"Incident {found['id']}: breaches due in it are counted for nobody.")


@incident.command("list")
def list_incidents(stack: StackFile = None, as_json: AsJson = False) -> None:
    """Windows, the newest first, those taken back too."""
    with open_client(stack) as client:
        page = client.get(Service.SLA_MONITOR, "/v1/incidents")
    found = items(page, "incidents")
    if as_json:
        print_json(page)
    elif not found:
        print_line("There is no incident.")
    else:
        rows = [
            (
                each["id"],
                brief_utc(each["from"]),
                brief_utc(each["until"]),
                each["breaches"],
                each["why"],
                each["by"],
                each["retracted_by"],
            )
            for each in found
        ]
        columns = ["id", "from (UTC)", "until (UTC)", "breaches", "why", "by", "taken back by"]
        print_table(columns, rows, optional=["taken back by"])


@incident.command("retract")
def retract_incident(
    named: Annotated[
        str,
        typer.Argument(
            metavar="INCIDENT", help="Its id from `baton incident list`, or at least eight characters."
        ),
    ],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Take a window back: it excuses nothing any more, and stays to be seen."""
    with open_client(stack) as client:
        identity = whole_id(client, INCIDENT, named, least=ACT)
        path = f"/v1/incidents/{identity}"
        answer = client.request("DELETE", Service.SLA_MONITOR, path, headers=_signed())
    if as_json:
        print_json(answer.json())
    else:
        print_line(f"Incident {identity} excuses nothing any more.")


def close_month(
    month: Annotated[str, typer.Option(metavar="2026-11", help="Which month.", show_default=False)],
    side: Side,
    name: Annotated[str, typer.Option(help="Who signs, as it is to stand there.", show_default=False)],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Sign a month for a side; with the second signature it is closed."""
    with open_client(stack, timeout=_SIGN_SECONDS) as client:
        path = f"/v1/reports/{month}/sign"
        body = {"side": _side(side), "name": name}
        found = client.post(Service.SLA_MONITOR, path, body, headers=_signed())
    if as_json:
        print_json(found)
    elif found["is_closed"]:
        print_line(f"{found['period']} is closed: its figures stand as they are.")
    else:
        print_line(f"{found['period']} is signed for {found['side']}; the other side's signature closes it.")


def _decide(
    objection: str, word: Literal["uphold", "excuse"], why: str, stack: StackFile, *, as_json: bool
) -> None:
    with open_client(stack) as client:
        path = f"/v1/objections/{whole_id(client, OBJECTION, objection, least=ACT)}/{word}"
        found = client.post(Service.SLA_MONITOR, path, {"why": why}, headers=_signed())
    if as_json:
        print_json(found)
    else:
        print_fields({"objection": found["id"], "verdict": found["verdict"], "by": found["decided_by"]})


def _signed() -> dict[str, str]:
    """The name that what is done here is kept under."""
    return {"X-Operator": operator_name()}


def _promise(found: dict[str, Any]) -> str | None:
    """The promise an objection is about; None for a rejection."""
    if not found.get("kind"):
        return None
    return f"{found['kind'].replace('_', ' ')}, round {found['round']}, {found['rep_id']}"


def _side(said: str) -> str:
    if said not in ("marketing", "sales"):
        raise BadUsage(f"--side {said}: write marketing or sales")
    return said


def _about(said: str) -> str:
    if said not in ("rejection", "breach"):
        raise BadUsage(f"--about {said}: write rejection or breach")
    return said
