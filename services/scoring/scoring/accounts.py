"""Accounts kept by people and by the CRM: whatever changes of them is audited and reaches open leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from rulebook.store import RulebookCache
from scoring.domain.account_entry import Fault, InForce, Reading, read_account, read_crm_id
from scoring.domain.accounts import Account
from scoring.store import account_desk as store
from scoring.store.account_desk import Change
from service_kit.audit import Also
from service_kit.postgres import Connection
from service_kit.runtime import Runtime
from service_kit.unit import Unit


class UnknownAccount(LookupError):
    """The CRM id names no account here."""


class UnknownQuestion(LookupError):
    """Nothing of that id was asked."""


class AccountRefused(ValueError):
    """An account cannot be kept as it was sent."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults[0].detail)
        self.faults = faults


class NotACandidate(ValueError):
    """The answer names an account that nobody keeps."""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one account that was sent: created, changed, unchanged or refused."""

    crm_id: str | None
    outcome: str
    faults: Sequence[Fault]
    warnings: Sequence[Fault]


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of accounts that were sent. `update_id`: the look through open leads that follows."""

    rows: Sequence[Row]
    update_id: UUID | None


class AccountDesk:
    """Keeps accounts. One editor at a time; scoring reads them all the while."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._rulebooks = RulebookCache()

    async def keep(
        self, sent: Sequence[Mapping[str, Any]], *, by: str, dry_run: bool = False, also: Also | None = None
    ) -> Kept:
        """Keep accounts; of one that is known, fields left out stay. What cannot be kept is refused alone."""

        async def work(unit: Unit) -> Kept:
            await store.lock(unit.conn)
            await unit.refresh_now()
            readings, before = await self._read(unit, sent)
            changes = [
                Change(before.get(each.crm_id), each)
                for reading in readings
                if (each := reading.account) is not None and before.get(each.crm_id) != each
            ]
            identity = None if dry_run else await _save(unit, changes, by)
            return Kept(
                [_row(each, reading, before) for each, reading in zip(sent, readings, strict=True)], identity
            )

        return await self._runtime.in_transaction(work, also)

    async def delete(self, crm_id: str, *, by: str, also: Also | None = None) -> UUID | None:
        """Take an account out; its leads are published without it. Raises UnknownAccount."""

        async def work(unit: Unit) -> UUID | None:
            await store.lock(unit.conn)
            await unit.refresh_now()
            found = (await store.by_crm_ids(unit.conn, [crm_id])).get(crm_id)
            if found is None:
                raise UnknownAccount(crm_id)
            return await _save(unit, [Change(found, None)], by)

        return await self._runtime.in_transaction(work, also)

    async def answer(self, question: UUID, crm_id: str | None, *, by: str, also: Also | None = None) -> UUID:
        """Say which account a company is, or with None that it is none of the candidates; a later answer
        takes the place of an earlier. Raises UnknownQuestion, NotACandidate."""

        async def work(unit: Unit) -> UUID:
            await store.lock(unit.conn)
            await unit.refresh_now()
            asked = await store.lock_question(unit.conn, question)
            if asked is None:
                raise UnknownQuestion(question)
            account, refused = None, {*asked.refused, *asked.candidates}
            if crm_id is not None:
                account = await _account(unit.conn, crm_id)
                refused = {*asked.refused} - {account}
            await store.answer(unit.conn, asked, account, refused, by, unit.now)
            identity = uuid4()
            await store.update(unit.conn, identity, [asked.clue], unit.now)
            return identity

        return await self._runtime.in_transaction(work, also)

    async def _read(
        self, unit: Unit, sent: Sequence[Mapping[str, Any]]
    ) -> tuple[list[Reading], dict[str, Account]]:
        history = await self._rulebooks.history(unit.conn)
        rulebook = history.at(unit.now).rulebook
        reps = {rep: rep for rep in rulebook.roster.reps} | {
            seed.email.casefold(): rep for rep, seed in rulebook.roster.reps.items()
        }
        named = {crm_id for each in sent if (crm_id := read_crm_id(each.get("crm_id")))}
        before = await store.by_crm_ids(unit.conn, named)
        in_force = InForce(rulebook.lines, reps)
        return _readings(sent, before, in_force), before


def _readings(
    sent: Sequence[Mapping[str, Any]], before: Mapping[str, Account], in_force: InForce
) -> list[Reading]:
    """Of several accounts with one CRM id none but the first is kept: which one holds nobody can tell."""
    readings: list[Reading] = []
    first: dict[str, int] = {}
    for number, each in enumerate(sent, start=1):
        crm_id = read_crm_id(each.get("crm_id")) or ""
        reading = read_account(each, in_force, before.get(crm_id))
        if reading.account is not None and first.setdefault(crm_id, number) != number:
            told = f"{crm_id!r} is account {first[crm_id]} already: send each account once"
            reading = Reading(faults=[Fault("crm_id", told)])
        readings.append(reading)
    return readings


def _row(sent: Mapping[str, Any], reading: Reading, before: Mapping[str, Account]) -> Row:
    account = reading.account
    if account is None:
        return Row(read_crm_id(sent.get("crm_id")), "refused", reading.faults, reading.warnings)
    known = before.get(account.crm_id)
    outcome = "created" if known is None else ("unchanged" if known == account else "changed")
    return Row(account.crm_id, outcome, (), reading.warnings)


async def _save(unit: Unit, changes: Sequence[Change], by: str) -> UUID | None:
    if not changes:
        return None
    await store.save(unit.conn, changes, by, unit.now)
    identity = uuid4()
    clues = frozenset().union(*(change.clues() for change in changes))
    await store.update(unit.conn, identity, clues, unit.now)
    return identity


async def _account(conn: Connection, crm_id: str) -> UUID:
    found = (await store.by_crm_ids(conn, [crm_id])).get(crm_id)
    if found is None:
        raise NotACandidate(crm_id)
    return found.id
