"""`baton person merges`, `baton person undo-merge`: who was found to be one, parted where that was wrong."""

from typing import Annotated, Any

import typer

from baton_cli.audit import operator_name
from baton_cli.client import open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.identities import ACT, MERGED, is_beginning, whole_id
from baton_cli.moments import brief
from baton_cli.output import print_json, print_line, print_table
from baton_cli.stack import Service
from scoring.cli.whom import Reason, Yes, find_person, read_who, refuse_naming

COLUMNS = (
    "when (UTC)",
    "person",
    "name",
    "is",
    "name there",
    "by submission",
    "undone (UTC)",
    "can be undone until",
)

Whose = Annotated[
    str | None,
    typer.Argument(metavar="[WHO]", help="Of this person only; else of everybody.", show_default=False),
]
Other = Annotated[
    str,
    typer.Argument(
        metavar="WHO",
        help="The person to part, by the id that `baton person merges` shows, or its beginning.",
        show_default=False,
    ),
]


def merges(
    who: Whose = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="So many, the newest.")] = 50,
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Persons found to be one, the newest first: by which submission, and until when that can be undone."""
    with open_client(stack) as client:
        person = find_person(client, who)["person_id"] if who else None
        found = client.get(Service.SCORING, "/v1/merges", person_id=person, limit=limit)
    if as_json:
        print_json(found)
        return
    if not found["merges"]:
        print_line("Nobody was found to be somebody else.")
        return
    print_table(COLUMNS, map(_row, found["merges"]), optional=("undone (UTC)",))


def undo_merge(
    who: Other, reason: Reason, yes: Yes = False, stack: StackFile = None, as_json: AsJson = False
) -> None:
    """Part a person from whom they were found to be; what showed them to be one does so no more."""
    with open_client(stack) as client:
        if is_beginning(who.strip().lower(), ACT):
            person = whole_id(client, MERGED, who, least=ACT)
        else:
            person = read_who(who).get("person_id") or find_person(client, who)["person_id"]
        refuse_naming(who, None, reason)
        if not yes:
            typer.confirm(f"{person} will be a person of their own again. Go on?", abort=True, err=True)
        order = {"by": operator_name(), "reason": reason}
        done: dict[str, Any] = client.post(Service.SCORING, f"/v1/persons/{person}/undo-merge", order)
    if as_json:
        print_json(done)
        return
    print_line(f"Parted {brief(done['at'])} UTC. {done['person_id']} stays who they were.")
    for each in done["parted"]:
        leads = ", ".join(each["leads_moved"]) or "none"
        print_line(f"{each['person_id']} stands alone again; leads that went along: {leads}.")
    print_line(
        "What they had sent into a lead of the other stands in a lead of their own now (`baton leads`). "
        "A lead with a rep stays with that rep."
    )


def _row(merge: dict[str, Any]) -> tuple[object, ...]:
    undone = merge["undone_at"]
    return (
        brief(merge["at"]),
        merge["person_id"],
        merge["name"],
        merge["merged_into"],
        merge["merged_into_name"],
        merge["submission_id"],
        undone and brief(undone),
        None if undone else brief(merge["undo_until"]),
    )
