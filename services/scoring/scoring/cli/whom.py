"""A person as an operator names them on a command line, and why something is done about them."""

from typing import Annotated, Any

import typer

from baton_cli.client import Client
from baton_cli.errors import BadUsage
from baton_cli.identities import read_id
from baton_cli.stack import Service

Who = Annotated[
    str,
    typer.Argument(
        metavar="WHO",
        help="E-mail, phone with + and country code, person id, or external:ID.",
        show_default=False,
    ),
]
Reason = Annotated[
    str,
    typer.Option(
        "--reason", metavar="TEXT", help="Why; kept for good, so leave the person's data out of it."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask again.")]


def read_who(who: str) -> dict[str, str]:
    """The field of scoring's API that names a person. Raises BadUsage."""
    text = who.strip()
    if text.startswith("external:"):
        return {"external_id": text.removeprefix("external:")}
    if "@" in text:
        return {"email": text}
    if text.startswith("+"):
        return {"phone": text}
    identity = read_id(text)
    if identity is not None:
        return {"person_id": identity}
    raise BadUsage(
        f"{who!r} names nobody: write an e-mail, a phone with + and country code, a person id of 36 "
        "characters, or external:ID."
    )


def find_person(client: Client, who: str) -> dict[str, Any]:
    """What scoring keeps of a person. Raises BadUsage, FoundNothing."""
    found: dict[str, Any] = client.post(Service.SCORING, "/v1/persons/find", read_who(who))
    return found


def refuse_naming(who: str, found: dict[str, Any] | None, reason: str) -> None:
    """Raises BadUsage for a reason with the person's e-mail or phone, before anybody is asked to go on.
    Scoring refuses them in more spellings."""
    profile = (found or {}).get("profile") or {}
    known = [who if "@" in who or who.startswith("+") else "", profile.get("email"), profile.get("phone")]
    written = reason.lower()
    if any(each and each.strip().lower() in written for each in known):
        raise BadUsage(
            "--reason: it is kept for good; write it without the person's e-mail or phone, as "
            "'asked for it in ticket 12'."
        )
