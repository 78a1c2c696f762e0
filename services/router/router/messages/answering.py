"""A rep answers by a link or a button: what it would do, and the act itself, exactly as by the API."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from uuid import UUID

from router.domain.acts import Act
from router.errors import LeadNotYours, NoRulebook, NoSuchDuplicate, Refused, WrongLeadState
from router.messages.deciding import Deciding
from router.messages.kinds import ACT_OF, DECISIONS, LinkAct, content_of
from router.messages.links import Links
from router.messages.people import who
from router.messages.said import Asked, Ended, Said
from router.messages.texts import Words, words_for
from router.store import Row, q
from service_kit.runtime import Runtime
from service_kit.unit import Unit


class Acts(Protocol):
    """Does reps' acts."""

    def work(self, rep: str, lead_id: UUID, act: Act) -> Callable[[Unit], Any]:
        """The transaction of one act."""


class Answering:
    """Reads links and does what they ask; those of team leads go to `deciding`. `wake` is called when an act
    has freed a rep."""

    def __init__(
        self, runtime: Runtime, acts: Acts, deciding: Deciding, links: Links, wake: Callable[[], None]
    ) -> None:
        self._runtime = runtime
        self._acts = acts
        self._deciding = deciding
        self._links = links
        self._wake = wake

    async def read(self, token: str) -> Asked | None:
        """What a token asks for, now; None: it is none of ours. Changes nothing."""
        link = self._links.read(token)
        if link is None:
            return None
        if link.act in DECISIONS:
            return await self._deciding.read(link)
        async with self._runtime.database.acquire() as conn:
            row = await conn.fetchrow(q.round_of_link, link.subject)
        if row is None or row["left_at"] is not None:
            return None
        words = words_for(row["texts"], row["tz"])
        over = None if _is_theirs(row) else _over(row["holder_name"], words)
        named = who(row["profile"], words) if over is None else ""
        return Asked(link.act, row["lead_id"], row["rep_id"], named, words, tuple(row["notify"]), over)

    async def do(self, token: str, chosen: Mapping[str, str]) -> Said | None:
        """Do it. A repeat gives the same answer; who comes too late is told who has the lead now."""
        asked, link = await self.read(token), self._links.read(token)
        if asked is None or link is None:
            return None
        if link.act in DECISIONS:
            return await self._deciding.do(link)
        async with self._runtime.database.acquire() as conn:
            row = await conn.fetchrow(q.round_of_link, link.subject)
        if row is None or not row["is_last"]:
            return _over(row["holder_name"] if row is not None else None, asked.words)
        content = content_of(asked.act, chosen)
        if content is None:
            return Said(Ended.CHOOSE, asked.words.say("page.choose"))
        return await self._act(asked, link.subject, Act(ACT_OF[asked.act], content))

    async def _act(self, asked: Asked, round_: UUID, act: Act) -> Said:
        words = asked.words
        try:
            done = await self._runtime.in_transaction(self._acts.work(asked.rep, asked.lead, act))
        except (WrongLeadState, LeadNotYours) as error:
            return await self._too_late(round_, error, words)
        except NoSuchDuplicate:
            return Said(Ended.CHOOSE, words.say("page.no_such_lead"))
        except NoRulebook:
            return Said(Ended.LATER, words.say("page.later"))
        if done.frees:
            self._wake()
        waits = asked.act is LinkAct.DECLINE and done.awaits_word
        return Said(Ended.DONE, words.say("page.asked.decline" if waits else f"page.done.{asked.act}"))

    async def _too_late(self, round_: UUID, error: Refused, words: Words) -> Said:
        async with self._runtime.database.acquire() as conn:
            row = await conn.fetchrow(q.round_of_link, round_)
        if row is not None and _is_theirs(row) and isinstance(error, WrongLeadState):
            return Said(Ended.REFUSED, words.say("page.not_now", state=words.say(f"state.{_state(row)}")))
        return _over(row["holder_name"] if row is not None else None, words)


def _is_theirs(row: Row) -> bool:
    return row["ended_at"] is None and row["state"] != "erased"


def _state(row: Row) -> str:
    if row["contacted_at"] is not None:
        return "contacted"
    return "accepted" if row["accepted_at"] is not None else "offered"


def _over(holder: str | None, words: Words) -> Said:
    where = words.say("now.with", rep=holder) if holder else words.say("now.nobody")
    return Said(Ended.OVER, words.say("page.over"), where)
