"""`baton lead repairs`: what reps gave back for marketing, and which of two leads are one person's."""

from typing import Annotated, Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import Client, items, open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.errors import BadUsage, CommandFailed
from baton_cli.identities import ACT, DUPLICATE, REPAIR, whole_id
from baton_cli.leads import person_in
from baton_cli.moments import brief
from baton_cli.output import print_json, print_line, print_table, progress
from baton_cli.stack import Service

_DOUBTS = {
    "two_people": "each has an e-mail or id of their own",
    "kept_apart": "parted by hand before",
    "failed": "the two could not be made one",
}
_ASKED = "One person or two? --merge ID or --apart ID answers."


def repairs(
    done: Annotated[
        str | None,
        typer.Option(
            "--done", metavar="ID", help="Take one off, by its id or the beginning of it: it is put right."
        ),
    ] = None,
    merge: Annotated[
        str | None, typer.Option("--merge", metavar="ID", help="Answer a question: the two are one person.")
    ] = None,
    apart: Annotated[
        str | None, typer.Option("--apart", metavar="ID", help="Answer a question: they are two people.")
    ] = None,
    why: Annotated[
        str | None, typer.Option("--why", metavar="TEXT", help="How you know; kept with the answer.")
    ] = None,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Leads that reps gave back for wrong data or as duplicates, and which of two may be one person's."""
    if (merge or apart) and not why:
        raise BadUsage("Write how you know that, with --why: the next who asks reads it.")
    with open_client(stack) as client:
        if done is not None:
            headers = {"X-Operator": operator_name()}
            repair = whole_id(client, REPAIR, done, least=ACT)
            client.post(Service.ROUTER, f"/v1/repairs/{repair}/resolve", {}, headers=headers)
        for identity, answer in ((merge, "merge"), (apart, "apart")):
            if identity is not None:
                _say(client, whole_id(client, DUPLICATE, identity, least=ACT), answer, str(why))
        found = items(client.get(Service.ROUTER, "/v1/repairs"), "repairs")
        asked, trouble = _asked(client)
    if as_json:
        print_json({"repairs": found, "duplicates": asked})
    else:
        _show(found, asked)
    if trouble is not None:
        progress(f"Whether there are questions about duplicates is not known: {trouble}")


def _say(client: Client, identity: str, answer: str, why: str) -> None:
    body = {"by": operator_name(), "reason": why}
    client.post(Service.SCORING, f"/v1/duplicates/{identity}/{answer}", body)


def _asked(client: Client) -> tuple[list[dict[str, Any]], CommandFailed | None]:
    """Scoring's questions; while it is away, the rest is shown all the same."""
    try:
        return items(client.get(Service.SCORING, "/v1/duplicates", limit=500), "duplicates"), None
    except CommandFailed as error:
        return [], error


def _show(found: list[dict[str, Any]], asked: list[dict[str, Any]]) -> None:
    if found:
        columns = ["repair", "lead", "who", "what", "since (UTC)", "by", "note"]
        print_table(columns, [_repair_row(each) for each in found], optional=["note"])
    if asked:
        print_line(_ASKED)
        columns = ["question", "lead", "who", "is, says", "lead", "who", "since (UTC)", "in doubt"]
        print_table(columns, [_question_row(each) for each in asked])
    if not found and not asked:
        print_line("Nothing is to be put right.")


def _repair_row(each: dict[str, Any]) -> tuple[object, ...]:
    who, what = person_in(each["profile"]), each["kind"].replace("_", " ")
    return each["id"], each["lead_id"], who, what, brief(each["at"]), each["rep_name"], each["note"]


def _question_row(each: dict[str, Any]) -> tuple[object, ...]:
    who, there = person_in(each["profile"]), person_in(each["of_profile"])
    said = each["rep_id"], each["of_lead_id"], there, brief(each["at"])
    return each["id"], each["lead_id"], who, *said, _DOUBTS.get(each["why"], each["why"])
