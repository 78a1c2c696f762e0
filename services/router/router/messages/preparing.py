"""A message becomes what it says just before it is sent, or is dropped since it would say what is over."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from delivery.message import Channel, Message, Stale
from lead_events.words import TimerKind
from router.books import Books
from router.domain.book import Book
from router.domain.breaches import LastActs
from router.messages.compose import compose
from router.messages.compose_lists import compose_late, compose_left, compose_nobodys
from router.messages.facts import EarlierLead, Facts, LateLead, Left, Nobodys, OtherLead, PromiseFacts, Reader
from router.messages.kinds import MessageKind
from router.messages.letters import Letter
from router.messages.links import Links
from router.messages.names import Names
from router.messages.rendering import as_blocks, as_html, as_text
from router.store import Row, q
from service_kit.postgres import Connection, Database

_ERASED = "the person's data was erased"


class Preparing:
    """The hook of the sender: `prepare` before each attempt.

    `slack_answers`: whether Slack tells us of its buttons.
    """

    def __init__(
        self, database: Database, books: Books, links: Links, slack_answers: Callable[[], bool]
    ) -> None:
        self._database = database
        self._books = books
        self._links = links
        self._slack_answers = slack_answers

    async def prepare(self, message: Message, now: datetime) -> Message | Stale:
        """The message with its words as things stand now, or why it is not sent any more."""
        kind = MessageKind(message.kind)
        async with self._database.acquire() as conn:
            if kind is MessageKind.SETTLED:
                receipt = await conn.fetchval(q.receipt_of_message, UUID(message.data["first"]))
                if receipt is None:
                    return Stale("the message with the buttons never arrived")
                message = replace(message, replaces=receipt)
            letter = await self._letter(conn, kind, message, now)
        return letter if isinstance(letter, Stale) else self._worded(message, letter)

    async def _letter(
        self, conn: Connection, kind: MessageKind, message: Message, now: datetime
    ) -> Letter | Stale:
        if kind is MessageKind.UNATTENDED:
            return await _unattended(conn, message)
        if kind is MessageKind.LATE_EXPECTED:
            return await _late(conn, message)
        if kind is MessageKind.NOBODYS:
            return await _nobodys(conn, message, Names((await self._books.shelf(conn)).at(now)))
        return await self._about_a_round(conn, kind, message, now)

    async def _about_a_round(
        self, conn: Connection, kind: MessageKind, message: Message, now: datetime
    ) -> Letter | Stale:
        timer = UUID(message.data["timer"]) if "timer" in message.data else None
        row = await conn.fetchrow(
            q.message_facts, UUID(message.data["round"]), message.data["to"], timer, now
        )
        if row is None:
            return Stale("the round is not known any more")
        shelf = await self._books.shelf(conn)
        book = shelf.at(now)
        over = why_stale(kind, row, needs_talk=_needs_talk(row, shelf.version(row["round_version"]) or book))
        if over is not None:
            return Stale(over)
        others = await conn.fetch(q.other_leads_of_persons, [row["person_id"]])
        asks = await conn.fetch(q.asks_of_leads, [row["lead_id"]])
        named = shelf.version(row["timer_version"]) or book
        facts = replace(
            self._facts(row, book, others, asks),
            earlier=await _earlier(conn, row, Names(book)),
            promise=_promise(row, named),
            is_readers=kind is not MessageKind.REMINDED or row["rep_id"] == row["to_id"],
        )
        if kind is MessageKind.DECLINE_ASKED:
            facts = replace(facts, links=self._links.of_decline(row["asked_id"]))
        return compose(kind, facts, _reader(row))

    def _facts(self, row: Row, book: Book | None, others: Sequence[Row], asks: Sequence[Row]) -> Facts:
        named = Names(book)
        return Facts(
            lead_id=row["lead_id"],
            round=row["round"],
            rep_name=row["rep_name"],
            why=row["why"],
            said=row["said"] or (),
            quadrant=row["quadrant"],
            line=named.line(row["line"]),
            source=named.source(row["source"]),
            campaign=row["campaign"],
            profile=row["profile"],
            score=row["score"],
            told=row["told"],
            account=row["account"],
            submissions=row["submissions"],
            is_test=row["is_test"],
            received_at=row["received_at"],
            accept_by=row["accept_by"],
            respond_by=row["respond_by"],
            accepted_at=row["accepted_at"],
            contacted_at=row["contacted_at"],
            holder_name=row["holder_name"],
            others=[
                OtherLead(named.line(each["line"]), each["rep_name"])
                for each in others
                if each["id"] != row["lead_id"]
            ],
            asked_at=[each["asked_at"] for each in asks],
            links=self._links.of_round(row["id"]),
            content=named.content(row["told"].get("buyer_stage"), row["profile"].get("language")),
            declined_because=row["asked_content"],
            is_closed=row["state"] == "closed",
        )

    def _worded(self, message: Message, letter: Letter) -> Message:
        channel = message.target.channel
        is_slack = channel is Channel.SLACK
        return replace(
            message,
            subject=letter.subject,
            text=as_text(letter),
            html=as_html(letter) if channel is Channel.EMAIL else None,
            blocks=as_blocks(letter, answers_here=self._slack_answers(), member=message.target.member)
            if is_slack
            else (),
            data={**message.data, **letter.data},
        )


async def _earlier(conn: Connection, row: Row, named: Names) -> list[EarlierLead]:
    rows = await conn.fetch(q.earlier_leads_of_persons, [row["person_id"]])
    return [
        EarlierLead(named.line(each["line"]), each["close_reason"], each["closed_at"], each["rep_name"])
        for each in rows
        if each["id"] != row["lead_id"]
    ]


def why_stale(kind: MessageKind, row: Row, *, needs_talk: bool) -> str | None:
    """Why a message about this round is not sent any more; None: it is. `needs_talk`: see LastActs."""
    if kind is MessageKind.SETTLED:
        return None  # of an erased person too: what was posted about them is replaced
    if row["state"] == "erased":
        return _ERASED
    if kind is MessageKind.TAKEN_BACK:
        return "the lead is theirs again" if row["holder_id"] == row["rep_id"] else None
    if row["ended_at"] is not None:
        return f"the round is over: {row['ended_by']}"
    is_answered = row["accepted_at"] is not None or row["contacted_at"] is not None
    if kind is MessageKind.ASSIGNED and is_answered:
        return "the rep has answered"
    if kind is MessageKind.BREACHED and row["is_withdrawn"]:
        return "the breach is withdrawn: the rep had acted in time, or has time left"
    if kind in (MessageKind.WARNED, MessageKind.REMINDED):
        return _why_not_open(row, needs_talk=needs_talk)
    if kind is MessageKind.DECLINE_ASKED:
        return "the rep has answered" if is_answered else _decided(row["asked_state"])
    return None


def _why_not_open(row: Row, *, needs_talk: bool) -> str | None:
    """Why there is nothing to warn or remind of any more."""
    if row["promise"] is None:  # made before messages named their promise
        return "the rep has answered" if row["contacted_at"] is not None else None
    if row["is_paused"] and not row["is_trial"]:
        return "the promise stands still: the rep has paused the lead"
    done = LastActs(row["said_yes_at"], row["tried_at"], row["talked_at"], row["outcome_at"])
    kept = done.keep(TimerKind(row["promise"]), row["promise_opened_at"], needs_talk=needs_talk)
    return "the rep has answered" if kept else None


def _needs_talk(row: Row, book: Book | None) -> bool:
    """Whether only a conversation is a response, by the agreement that the promise is of."""
    if book is None:
        return False
    of_trial = row["agreement"] or "" if row["is_trial"] else ""
    sales = book.agreements.sales_of(of_trial, row["assigned_at"])
    return sales.first_response == "conversation"


def _promise(row: Row, book: Book | None) -> PromiseFacts | None:
    """The promise that a timer spoke of; an agreement that is tried, by its name."""
    if row["promise"] is None:
        return None
    trial = None
    if row["is_trial"]:
        identity = row["agreement"] or ""
        trial = book.agreements.name_of(identity) if book is not None else identity
    told = TimerKind(row["promise"]), _due_at(row), row["number"], row["at_most"]
    return PromiseFacts(*told, trial, gone=_gone(row["level"]))


def _gone(level: str) -> float | None:
    """The share that the level of a warning names, such as `warned 0.8`."""
    said, _, share = level.partition(" ")
    return float(share) if said == "warned" else None


def _due_at(row: Row) -> datetime:
    """Deadlines of the handoff as they are kept, moved with the rep's hours; others as the timer told."""
    kept = {TimerKind.ACCEPT: row["accept_by"], TimerKind.FIRST_RESPONSE: row["respond_by"]}
    told: datetime = row["promise_due_at"]
    return told if row["is_trial"] else kept.get(TimerKind(row["promise"])) or told


def _decided(asked: str | None) -> str | None:
    return None if asked == "asked" else f"it is decided: {asked}"


async def _unattended(conn: Connection, message: Message) -> Letter | Stale:
    rep, leads = message.data["rep"], [UUID(lead) for lead in message.data["leads"]]
    reader = await conn.fetchrow(q.reader_of_messages, message.data["to"])
    away = await conn.fetchrow(q.reader_of_messages, rep)
    rows = await conn.fetch(q.names_of_leads, leads, rep)
    if reader is None or away is None or not rows:
        return Stale("none of these leads is with them any more")
    left = Left(away["name"], [(row["id"], row["profile"], row["quadrant"]) for row in rows])
    return compose_left(left, _as_reader(reader))


async def _late(conn: Connection, message: Message) -> Letter | Stale:
    reader = await conn.fetchrow(q.reader_of_messages, message.data["to"])
    rows = await conn.fetch(q.late_answers, [UUID(each) for each in message.data["decisions"]])
    if reader is None or not rows:
        return Stale("all of these leads are answered or have gone on")
    late = [
        LateLead(row["id"], row["profile"], row["quadrant"], row["rep_name"], row["answer_at"], row["due_at"])
        for row in rows
    ]
    return compose_late(late, message.data["more"], _as_reader(reader))


async def _nobodys(conn: Connection, message: Message, named: Names) -> Letter | Stale:
    reader = await conn.fetchrow(q.reader_of_messages, message.data["to"])
    rows = await conn.fetch(q.still_of_nobody, [UUID(lead) for lead in message.data["leads"]])
    if reader is None or not rows:
        return Stale("all of these leads have found somebody or have ended")
    pool, line = rows[0]["pool_id"], rows[0]["line"]
    place = named.pool(pool) if pool is not None else named.line(line)
    leads = [(row["id"], row["profile"], row["quadrant"]) for row in rows]
    return compose_nobodys(Nobodys(place, leads, message.data["more"]), _as_reader(reader))


def _as_reader(row: Row) -> Reader:
    return Reader(row["name"], row["texts"], row["tz"] or "UTC")


def _reader(row: Row) -> Reader:
    return Reader(row["to_name"], row["texts"], row["tz"] or "UTC")
