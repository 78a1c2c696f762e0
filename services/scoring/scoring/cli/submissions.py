"""`baton submission`: one submission as it came, and what became of it."""

from typing import Annotated, Any

import typer

from baton_cli.client import Client, open_client
from baton_cli.commands import AsJson, StackFile
from baton_cli.errors import FoundNothing
from baton_cli.identities import SUBMISSION, whole_id
from baton_cli.moments import brief_utc
from baton_cli.output import print_fields, print_json, print_line
from baton_cli.stack import Service


def submission(
    submission: Annotated[
        str, typer.Argument(metavar="SUBMISSION", help="The id that intake answered, or the beginning of it.")
    ],
    stack: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """A submission as it came, and what became of it."""
    with open_client(stack) as client:
        found = _submission(client, whole_id(client, SUBMISSION, submission))
    if as_json:
        print_json(found)
        return
    event, decided = found.pop("event", {}), found.pop("decisions", [])
    print_fields(found | {"form": event.get("form_id"), "flags": event.get("flags")})
    for each in decided:
        print_line(f"{each['kind']} by {each['by']}, {brief_utc(each['at'])}: {each['why']}")
    print_line("\nas it came")
    print_fields({f"  {name}": value for name, value in event.get("fields", {}).items()})


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
