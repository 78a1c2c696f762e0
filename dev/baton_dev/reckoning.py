"""What became of a rehearsal's posts, asked of the running services over HTTP."""

import asyncio
import contextlib
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from baton_dev.posting import Posted
from lead_events.ids import lead_id

_SERVICES = ("intake", "scoring", "router", "sla_monitor")
_AT_ONCE = 16
_PAGE = 500
_ASK_AGAIN = 0.5
_TRIES = 3
_METRIC = re.compile(r"^baton_leads_unaccounted(?:\{.*\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Totals:
    """How many submissions scoring keeps, and how many leads router knows, whoever sent them."""

    submissions: int
    leads: int


@dataclass
class Outcome:
    """What the services say. Leads by id; `routed` holds router's view of each SQL."""

    submissions: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    leads: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    routed: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    unaccounted: int | None = None
    decided_after: float | None = None
    not_ready: list[str] = field(default_factory=list)

    @property
    def states(self) -> Counter[str]:
        """How many submissions are in each state; `unknown` to scoring counts as one."""
        return Counter(each["state"] for each in self.submissions.values())

    @property
    def quadrants(self) -> Counter[str]:
        """How many leads stand in each quadrant."""
        return Counter(lead["quadrant"] for lead in self.leads.values())

    @property
    def places(self) -> Counter[str]:
        """Where the SQLs are: `assigned`, `held: REASON`, or what router says instead."""
        return Counter(_place(lead) for lead in self.routed.values())


class Services:
    """The operator's questions to one running stack. `at` is the content of stack.json."""

    def __init__(self, client: httpx.AsyncClient, at: dict[str, Any]) -> None:
        self._client = client
        self._at = at

    async def form(self, name: str) -> dict[str, Any]:
        """Return a form of the rulebook in force; KeyError naming those there are."""
        forms = (await self._get("scoring", "/v1/rulebooks/active"))["rulebook"]["forms"]
        if name not in forms:
            raise KeyError(f"the rulebook has no form {name!r}; it has: {', '.join(sorted(forms))}")
        found: dict[str, Any] = forms[name]
        return found

    async def totals(self) -> Totals:
        """Count what is there now."""
        scoring, router = await asyncio.gather(
            self._get("scoring", "/v1/conservation"), self._get("router", "/v1/conservation")
        )
        return Totals(sum(scoring["submissions"].values()), router["leads_known"])

    async def known_emails(self, emails: Collection[str]) -> set[str]:
        """Return those of `emails` under which a lead is kept."""
        kept = {email async for lead in self._all_leads() if (email := _email(lead)) is not None}
        return kept & set(emails)

    async def follow(
        self, posted: Posted, lines: Sequence[str], before: Totals, *, started: float, seconds: float
    ) -> Outcome:
        """Wait until all is decided, `seconds` at most, then ask for every submission and every SQL.

        `lines` are those of the form; `started` is the `time.monotonic` of the first post.
        """
        outcome, until = Outcome(), time.monotonic() + seconds
        ids = posted.submissions
        await _wait(lambda: self._has_submissions(before.submissions + len(ids)), until)
        outcome.submissions = await self._submissions(ids, lines)
        opened = {UUID(id_) for each in outcome.submissions.values() for id_ in each.get("lead_ids") or ()}
        if await _wait(lambda: self._has_leads(before.leads + len(opened)), until):
            outcome.decided_after = time.monotonic() - started
        outcome.leads = {
            id_: lead async for lead in self._all_leads() if (id_ := UUID(lead["lead_id"])) in opened
        }
        sqls = [id_ for id_, lead in outcome.leads.items() if lead["stage"] == "sql"]
        await _wait(lambda: self._routed(outcome, sqls), until)
        outcome.unaccounted = await self._unaccounted(until)
        outcome.not_ready = [line async for line in self._not_ready()]
        return outcome

    async def _submissions(self, ids: Iterable[UUID], lines: Sequence[str]) -> dict[UUID, dict[str, Any]]:
        """What became of each. A lead's id tells which submission opened it; the rest is asked one by one."""
        leads = {UUID(lead["lead_id"]) async for lead in self._all_leads()}
        waiting = {UUID(each["submission_id"]) async for each in self._pages("/v1/quarantine", "quarantine")}
        found: dict[UUID, dict[str, Any]] = {}
        for id_ in ids:
            opened = [lead for line in lines if (lead := lead_id(id_, line)) in leads]
            if opened:
                found[id_] = {"state": "opened", "lead_ids": [str(lead) for lead in opened]}
            elif id_ in waiting:
                found[id_] = {"state": "quarantined"}
        rest = [id_ for id_ in ids if id_ not in found]
        return found | await self._each("scoring", "/v1/submissions/{}", rest)

    async def _has_submissions(self, wanted: int) -> bool:
        return (await self.totals()).submissions >= wanted

    async def _has_leads(self, wanted: int) -> bool:
        return (await self.totals()).leads >= wanted

    async def _routed(self, outcome: Outcome, sqls: Iterable[UUID]) -> bool:
        if not outcome.routed:
            wanted = set(sqls)
            first = (await self._get("router", "/v1/held", {"limit": "1000"}))["held"]
            outcome.routed = {
                id_: held | {"state": "held"} for held in first if (id_ := UUID(held["id"])) in wanted
            }
        missing = [id_ for id_ in sqls if _place(outcome.routed.get(id_, {})) in ("unknown", "stub")]
        outcome.routed |= await self._each("router", "/v1/leads/{}", missing)
        return all(_place(outcome.routed[id_]) not in ("unknown", "stub") for id_ in missing)

    async def _unaccounted(self, until: float) -> int:
        """Return the sum of `baton_leads_unaccounted` over all services, once it is 0 or the time is up."""
        found = 0

        async def is_zero() -> bool:
            nonlocal found
            pages = [(await self._ask(f"{self._at[name]}/metrics")).text for name in _SERVICES]
            books = [await self._get(name, "/v1/conservation") for name in _SERVICES]
            metrics = sum(abs(int(float(value))) for page in pages for value in _METRIC.findall(page))
            found = max(metrics, sum(abs(book["unaccounted"]) for book in books))
            return bool(found == 0)

        await _wait(is_zero, until)
        return found

    async def _not_ready(self) -> AsyncIterator[str]:
        for name in _SERVICES:
            answer = await self._ask(f"{self._at[name]}/readyz")
            if not answer.is_success:
                yield f"{name} is not ready: {answer.text[:500]}"

    def _all_leads(self) -> AsyncIterator[dict[str, Any]]:
        return self._pages("/v1/leads", "leads")

    async def _pages(self, path: str, name: str) -> AsyncIterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            query = {"limit": str(_PAGE)} | ({"cursor": cursor} if cursor else {})
            page = await self._get("scoring", path, query)
            for row in page[name]:
                yield row
            cursor = page.get("next")
            if cursor is None:
                return

    async def _each(self, service: str, path: str, ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def ask(id_: UUID) -> tuple[UUID, dict[str, Any]]:
            async with at_once:
                return id_, await self._get(service, path.format(id_), or_else={"state": "unknown"})

        return dict(await asyncio.gather(*(ask(id_) for id_ in ids)))

    async def _ask(self, url: str, **how: Any) -> httpx.Response:
        """GET, and once more where a connection was closed just as it was used again."""
        for _ in range(_TRIES):
            with contextlib.suppress(httpx.ReadError, httpx.RemoteProtocolError):
                return await self._client.get(url, **how)
        return await self._client.get(url, **how)

    async def _get(
        self,
        service: str,
        path: str,
        query: dict[str, str] | None = None,
        *,
        or_else: dict[str, Any] | None = None,
    ) -> Any:
        headers = {"Authorization": f"Bearer {self._at['operator_token']}"}
        answer = await self._ask(f"{self._at[service]}{path}", params=query, headers=headers)
        if answer.status_code == 404 and or_else is not None:
            return or_else
        answer.raise_for_status()
        return answer.json()


@asynccontextmanager
async def services(at: dict[str, Any]) -> AsyncIterator[Services]:
    """Give the services of a running stack."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        yield Services(client, at)


async def _wait(holds: Callable[[], Awaitable[bool]], until: float) -> bool:
    while not await holds():
        if time.monotonic() > until:
            return False
        await asyncio.sleep(_ASK_AGAIN)
    return True


def _place(lead: dict[str, Any]) -> str:
    state = lead.get("state", "unknown")
    return f"held: {lead['hold_reason']}" if state == "held" and lead["hold_reason"] else str(state)


def _email(lead: dict[str, Any]) -> str | None:
    email: str | None = lead["profile"].get("email")
    return email
