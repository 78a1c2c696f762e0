"""`baton submission`: one submission as it came, and what became of it."""

import re
from typing import Annotated, Any

import typer

from baton_cli.client import Client, items, open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.errors import BadUsage, FoundNothing
from baton_cli.leads import read_id
from baton_cli.moments import brief, brief_utc
from baton_cli.output import print_fields, print_json, print_line, print_table
from baton_cli.stack import Service

_PREFIX = re.compile(r"[0-9a-f-]{4,35}")


def submission(
    submission: Annotated[
        str, typer.Argument(metavar="SUBMISSION", help="The id that intake answered, or the beginning of it.")
    ],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """A submission as it came, and what became of it."""
    with open_client(stack) as client:
        found = _submission(client, _identity(client, submission))
    if as_json:
        print_json(found)
        return
    event, decided = found.pop("event", {}), found.pop("decisions", [])
    print_fields(found | {"form": event.get("form_id"), "flags": event.get("flags")})
    for each in decided:
        print_line(f"{each['kind']} by {each['by']}, {brief_utc(each['at'])}: {each['why']}")
    print_line("\nas it came")
    print_fields({f"  {name}": value for name, value in event.get("fields", {}).items()})


def _identity(client: Client, named: str) -> str:
    """The whole id. Raises BadUsage where none or several begin so."""
    text = named.strip().lower()
    whole = read_id(text)
    if whole is not None:
        return whole
    if not _PREFIX.fullmatch(text):
        raise BadUsage(
            f"{named!r} is no submission id: write it as intake answered it or `baton quarantine list` shows "
            "it, at least its first four characters."
        )
    found = items(client.get(Service.SCORING, "/v1/submissions", id_prefix=text), "submissions")
    if len(found) == 1:
        return str(found[0]["submission_id"])
    if not found:
        raise FoundNothing(f"There is no submission whose id begins with {named}.")
    ids = [(each["submission_id"], brief(each["received_at"]), each["form_id"]) for each in found]
    print_table(["submission", "received (UTC)", "form"], ids)
    raise BadUsage(f"Several submissions begin with {named}: write more of the id.")


def _submission(client: Client, identity: str) -> dict[str, Any]:
    """A submission as scoring has it. Raises FoundNothing, which says so where the id is a lead's."""
    try:
        found: dict[str, Any] = client.get(Service.SCORING, f"/v1/submissions/{identity}")
    except FoundNothing:
        try:
            client.get(Service.SCORING, f"/v1/leads/{identity}")
        except FoundNothing:
            pass
        else:
            raise FoundNothing(
                f"There is no submission {identity}: it is a lead's id, which `baton why {identity}` tells."
            ) from None
        raise
    return found
