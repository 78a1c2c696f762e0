"""Accounts: companies as the CRM knows them, kept, listed, deleted; and what is unsure about who is whose."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lead_events.words import AccountStanding
from scoring.accounts import AccountDesk, Kept, NotACandidate, UnknownAccount, UnknownQuestion
from scoring.api.paging import Cursor, Limit, PlainText, page, place
from scoring.domain.account_entry import FIELDS, Fault
from scoring.errors import as_problems, not_found
from scoring.store import account_desk as store
from service_kit.audit import Who, entry
from service_kit.auth_principal import Scope
from service_kit.documents import refusals
from service_kit.problems import Problem
from service_kit.runtime import Runtime

AT_ONCE = 1_000
CrmId = Annotated[PlainText, Path(max_length=200, description="the id that the CRM has for the company")]
Domain = Annotated[PlainText | None, Query(max_length=253, description="only with this domain")]
Owner = Annotated[PlainText | None, Query(max_length=320, description="only looked after by this rep")]
Text = Annotated[PlainText | None, Query(max_length=200, description="only with this in name or CRM id")]
AfterId = Annotated[PlainText | None, Query(max_length=200, description="`next` of the page before")]


class AccountSent(BaseModel):
    """A whole account: what is left out is empty."""

    model_config = ConfigDict(extra="forbid")

    name: PlainText = Field(max_length=300, examples=["Acme Robotics S.L."])
    domains: list[PlainText] = Field(
        default_factory=list, max_length=100, description="its own; free-mail domains are refused"
    )
    tax_id: PlainText | None = Field(default=None, max_length=60, examples=["ESB12345678"])
    owner: PlainText | None = Field(default=None, max_length=320, description="a rep's id or e-mail")
    standing: AccountStanding = AccountStanding.NONE
    line: PlainText | None = Field(
        default=None, max_length=63, description="the only line for which standing and owner hold"
    )


class Batch(BaseModel):
    """Accounts of an import. Of one that is known, fields left out stay; one that is empty is emptied."""

    model_config = ConfigDict(extra="forbid")

    accounts: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=AT_ONCE,
        description=f"each with {', '.join(FIELDS)}",
        examples=[[{"crm_id": "A-17", "name": "Acme Robotics S.L.", "domains": ["acme-robotics.example"]}]],
    )
    dry_run: bool = Field(default=False, description="only say what would become of each")


class Answer(BaseModel):
    """Which account a company is: exactly one of the two."""

    model_config = ConfigDict(extra="forbid")

    accept: PlainText | None = Field(
        default=None, min_length=1, max_length=200, description="CRM id of the account that it is"
    )
    refuse: bool = Field(default=False, description="it is none of the candidates")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.accept is None) != self.refuse:
            raise ValueError("send accept with a CRM id, or refuse: true for none of the candidates")
        return self


def account_routes(router: APIRouter, runtime: Runtime) -> None:
    """Add the routes; those with a word of their own before those that take any CRM id."""
    desk = AccountDesk(runtime)
    _add_batch(router, runtime, desk)
    _add_unsure(router, runtime, desk)
    _add_lists(router, runtime)
    _add_one(router, runtime, desk)


def _add_batch(router: APIRouter, runtime: Runtime, desk: AccountDesk) -> None:
    @router.post(
        "/accounts/batch",
        dependencies=runtime.gate.allowed(Scope.ACCOUNTS_WRITE),
        tags=["accounts"],
        responses=refusals(404),
    )
    async def keep_accounts(batch: Batch, who: Who) -> dict[str, Any]:
        """Keep up to 1,000 accounts at once. What cannot be kept is refused row by row, the others are kept;
        the same ones again change nothing."""
        with as_problems():
            asked = entry(who, "account.keep", "account", f"{len(batch.accounts)} at once")
            kept = await desk.keep(
                batch.accounts, by=who.by, dry_run=batch.dry_run, also=None if batch.dry_run else asked
            )
        return _told(kept) | {"dry_run": batch.dry_run}


def _add_unsure(router: APIRouter, runtime: Runtime, desk: AccountDesk) -> None:
    @router.get("/accounts/unsure", dependencies=runtime.gate.allowed(Scope.ACCOUNTS_READ), tags=["accounts"])
    async def list_unsure(limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
        """Companies that may be one of several accounts, or are called like one: each with its candidates,
        the oldest first. `leads`: open ones that wait for the answer."""
        after = place(cursor)
        async with runtime.database.acquire() as conn:
            found = await store.questions(conn, after=after, limit=limit + 1)
        return page("unsure", found, limit, at="asked_at", identity="question_id")

    @router.post(
        "/accounts/unsure/{question_id}",
        dependencies=runtime.gate.allowed(Scope.ACCOUNTS_WRITE),
        tags=["accounts"],
        responses=refusals(404),
    )
    async def answer_unsure(question_id: UUID, answer: Answer, who: Who) -> dict[str, Any]:
        """Say which account a company is, or none of the candidates. It is remembered, and leads that wait
        are published with the account. A later answer takes the place of an earlier one."""
        try:
            asked = entry(who, "account.answer", "account_question", question_id)
            update = await desk.answer(question_id, answer.accept, by=who.by, also=asked)
        except UnknownQuestion:
            raise not_found("question", "GET /v1/accounts/unsure lists what is open") from None
        except NotACandidate:
            told = "no account has this CRM id: GET /v1/accounts lists them"
            raise Problem(422, "No such account", told, field="accept") from None
        return {"question_id": question_id, "accept": answer.accept, "update_id": update}


def _add_lists(router: APIRouter, runtime: Runtime) -> None:
    @router.get(
        "/accounts/updates", dependencies=runtime.gate.allowed(Scope.ACCOUNTS_READ), tags=["accounts"]
    )
    async def list_updates(limit: Limit = 50) -> dict[str, Any]:
        """Changes of accounts, newest first, and how many open leads were looked at and published after
        each; finished once `finished_at` is."""
        async with runtime.database.acquire() as conn:
            return {"updates": await store.updates(conn, limit)}

    @router.get("/accounts", dependencies=runtime.gate.allowed(Scope.ACCOUNTS_READ), tags=["accounts"])
    async def list_accounts(
        limit: Limit = 50,
        cursor: AfterId = None,
        domain: Domain = None,
        standing: AccountStanding | None = None,
        owner: Owner = None,
        text: Text = None,
    ) -> dict[str, Any]:
        """Accounts by CRM id. `next` is the cursor of the following page, absent on the last."""
        wanted = store.Wanted(domain.lower() if domain else None, standing, owner, text)
        async with runtime.database.acquire() as conn:
            found = await store.listed(conn, wanted, after=cursor, limit=limit + 1)
        more = {"next": found[limit - 1]["crm_id"]} if len(found) > limit else {}
        return {"accounts": found[:limit], **more}


def _add_one(router: APIRouter, runtime: Runtime, desk: AccountDesk) -> None:
    @router.get(
        "/accounts/{crm_id}",
        dependencies=runtime.gate.allowed(Scope.ACCOUNTS_READ),
        tags=["accounts"],
        responses=refusals(404),
    )
    async def one_account(crm_id: CrmId) -> dict[str, Any]:
        """An account, the open leads that tell of it, and who changed what about it."""
        async with runtime.database.acquire() as conn:
            found = await store.one(conn, crm_id)
        if found is None:
            raise _no_account()
        return found

    @router.put(
        "/accounts/{crm_id}",
        dependencies=runtime.gate.allowed(Scope.ACCOUNTS_WRITE),
        tags=["accounts"],
        responses=refusals(404),
    )
    async def put_account(crm_id: CrmId, sent: AccountSent, who: Who) -> dict[str, Any]:
        """Keep a whole account under its CRM id; open leads that it concerns are published again."""
        with as_problems():
            asked = entry(who, "account.keep", "account", crm_id, sent.model_fields_set)
            kept = await desk.keep([{"crm_id": crm_id, **sent.model_dump()}], by=who.by, also=asked)
        (row,) = kept.rows
        if row.faults:
            raise _refused(row.faults)
        told: dict[str, Any] = _told(kept)["rows"][0]
        return told | {"update_id": kept.update_id}

    @router.delete(
        "/accounts/{crm_id}",
        dependencies=runtime.gate.allowed(Scope.ACCOUNTS_WRITE),
        tags=["accounts"],
        responses=refusals(404),
    )
    async def delete_account(crm_id: CrmId, who: Who) -> dict[str, Any]:
        """Take an account out; open leads that tell of it are published without it. What it was and who
        deleted it is kept."""
        with _as_not_found():
            asked = entry(who, "account.delete", "account", crm_id)
            update = await desk.delete(crm_id, by=who.by, also=asked)
        return {"crm_id": crm_id, "outcome": "deleted", "update_id": update}


@contextmanager
def _as_not_found() -> Iterator[None]:
    try:
        yield
    except UnknownAccount:
        raise _no_account() from None


def _no_account() -> Problem:
    return not_found("account", "GET /v1/accounts lists them; PUT keeps a new one")


def _refused(faults: Sequence[Fault]) -> Problem:
    first = faults[0]
    return Problem(
        422,
        "The account cannot be kept",
        first.detail,
        field=first.field,
        errors=[asdict(fault) for fault in faults],
    )


def _told(kept: Kept) -> dict[str, Any]:
    counts = {"created": 0, "changed": 0, "unchanged": 0, "refused": 0}
    rows = []
    for number, row in enumerate(kept.rows, start=1):
        counts[row.outcome] += 1
        rows.append(
            {
                "row": number,
                "crm_id": row.crm_id,
                "outcome": row.outcome,
                "errors": [asdict(fault) for fault in row.faults],
                "warnings": [asdict(fault) for fault in row.warnings],
            }
        )
    return {"counts": counts, "rows": rows, "update_id": kept.update_id}
