"""A team lead decides on a decline by a link or a button, exactly as by the API."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from uuid import UUID

from router.errors import AlreadyDecided, NoRulebook, Refused
from router.messages.kinds import LinkAct
from router.messages.links import Link
from router.messages.people import who
from router.messages.said import Asked, Ended, Said
from router.messages.texts import Words, words_for
from router.store import Row, q
from service_kit.audit import Also, Caller, entry
from service_kit.auth_principal import Principal, Role
from service_kit.runtime import Runtime
from service_kit.unit import Unit


class Declines(Protocol):
    """Does what a team lead says of declines that wait for them."""

    def confirm(self, identity: UUID, by: str, rep: str | None) -> Callable[[Unit], Any]:
        """The transaction by which the decline holds. Raises Refused."""

    def refuse(self, identity: UUID, by: str, rep: str | None) -> Callable[[Unit], Any]:
        """The transaction by which the lead stays with its rep. Raises Refused."""


class Deciding:
    """Reads links of team leads and does what they say. `wake` is called when a rep has room."""

    def __init__(self, runtime: Runtime, declines: Declines, wake: Callable[[], None]) -> None:
        self._runtime = runtime
        self._declines = declines
        self._wake = wake

    async def read(self, link: Link) -> Asked | None:
        """What it asks for, now; None: whose link it was leads that team no more. Changes nothing."""
        row = await self._row(link.subject)
        if row is None:
            return None
        words = words_for(row["texts"], row["tz"])
        over = _over(row, words)
        named = f"{row['rep_name']}: {who(row['profile'], words)}" if over is None else ""
        notify: tuple[Mapping[str, Any], ...] = (*row["notify"], *(row["team_notify"] or ()))
        asker = tuple(row["rep_notify"])
        return Asked(link.act, row["lead_id"], row["lead_rep"], named, words, notify, over, asker)

    async def do(self, link: Link) -> Said | None:
        """Do it; said again it gives the same answer."""
        row = await self._row(link.subject)
        if row is None:
            return None
        words = words_for(row["texts"], row["tz"])
        confirms = link.act is LinkAct.CONFIRM
        by = row["lead_rep"]
        work = (self._declines.confirm if confirms else self._declines.refuse)(link.subject, by, by)
        try:
            await self._runtime.in_transaction(work, _asked(link, by))
        except NoRulebook:
            return Said(Ended.LATER, words.say("page.later"))
        except (AlreadyDecided, Refused):
            row = await self._row(link.subject)
            over = _over(row, words) if row is not None else None
            return over or Said(Ended.OVER, words.say("page.decided"))
        if confirms:
            self._wake()
        return Said(Ended.DONE, words.say(f"page.done.{link.act}"))

    async def _row(self, asked: UUID) -> Row | None:
        async with self._runtime.database.acquire() as conn:
            row = await conn.fetchrow(q.decline_of_link, asked)
        is_theirs = row is not None and row["left_at"] is None and row["leads_now"] == row["lead_rep"]
        return row if is_theirs else None


def _asked(link: Link, lead: str) -> Also:
    """That the team lead said so: whoever has the link is taken for them."""
    who = Caller(Principal(Role.TEAM_LEAD, lead, lead, frozenset()), lead)
    kind = "confirm" if link.act is LinkAct.CONFIRM else "refuse"
    return entry(who, f"decline.{kind}", "decline", link.subject)


def _over(row: Row, words: Words) -> Said | None:
    """Why there is nothing to decide any more."""
    if row["rep_id"] == row["lead_rep"]:
        return Said(Ended.REFUSED, words.say("page.own_decline"))
    if row["state"] == "erased":
        return Said(Ended.OVER, words.say("page.decided"))
    if row["asked_state"] != "asked":
        return Said(Ended.OVER, words.say("page.decided"), _holder(row, words))
    if row["ended_at"] is not None or row["accepted_at"] is not None or row["contacted_at"] is not None:
        return Said(Ended.OVER, words.say("page.gone_on"), _holder(row, words))
    return None


def _holder(row: Row, words: Words) -> str:
    name = row["holder_name"]
    return words.say("now.with", rep=name) if name else words.say("now.nobody")
