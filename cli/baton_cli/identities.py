"""Ids as people type them, the same way in every command: whole, or the beginning of one.

Whoever only looks may write four characters; whoever changes something writes eight, since of a few thousand
ids two often begin with the same four.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from baton_cli.client import Client, items
from baton_cli.errors import BadUsage, FoundNothing
from baton_cli.moments import brief_utc
from baton_cli.stack import Service

LOOK, ACT = 4, 8
"""Characters that a beginning has at least, for looking and for changing something."""
SHOWN = 10
"""Candidates that are named where several ids begin so."""

_NUMBERS = {LOOK: "four", ACT: "eight"}
Row = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """What goes by an id. `key` names the id in an answer; `looked_up` finds rows by a beginning; `told` says
    of a row what tells it from others; `listed_by` is a sentence's end about where the ids are shown; `but`
    is said where none is found, if some go by whole ids only."""

    word: str
    key: str
    looked_up: Callable[[Client, str], list[Row]]
    told: Callable[[Row], str]
    listed_by: str
    but: str = ""


def _submissions(client: Client, beginning: str) -> list[Row]:
    return items(client.get(Service.SCORING, "/v1/submissions", id_prefix=beginning), "submissions")


def _imports(client: Client, beginning: str) -> list[Row]:
    newest = items(client.get(Service.SCORING, "/v1/imports", limit=500), "imports")
    return _beginning("import_id", beginning, newest)


def _questions(client: Client, beginning: str) -> list[Row]:
    listed = items(client.get(Service.SCORING, "/v1/accounts/unsure", limit=500), "unsure")
    return _beginning("question_id", beginning, listed)


def _merged(client: Client, beginning: str) -> list[Row]:
    newest = items(client.get(Service.SCORING, "/v1/merges", limit=500), "merges")
    found = _beginning("person_id", beginning, newest)
    return list({each["person_id"]: each for each in reversed(found)}.values())


def _objections(client: Client, beginning: str) -> list[Row]:
    """Those of every page: what waits for a decision may be old."""
    found: list[Row] = []
    cursor: str | None = None
    while True:
        page = client.get(Service.SLA_MONITOR, "/v1/objections", limit=500, cursor=cursor)
        found += _beginning("id", beginning, items(page, "objections"))
        cursor = page.get("next_cursor")
        if cursor is None:
            return found


def _incidents(client: Client, beginning: str) -> list[Row]:
    newest = items(client.get(Service.SLA_MONITOR, "/v1/incidents", limit=500), "incidents")
    return _beginning("id", beginning, newest)


def _listed(
    service: Service, path: str, name: str, *, limit: int, **asked: str
) -> Callable[[Client, str], list[Row]]:
    """Looks among what one list of a service shows."""

    def look(client: Client, beginning: str) -> list[Row]:
        return _beginning("id", beginning, items(client.get(service, path, limit=limit, **asked), name))

    return look


def _beginning(key: str, beginning: str, rows: Iterable[Row]) -> list[Row]:
    digits = beginning.replace("-", "")
    return [each for each in rows if str(each[key]).replace("-", "").startswith(digits)]


SUBMISSION = Kind(
    "submission",
    "submission_id",
    _submissions,
    lambda row: f"{brief_utc(row['received_at'])}  {row['form_id']}  {row['state']}",
    "as intake answered it or `baton quarantine list` shows it",
)
IMPORT = Kind(
    "import",
    "import_id",
    _imports,
    lambda row: f"{brief_utc(row['started_at'])}  {row['form_id']}  {row['file']}",
    "as `baton import` or `baton imports list` shows it",
    but="Of a dry run write the whole id: it is in no list.",
)

QUESTION = Kind(
    "question",
    "question_id",
    _questions,
    lambda row: str(row["company"] or "a company that is not named"),
    "as `baton accounts review --list` shows it",
)
MERGED = Kind(
    "merged person",
    "person_id",
    _merged,
    lambda row: f"{brief_utc(row['at'])}  {row['name'] or ''}",
    "as `baton person merges` shows it",
)
OBJECTION = Kind(
    "objection",
    "id",
    _objections,
    lambda row: f"{brief_utc(row['at'])}  {row['about']}  {row['verdict'] or 'open'}",
    "as `baton agreement objections` shows it",
)
INCIDENT = Kind(
    "incident",
    "id",
    _incidents,
    lambda row: f"{brief_utc(row['from'])} to {brief_utc(row['until'])}  {row['why']}",
    "as `baton incident list` shows it",
)
REPAIR = Kind(
    "repair",
    "id",
    _listed(Service.ROUTER, "/v1/repairs", "repairs", limit=1000),
    lambda row: f"{brief_utc(row['at'])}  {row['kind'].replace('_', ' ')}",
    "as `baton lead repairs` shows it",
)
DUPLICATE = Kind(
    "question",
    "id",
    _listed(Service.SCORING, "/v1/duplicates", "duplicates", limit=500),
    lambda row: f"{brief_utc(row['at'])}  {row['rep_id']}",
    "as `baton lead repairs` shows it",
)
DECLINE = Kind(
    "decline",
    "id",
    _listed(Service.ROUTER, "/v1/declines", "declines", limit=1000),
    lambda row: f"{brief_utc(row['at'])}  {row['rep_name']}",
    "as `baton lead declines` shows it",
)
TOKEN = Kind(
    "token",
    "id",
    _listed(Service.ROUTER, "/v1/tokens", "tokens", limit=1000),
    lambda row: f"{row['role']}  {row['name']}",
    "as `baton token list` shows it",
)
CRM_REQUEST = Kind(
    "request",
    "id",
    _listed(Service.ROUTER, "/v1/crm/requests", "requests", limit=1000, state="given_up"),
    lambda row: f"{row['connection']}  {row['request']}",
    "as `baton crm requests` shows it",
)


def read_id(text: str) -> str | None:
    """A whole id as services write it; None where this is none."""
    try:
        return str(UUID(text.strip()))
    except ValueError:
        return None


def is_beginning(text: str, least: int = LOOK) -> bool:
    """Whether an id can begin with this, in small letters, and it is long enough."""
    return bool(re.fullmatch(r"[0-9a-f-]{1,36}", text)) and len(text.replace("-", "")) >= least


def whole_id(client: Client, kind: Kind, named: str, *, least: int = LOOK) -> str:
    """The one id that `named` is or begins. A whole one is believed, whether it is known or not.

    Raises BadUsage when several begin so, or `named` is too short; FoundNothing when none does.
    """
    text = named.strip().lower()
    whole = read_id(text)
    if whole is not None:
        return whole
    if not is_beginning(text, least):
        raise BadUsage(
            f"{named!r} is no {kind.word}'s id: write it {kind.listed_by}, at least its first "
            f"{_NUMBERS.get(least, least)} characters."
        )
    found = kind.looked_up(client, text)
    if not found:
        raise FoundNothing(f"There is no {kind.word} whose id begins with {named}. {kind.but}".rstrip())
    if len(found) > 1:
        raise several(named, f"{kind.word}s", ((str(row[kind.key]), kind.told(row)) for row in found))
    return str(found[0][kind.key])


def several(named: str, word: str, candidates: Iterable[tuple[str, str]]) -> BadUsage:
    """What to say when a name means more than one: each id, with what tells it from the others."""
    rows = list(candidates)
    shown = "".join(f"\n  {identity}  {told}".rstrip() for identity, told in rows[:SHOWN])
    more = "\n  ..." if len(rows) > SHOWN else ""
    return BadUsage(
        f"{named!r} means {len(rows)} {word}; write one of their ids, or more of it:{shown}{more}"
    )
