"""A lead as people name it: by its id, the beginning of it, or the person's e-mail."""

from typing import Any

from baton_cli.client import Client, items
from baton_cli.errors import BadUsage, CommandFailed, FoundNothing
from baton_cli.identities import is_beginning, read_id, several
from baton_cli.stack import Service

PAGE = 200
"""Leads of one name that are looked at, newest first; more than one open makes the name ambiguous anyway."""


def find_lead(client: Client, named: str) -> str:
    """The id of the one lead that `named` means; of several with one e-mail, the one that is open.

    Raises FoundNothing when none is meant, BadUsage when several are, or `named` is too short.
    """
    text = named.strip().lower()
    whole = read_id(text)
    if whole is not None:
        return _whole(client, whole)
    if "@" not in text and not is_beginning(text):
        raise BadUsage(
            f"{named!r} names no lead: write its id, at least the first four characters of it, or an e-mail; "
            "`baton leads` lists leads."
        )
    return _only_one(named, search(client, text))


def search(client: Client, text: str) -> list[dict[str, Any]]:
    """Leads whose person has this e-mail, or whose id begins so, newest first."""
    wanted = {"email": text} if "@" in text else {"id_prefix": text}
    return items(client.get(Service.SCORING, "/v1/leads", limit=PAGE, **wanted), "leads")


def lead_id(lead: dict[str, Any]) -> str:
    """The id of a lead in an answer of scoring."""
    return str(lead["lead_id"])


def person_in(profile: dict[str, Any] | None) -> str:
    """Who it is, in a few words: name and company, else what they are known by."""
    known = profile or {}
    spelled = " ".join(part for part in (known.get("first_name"), known.get("last_name")) if part)
    keys = (known.get(key) for key in ("email", "phone", "external_id"))
    name = known.get("name") or spelled or next(filter(None, keys), "?")
    return f"{name} ({known['company']})" if known.get("company") else str(name)


def _whole(client: Client, identity: str) -> str:
    """The same id, unless scoring knows that it is no lead's; while scoring is away, others may know."""
    try:
        client.get(Service.SCORING, f"/v1/leads/{identity}")
    except FoundNothing:
        raise FoundNothing(f"There is no lead {identity}{_instead(client, identity)}") from None
    except CommandFailed:
        pass
    return identity


def _instead(client: Client, identity: str) -> str:
    """What the id is when it is no lead's."""
    try:
        submission = client.get(Service.SCORING, f"/v1/submissions/{identity}")
    except CommandFailed:
        return "; `baton leads` lists leads."
    leads = submission.get("lead_ids") or []
    its = f"; its lead is {leads[0]}" if len(leads) == 1 else f"; its leads are {', '.join(leads)}"
    return f": it is a submission's id, which `baton submission {identity}` tells{its if leads else ''}."


def _only_one(named: str, found: list[dict[str, Any]]) -> str:
    if not found:
        also = (
            " What was posted and is no lead yet is in `baton quarantine list`."
            if "@" in named
            else " For a submission's id there is `baton submission ID`."
        )
        raise FoundNothing(f"There is no lead {named!r}: `baton leads` lists leads.{also}")
    choices = found
    if len(found) > 1:
        choices = [lead for lead in found if lead.get("state", "open") == "open"] or found
    if len(choices) > 1:
        raise several(named, "leads", ((lead_id(lead), _told(lead)) for lead in choices))
    return lead_id(choices[0])


def _told(lead: dict[str, Any]) -> str:
    return f"{lead.get('line', '')}  {person_in(lead.get('profile'))}"
