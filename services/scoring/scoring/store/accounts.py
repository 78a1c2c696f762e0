"""Accounts as a batch needs them: who may be meant, what was said about whom, and what became of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from lead_events import Account as ToldAccount
from lead_events.words import AccountStanding
from scoring.domain.accounts import Account, AccountBook, Answer, questions_about
from scoring.domain.companies import company_in
from scoring.domain.people import Person
from scoring.domain.publications import Publication
from scoring.store.save import columns
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/accounts.sql")

OF_A_BLOCK = 200
"""Accounts whose names begin alike that a name is compared with."""
Clues = Mapping[UUID, frozenset[str]]


async def load(
    conn: Connection, persons: Collection[Person], profiles: Iterable[Mapping[str, Any]] = ()
) -> AccountBook:
    """The accounts that these persons, and whoever has these profiles, may belong to. Call it once the
    persons are locked."""
    known = [(person, company_in(person.known.as_mapping())) for person in persons]
    before = {person.id: company.clues() for person, company in known if person.merged_into is None}
    every = [*(company for _, company in known), *map(company_in, profiles)]
    clues = {clue for company in every for clue in company.clues()}
    if not clues:
        return AccountBook(before=before)
    blocks = {clue for clue in clues if clue.startswith("block:")}
    asked = [question for company in every for question in questions_about(company)]
    rows = await conn.fetch(_q.accounts_by_clues, list(clues - blocks), list(blocks), OF_A_BLOCK, asked)
    if not rows:
        return AccountBook(before=before)
    accounts = {row["id"]: read_account(row) for row in rows}
    answers = {
        row["id"]: Answer(row["account_id"], frozenset(row["refused"]))
        for row in await conn.fetch(_q.answers, asked)
    }
    return AccountBook(accounts, answers, before)


def read_account(row: asyncpg.Record) -> Account:
    """An account of its row."""
    return Account(
        id=row["id"],
        crm_id=row["crm_id"],
        name=row["name"],
        domains=tuple(row["domains"]),
        tax_id=row["tax_id"],
        owner=row["owner"],
        standing=AccountStanding(row["standing"]),
        line=row["line"],
    )


def clues_of(person: Person) -> frozenset[str]:
    """By what accounts of a person are found; none for one who turned out to be somebody else."""
    if person.merged_into is not None:
        return frozenset()
    return company_in(person.known.as_mapping()).clues()


async def save(
    conn: Connection,
    book: AccountBook,
    persons: Iterable[Person],
    publications: Sequence[Publication],
    now: datetime,
) -> None:
    """What a batch has found out: clues of changed persons, what leads are told with, what is to be asked."""
    clues = {person.id: clues_of(person) for person in persons}
    await save_clues(conn, {p: c for p, c in clues.items() if c != book.before.get(p, frozenset())})
    await _save_told(conn, publications)
    if book.asked:
        questions = sorted(book.asked.values(), key=lambda each: each.id.bytes)
        rows = (
            (each.id, each.subject, each.clue, each.company, each.domain, array(each.candidates))
            for each in questions
        )
        await conn.execute(_q.ask, now, *columns(rows, 6))


async def settle(conn: Connection, questions: Collection[UUID]) -> None:
    """These need no answer any more: whose the company is has become sure, or nobody is called like it."""
    if questions:
        await conn.execute(_q.settle_questions, list(questions))


async def save_clues(conn: Connection, clues: Clues) -> None:
    """The clues of persons, in place of those kept of them."""
    if clues:
        rows = sorted((person, clue) for person, found in clues.items() for clue in found)
        await conn.execute(_q.save_person_clues, list(clues), *columns(rows, 2))


async def _save_told(conn: Connection, publications: Sequence[Publication]) -> None:
    """Of several publications of one lead the last counts."""
    last = {each.event.lead_id: each.event for each in publications}
    told = [(lead, event.account.id, said(event.account)) for lead, event in last.items() if event.account]
    if told:
        await conn.execute(_q.save_lead_accounts, *columns(sorted(told), 3))
    without = [lead for lead, event in last.items() if event.account is None and event.seq > 1]
    if without:
        await conn.execute(_q.drop_lead_accounts, sorted(without))


def said(account: ToldAccount | None) -> str | None:
    """What a lead says of its account, to be compared with what it said before."""
    if account is None:
        return None
    return "\n".join((str(account.id), account.name, account.standing, account.owner or ""))


async def told(conn: Connection, leads: Collection[UUID]) -> dict[UUID, str]:
    """What leads said of their accounts when they were published last."""
    rows = await conn.fetch(_q.told_of_leads, list(leads))
    return {row["lead_id"]: row["told"] for row in rows}


async def forget(conn: Connection, persons: Sequence[UUID], leads: Sequence[UUID]) -> None:
    """Take out what led from persons to accounts, and questions about companies that only they named."""
    rows = await conn.fetch(_q.forget_persons, list(persons))
    await conn.execute(_q.forget_questions, sorted({row["clue"] for row in rows}))
    await conn.execute(_q.drop_lead_accounts, list(leads))


def array(ids: Iterable[Any]) -> str:
    """Ids, or texts without commas and quotes, as PostgreSQL writes an array."""
    return "{" + ",".join(map(str, ids)) + "}"


@dataclass(frozen=True, slots=True)
class Update:
    """A change of accounts whose leads are not all looked at, locked. `clues`: None concerns everybody."""

    id: UUID
    clues: list[str] | None
    at: datetime
    horizon: int | None
    reached: UUID | None


async def oldest_update(conn: Connection) -> Update | None:
    """The change to go on with; None also while another instance is at it."""
    row = await conn.fetchrow(_q.oldest_update)
    return None if row is None else Update(*row.values())


async def is_settled(conn: Connection, update: Update) -> bool:
    """Whether every transaction has ended that may have read accounts as they were before the change."""
    (row,) = await conn.fetch(_q.horizon)
    if update.horizon is None:
        await conn.execute(_q.set_horizon, update.id, row["next"])
        return False
    return bool(row["oldest"] >= update.horizon)


async def concerned(conn: Connection, update: Update, limit: int) -> list[UUID]:
    """The next open leads that a change may concern."""
    if update.clues is None:
        rows = await conn.fetch(_q.all_open_leads, update.reached, limit)
    else:
        rows = await conn.fetch(_q.leads_concerned, update.clues, update.reached, limit)
    return [row["id"] for row in rows]


async def advance(
    conn: Connection, update: Update, leads: Sequence[UUID], published: int, finished_at: datetime | None
) -> None:
    """These have been looked at."""
    last = leads[-1] if leads else None
    await conn.execute(_q.advance_update, update.id, last, len(leads), published, finished_at)
