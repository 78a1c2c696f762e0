"""Accounts as people keep them: saved, listed, deleted, with who did it; and answers to what is unsure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from scoring.domain.accounts import Account, clues_of_account
from scoring.store.accounts import array, read_account
from scoring.store.save import columns
from scoring.store.views import Place
from service_kit.postgres import Connection
from service_kit.queries import load_queries

_q = load_queries("scoring", "queries/accounts.sql")


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one account: `before` None: it is new; `after` None: it is deleted."""

    before: Account | None
    after: Account | None

    @property
    def kind(self) -> str:
        """As the audit trail names it."""
        if self.before is None:
            return "created"
        return "deleted" if self.after is None else "changed"

    @property
    def account(self) -> Account:
        """The account as it is, or was."""
        found = self.after or self.before
        if found is None:
            raise AssertionError("a change of no account")
        return found

    def clues(self) -> frozenset[str]:
        """By which whoever it concerns is found."""
        return frozenset().union(*(clues_of_account(each) for each in (self.before, self.after) if each))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which accounts are asked for; None asks for all. `text`: in the name or the CRM id."""

    domain: str | None = None
    standing: str | None = None
    owner: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, locked."""

    id: UUID
    subject: str
    clue: str
    candidates: list[UUID]
    account_id: UUID | None
    refused: list[UUID]


async def lock(conn: Connection) -> None:
    """Have other editors wait."""
    await conn.execute(_q.lock_editing)


async def by_crm_ids(conn: Connection, crm_ids: Collection[str]) -> dict[str, Account]:
    """Accounts as they stand, by CRM id."""
    rows = await conn.fetch(_q.accounts_by_crm_ids, list(crm_ids))
    return {row["crm_id"]: read_account(row) for row in rows}


async def save(conn: Connection, changes: Sequence[Change], by: str, now: datetime) -> None:
    """New and changed accounts, and who did it."""
    accounts = [change.after for change in changes if change.after is not None]
    await conn.execute(_q.save_accounts, now, *columns(map(_row, accounts), 8))
    await conn.execute(_q.drop_clues, [change.account.id for change in changes])
    clues = sorted((account.id, clue) for account in accounts for clue in clues_of_account(account))
    await conn.execute(_q.insert_clues, *columns(clues, 2))
    for change in changes:
        if change.after is None:
            await conn.execute(_q.delete_account, change.account.id)
            await conn.execute(_q.drop_answers, change.account.id)
    rows = (
        (each.account.id, each.account.crm_id, each.kind, _json(each.before), _json(each.after))
        for each in changes
    )
    await conn.execute(_q.insert_changes, now, by, *columns(rows, 5))


def _row(account: Account) -> tuple[Any, ...]:
    return (
        account.id,
        account.crm_id,
        account.name,
        array(account.domains),
        account.tax_id,
        account.owner,
        account.standing,
        account.line,
    )


def _json(account: Account | None) -> str | None:
    if account is None:
        return None
    kept = {name: value for name, value in asdict(account).items() if name != "id"}
    return orjson.dumps(kept).decode()


async def update(conn: Connection, identity: UUID, clues: Iterable[str], now: datetime) -> None:
    """Have open leads looked at that these clues lead to."""
    await conn.execute(_q.insert_update, identity, sorted(clues), now)


async def listed(conn: Connection, wanted: Wanted, *, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Accounts by CRM id, from a place in that order on."""
    text = None if wanted.text is None else f"%{_escaped(wanted.text)}%"
    rows = await conn.fetch(
        _q.list_accounts, after, wanted.domain, wanted.standing, wanted.owner, text, limit
    )
    return [_shown(dict(row)) for row in rows]


async def one(conn: Connection, crm_id: str) -> dict[str, Any] | None:
    """An account, the open leads that tell of it, and what was changed about it."""
    row = await conn.fetchrow(_q.one_account, crm_id)
    if row is None:
        return None
    leads = await conn.fetch(_q.leads_of_account, row["id"])
    changes = await conn.fetch(_q.changes_of_account, crm_id)
    found = {"leads": [each["id"] for each in leads], "changes": [dict(each) for each in changes]}
    return _shown(dict(row)) | found


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {"account_id": row.pop("id"), **row}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def questions(conn: Connection, *, after: Place | None, limit: int) -> list[dict[str, Any]]:
    """What waits for a person, the oldest first, with whom it may be and how many leads wait."""
    at, identity = (after.at, after.id) if after else (None, None)
    rows = await conn.fetch(_q.open_questions, at, identity, limit)
    return [{"question_id": row["id"], **{k: v for k, v in row.items() if k != "id"}} for row in rows]


async def lock_question(conn: Connection, identity: UUID) -> Asked | None:
    """A question, to be answered."""
    row = await conn.fetchrow(_q.lock_question, identity)
    return None if row is None else Asked(*row.values())


async def answer(
    conn: Connection, asked: Asked, account: UUID | None, refused: Collection[UUID], by: str, now: datetime
) -> None:
    """Keep what a person said."""
    await conn.execute(_q.answer_question, asked.id, account, sorted(refused), now, by)


async def updates(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """Changes of accounts and how far their leads are looked at."""
    return [dict(row) for row in await conn.fetch(_q.list_updates, limit)]
