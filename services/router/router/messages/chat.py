"""A rep says in Slack that they are away or back: signed by Slack, and by whom the roster names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from router.domain.absences import entry, span_of
from router.domain.chat import SaysAway, SaysBack, read_chat
from router.errors import NoRulebook, RosterInvalid
from router.handlers.reps import RepHandler
from router.messages.texts import Words, words_for
from router.store import Row, q
from service_kit.audit import Caller, audited
from service_kit.auth_principal import SCOPES, Principal, Role
from service_kit.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Command:
    """What was written after the command's name, and by which member."""

    member: str
    text: str


def command_of(body: bytes) -> Command | None:
    """The command of a post; None where it is none."""
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=30)
    except ValueError:
        return None
    member, text = fields.get("user_id", [""])[0], fields.get("text", [""])[0]
    return Command(member, text) if member and "\x00" not in member else None


class ChatAbsences:
    """Takes what reps write. `wake` is called when somebody may take leads again.

    What they have not answered goes on as with every absence: the part that looks at beginnings sees to it.
    """

    def __init__(self, runtime: Runtime, reps: RepHandler, wake: Callable[[], None]) -> None:
        self._runtime = runtime
        self._reps = reps
        self._wake = wake

    async def answer(self, command: Command, now: datetime) -> dict[str, Any]:
        """Do it, and what Slack is to show to who wrote it and to nobody else."""
        async with self._runtime.database.acquire() as conn:
            known = await conn.fetch(q.reps_of_slack_member, command.member)
        return {"response_type": "ephemeral", "text": await self._said(known, command, now)}

    async def _said(self, known: Sequence[Row], command: Command, now: datetime) -> str:
        if len(known) != 1:
            return _NOT_KNOWN if not known else _KNOWN_TWICE
        row = known[0]
        words = words_for(row["texts"], row["tz"])
        today = now.astimezone(ZoneInfo(row["tz"])).date()
        asked = read_chat(command.text, today)
        try:
            match asked:
                case SaysAway():
                    return await self._away(row, asked, words, now)
                case SaysBack():
                    return await self._back(row, words)
        except NoRulebook:
            return words.say("page.later")
        except RosterInvalid as error:
            return words.say("chat.refused", why=str(error))
        return words.say("chat.usage", day=today)

    async def _away(self, row: Row, asked: SaysAway, words: Words, now: datetime) -> str:
        rep: str = row["id"]
        work = self._reps.away(rep, asked.start, asked.until, asked.reason, rep)
        await self._runtime.in_transaction(audited(_caller(row), "rep.away", "rep", rep, work))
        made = entry(asked.start, asked.until, reason=asked.reason, tz=row["tz"], now=now)
        start, until = span_of(made, row["tz"])
        if start <= now:
            return words.say("chat.away.now", until=words.moment(until))
        return words.say("chat.away.later", start=words.moment(start), until=words.moment(until))

    async def _back(self, row: Row, words: Words) -> str:
        rep: str = row["id"]
        work = self._reps.back(rep, rep)
        await self._runtime.in_transaction(audited(_caller(row), "rep.back", "rep", rep, work))
        self._wake()
        return words.say("chat.back")


_NOT_KNOWN = (
    "The roster does not know you. Ask an operator to name your member id as a way to tell you: "
    "baton rep notify."
)
_KNOWN_TWICE = "More than one rep of the roster has your member id. Ask an operator: baton rep notify."


def _caller(row: Row) -> Caller:
    """As the rep's own token would: the signature proves Slack, and Slack the member."""
    return Caller(Principal(Role.REP, row["id"], row["name"], SCOPES[Role.REP]), f"{Role.REP}:{row['id']}")
