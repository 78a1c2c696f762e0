"""`baton replay submissions`: stored submissions mapped again after a form's mapping was mended."""

from time import sleep
from typing import Annotated, Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import Client, open_client
from baton_cli.commands import AsJson, StackFile, command_group
from baton_cli.moments import brief, in_utc, read_moment
from baton_cli.output import print_fields, print_json, print_line, progress
from baton_cli.stack import Service
from scoring.cli import broken

MEANING = {
    "changed": "come out otherwise, those in quarantine as leads where nothing more is missing",
    "same": "come out the same",
    "still_incomplete": "wait in quarantine, and still lack what the form requires",
    "would_lose_contact": "are leads, and would lose what the form requires: left as they are",
    "unreadable": "could not be decoded when they came, or are kept no more",
    "broken": "come out as something no profile can hold: look at the mapping",
}

replay = command_group(help="Have stored submissions mapped again, after a form's mapping was mended.")


@replay.callback()
def _about() -> None:
    """Keeps `submissions` a subcommand while it is the only one."""


@replay.command()
def submissions(
    form: Annotated[str, typer.Option("--form", metavar="FORM", help="Of this form.", show_default=False)],
    since: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="Received then or later: 2026-11-26T10:00:00Z.", show_default=False
        ),
    ],
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Received before. [default: now]", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Kept as audit.")] = "no reason given",
    wait: Annotated[bool, typer.Option(help="Wait until every submission has been looked at.")] = True,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Map the submissions of a form again: each keeps its id and replaces what it said, none twice."""
    wanted = {"form": form, "since": in_utc(read_moment(since, "--since")), "dry_run": dry_run}
    if until is not None:
        wanted["until"] = in_utc(read_moment(until, "--until"))
    if not dry_run:
        wanted |= {"by": operator_name(), "why": why}
    with open_client(stack) as client:
        answer = client.post(Service.SCORING, "/v1/replays", wanted)
        if wait and not dry_run:
            answer = _finished(client, answer)
    if as_json:
        print_json(answer)
    else:
        _show(answer)


def _finished(client: Client, replay: dict[str, Any]) -> dict[str, Any]:
    """The replay once every submission has been looked at; it goes on without us too."""
    if replay["starts_at"] > replay["at"]:
        progress(
            f"Version {replay['rulebook_version']} of the rulebook takes effect at "
            f"{brief(replay['starts_at'])} UTC; the replay begins then."
        )
    while replay.get("finished_at") is None:
        sleep(1)
        replay = client.get(Service.SCORING, f"/v1/replays/{replay['replay_id']}")
        progress(f"{replay['seen']} looked at ...")
    return replay


def _show(answer: dict[str, Any]) -> None:
    print_line(f"{answer['seen']} looked at, by rulebook version {answer['rulebook_version']}")
    counts = answer["counts"]
    print_fields({f"  {counts[name]}": text for name, text in MEANING.items() if counts.get(name)})
    for each in answer.get("sample", []):
        print_line(f"\n{each['submission_id']}  {brief(each['received_at'])} UTC  {each['state']}")
        print_fields(
            {
                f"  {name}": f"{change['before']!r} -> {change['after']!r}"
                for name, change in each["changed"].items()
            }
        )
    if answer.get("is_complete") is False:
        progress(
            "There are more: the dry run looks at so many only. Narrow --since and --until to see others."
        )
    if "replay_id" in answer and answer.get("finished_at") is None:
        print_line(f"It goes on in the background as {answer['replay_id']}.")
    broken.tell(answer)
