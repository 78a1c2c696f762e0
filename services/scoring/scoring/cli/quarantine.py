"""`baton quarantine`: what waits for a person, and what they let go on or refuse."""

from time import sleep
from typing import Annotated, Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import Client, items, open_client
from baton_cli.commands import AsJson, Cursor, StackFile, command_group
from baton_cli.identities import ACT, SUBMISSION, whole_id
from baton_cli.moments import brief, in_utc, read_moment
from baton_cli.output import print_json, print_line, print_table, progress
from baton_cli.stack import Service
from lead_events.words import QuarantineReason
from scoring.cli import broken

OnlyForm = Annotated[str | None, typer.Option("--form", metavar="FORM", help="Only of this form.")]
OnlyReason = Annotated[
    QuarantineReason | None, typer.Option("--reason", help="Only put aside for this reason.")
]
Since = Annotated[
    str | None, typer.Option(metavar="TIME", help="Only received then or later: 2026-11-26T10:00:00Z.")
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Only received before.")]
WithText = Annotated[
    str | None,
    typer.Option("--text", metavar="TEXT", help="Only with this in the detail or in the fields as sent."),
]
Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SUBMISSION]...", help="Only these, by their ids or the first eight characters of them."
    ),
]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Kept as audit.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; the count is checked all the same.")]

quarantine = command_group(help="Submissions that wait for a person: list them, let them go on, refuse them.")


@quarantine.command("list")
def list_waiting(
    form: OnlyForm = None,
    reason: OnlyReason = None,
    since: Since = None,
    until: Until = None,
    text: WithText = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, newest first.")] = 50,
    cursor: Cursor = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Submissions that wait for a person, and why; exit code 1 when there are any."""
    wanted = _filter(form, reason, since, until, text)
    with open_client(stack) as client:
        page = client.get(Service.SCORING, "/v1/quarantine", limit=limit, cursor=cursor, **wanted)
    waiting = items(page, "quarantine")
    if as_json:
        print_json(page)
    elif waiting:
        _show(page, waiting)
    else:
        print_line("Nothing in quarantine." if not wanted else "Nothing in quarantine matches.")
    if waiting:
        raise typer.Exit(1)


@quarantine.command()
def release(
    submissions: Ids = None,
    form: OnlyForm = None,
    reason: OnlyReason = None,
    since: Since = None,
    until: Until = None,
    text: WithText = None,
    why: Why = "no reason given",
    yes: Yes = False,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Let what matches go on as leads; the rule that held it is not met again, and who did it is kept."""
    wanted = _filter(form, reason, since, until, text)
    with open_client(stack) as client:
        _decide(client, "release", wanted, submissions, why, yes=yes, as_json=as_json)


@quarantine.command()
def refuse(
    submissions: Ids = None,
    form: OnlyForm = None,
    reason: OnlyReason = None,
    since: Since = None,
    until: Until = None,
    text: WithText = None,
    why: Why = "no reason given",
    yes: Yes = False,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Make no leads of what matches: kept as refused, with the reason and who decided."""
    wanted = _filter(form, reason, since, until, text)
    with open_client(stack) as client:
        _decide(client, "refuse", wanted, submissions, why, yes=yes, as_json=as_json)


def _decide(
    client: Client,
    kind: str,
    wanted: dict[str, Any],
    named: list[str] | None,
    why: str,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Count, ask, act on exactly as many as were counted, and wait until it is done."""
    path = f"/v1/quarantine/{kind}"
    if named:
        wanted |= {"ids": [whole_id(client, SUBMISSION, each, least=ACT) for each in named]}
    counted = client.post(Service.SCORING, path, {"filter": wanted, "dry_run": True})
    if not counted["matching"]:
        print_json({"matched": 0}) if as_json else print_line("Nothing in quarantine matches.")
        return
    if not yes:
        _ask(kind, counted)
    order = {"filter": wanted, "expected": counted["matching"], "by": operator_name(), "why": why}
    done = _finished(client, client.post(Service.SCORING, path, order))
    if as_json:
        print_json(done)
    else:
        print_line(f"{done['done']} {kind}d. Kept as action {done['action_id']}, with who and why.")
        broken.tell(done)


def _ask(kind: str, counted: dict[str, Any]) -> None:
    rows = [(each["form_id"], each["reason"], each["waiting"]) for each in counted["counts"]]
    print_table(["form", "reason", "waiting"], rows)
    typer.confirm(f"{kind.capitalize()} these {counted['matching']}?", abort=True, err=True)


def _finished(client: Client, action: dict[str, Any]) -> dict[str, Any]:
    """The action once it is finished: a large one goes on in the background."""
    while action.get("finished_at") is None:
        progress(f"{action['done']} of {action['matched']} ...")
        sleep(1)
        action = client.get(Service.SCORING, f"/v1/quarantine/actions/{action['action_id']}")
    return action


def _show(page: dict[str, Any], waiting: list[dict[str, Any]]) -> None:
    columns = ["submission", "received (UTC)", "form", "reason", "detail", "decided"]
    rows = [
        (
            each["submission_id"],
            brief(each["received_at"]),
            *(each.get(key) for key in ("form_id", "reason", "detail")),
            "on its way" if each.get("action_id") else "",
        )
        for each in waiting
    ]
    print_table(columns, rows, optional=["decided"])
    if page.get("next"):
        progress(f"{page['matching']} wait: --limit, or --cursor {page['next']}")


def _filter(
    form: str | None,
    reason: QuarantineReason | None,
    since: str | None,
    until: str | None,
    text: str | None,
) -> dict[str, Any]:
    """What narrows the choice, as scoring reads it."""
    given = {
        "form": form,
        "reason": reason and reason.value,
        "since": since and in_utc(read_moment(since, "--since")),
        "until": until and in_utc(read_moment(until, "--until")),
        "text": text,
    }
    return {name: value for name, value in given.items() if value is not None}
