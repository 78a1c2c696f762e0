"""What the router offers to the `baton` command about access: tokens, and who changed what."""

import json
from typing import Annotated, Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import items, open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.errors import BadUsage
from baton_cli.identities import ACT, TOKEN, whole_id
from baton_cli.moments import brief, in_utc, read_moment
from baton_cli.output import print_json, print_line, print_table
from baton_cli.stack import Service, service_named

token = command_group(help="Tokens of people and programs: make one, list them, end one.")
Limit = Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")]


@token.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is, or what it is for.")],
    role: Annotated[str, typer.Option(help="rep, team_lead, manager, operator or machine.")],
    rep: Annotated[str | None, typer.Option(help="Of rep and team_lead: the rep's id.")] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="As leads:read; may be repeated. Left out: all of the role.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=400, help="How long it is good.")] = 365,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a token; it is shown this once."""
    body: dict[str, Any] = {"name": name, "role": role, "days": days}
    body |= ({"rep": rep} if rep is not None else {}) | ({"scopes": scope} if scope else {})
    with open_client(stack) as client:
        made = client.post(Service.ROUTER, "/v1/tokens", body, headers={"X-Operator": operator_name()})
    if as_json:
        print_json(made)
    else:
        print_line(made["token"])


@token.command("list")
def list_tokens(
    over: Annotated[bool, typer.Option("--over", help="Those that have ended too.")] = False,
    limit: Limit = 100,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """List tokens, the newest first; never the tokens themselves."""
    with open_client(stack) as client:
        found = items(client.get(Service.ROUTER, "/v1/tokens", over=over, limit=limit), "tokens")
    if as_json:
        print_json({"tokens": found})
        return
    columns = ["id", "name", "role", "rep", "good until (UTC)", "last used (UTC)", "revoked (UTC)"]
    print_table(columns, [_token_row(each) for each in found], optional=["revoked (UTC)"])


@token.command("revoke")
def revoke(
    token_id: Annotated[
        str, typer.Argument(metavar="ID", help="Or the beginning of it; `baton token list` shows it.")
    ],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """End a token: it opens nothing from now on."""
    with open_client(stack) as client:
        headers = {"X-Operator": operator_name()}
        identity = whole_id(client, TOKEN, token_id, least=ACT)
        ended = client.post(Service.ROUTER, f"/v1/tokens/{identity}/revoke", headers=headers)
    if as_json:
        print_json(ended)
    else:
        print_line(f"{ended['name']} opens nothing any more.")


def audit(
    service: Annotated[
        list[str] | None, typer.Option(help="Only of this service; may be repeated. [default: all four]")
    ] = None,
    subject: Annotated[str | None, typer.Option("--by", help="A rep's id, or a token's name.")] = None,
    action: Annotated[str | None, typer.Option(help="As rep.change or lead.assign.")] = None,
    object_kind: Annotated[str | None, typer.Option("--kind", help="As rep, lead, token or team.")] = None,
    object_id: Annotated[str | None, typer.Option("--id", help="Of what was changed.")] = None,
    since: Annotated[str | None, typer.Option(help="Only from then on, as 2026-03-01T09:00:00Z.")] = None,
    before: Annotated[
        int | None, typer.Option(min=1, help="Entries older than this one; with one --service.")
    ] = None,
    limit: Limit = 100,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Show who changed what, and from what to what, in all services, the newest first."""
    services = [service_named(each) for each in service or ()] or list(Service)
    if before is not None and len(services) > 1:
        raise BadUsage("Each service numbers its own entries: name one with --service beside --before.")
    asked = {"subject": subject, "action": action, "object_kind": object_kind, "object_id": object_id}
    asked["since"] = in_utc(read_moment(since, "--since")) if since else None
    with open_client(stack) as client:
        found = [
            {"service": each.spoken, **entry}
            for each in services
            for entry in items(client.get(each, "/v1/audit", **asked, before=before, limit=limit), "audit")
        ]
    found = sorted(found, key=lambda entry: str(entry["at"]), reverse=True)[:limit]
    if as_json:
        print_json({"audit": found})
        return
    columns = ["service", "entry", "when (UTC)", "by", "role", "what", "of", "changed"]
    print_table(columns, [_entry_row(each) for each in found])


def _token_row(each: dict[str, Any]) -> list[Any]:
    moments = [brief(each[name]) for name in ("expires_at", "last_used_at", "revoked_at")]
    return [each["id"], each["name"], each["role"], each["rep_id"], *moments]


def _entry_row(each: dict[str, Any]) -> list[Any]:
    thing = f"{each['object_kind']} {each['object_id']}"
    when, detail = brief(each["at"]), each["detail"]
    who = [each["service"], each["id"], when, each["name"], each["role"], each["action"], thing]
    return [*who, _changed(detail.get("changes", {}), detail.get("fields", []))]


def _changed(changes: dict[str, list[Any]], fields: list[str]) -> str:
    """From what to what where that is kept, of what is new what it is; else the names of what was sent."""
    told = [
        f"{name}: {_value(after)}" if before is None else f"{name}: {_value(before)} -> {_value(after)}"
        for name, (before, after) in changes.items()
    ]
    return "; ".join([*told, *(name for name in fields if name not in changes)])


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
