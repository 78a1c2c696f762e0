"""At the end of a month somebody objects, somebody decides, and an operator excuses a window of time."""

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from sla_monitor.main import build_app
from tests.integration.sla_monitor.worlds import TOKEN, World
from tests.model.comparison import expected
from tests.model.history import History, Incident, Objected
from tests.model.months import Month

TOO_LATE = 409


async def disputed(world: World, month: Month) -> History:
    """Everything that was published, and what was objected to, decided and excused through the API."""
    rng = random.Random(month.seed)
    history = History.of(month.news)
    objections = [(subject, rng.random() < 0.6) for subject in _subjects(rng, month, history)]
    async with an_api(world) as api:
        objected = [await _object(api, about, subject, excused) for (about, subject), excused in objections]
        incident = await _incident(api, rng, month)
    return History.of(month.news, [each for each in objected if each is not None], [incident])


def an_api(world: World) -> httpx.AsyncClient:
    """A client of the monitor, as an operator."""
    application = build_app(world.settings, runtime=world.runtime)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(application),
        base_url="http://sla-monitor",
        headers={"Authorization": f"Bearer {TOKEN}", "X-Operator": "ana"},
    )


def _subjects(rng: random.Random, month: Month, history: History) -> list[tuple[str, UUID]]:
    rejected = [
        ("rejection", fact.id)
        for lead in history.leads
        for fact in history.facts.get(lead, ())
        if fact.kind == "rejected"
    ]
    broken = [("breach", k.id) for k in expected(month).values() if k.state == "broken" and not k.is_trial]
    found = sorted(rejected + broken)
    return rng.sample(found, min(6, len(found)))


async def _object(api: httpx.AsyncClient, about: str, subject: UUID, is_excused: bool) -> Objected | None:
    """None: it was too late to object."""
    body = {"about": about, "subject": str(subject), "side": "sales", "reason": "it was not so"}
    made = await api.post("/v1/objections", json=body)
    if made.status_code == TOO_LATE:
        return None
    verdict = "excuse" if is_excused else "uphold"
    await _posted(api, f"/v1/objections/{_said(made)['id']}/{verdict}", {"why": "so it was"})
    return Objected(subject, is_excused)


async def _incident(api: httpx.AsyncClient, rng: random.Random, month: Month) -> Incident:
    start = month.company.start + timedelta(seconds=rng.randrange(25 * 86_400))
    end = start + timedelta(hours=rng.choice((1, 8, 72)))
    window = {"from": start.isoformat(), "until": end.isoformat(), "why": "the exchange was down"}
    await _posted(api, "/v1/incidents", window)
    return Incident(start, end)


async def _posted(api: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> None:
    _said(await api.post(path, json=body))


def _said(answer: httpx.Response) -> dict[str, Any]:
    if not answer.is_success:
        raise AssertionError(f"{answer.request.url.path} answers {answer.status_code}: {answer.text}")
    said: dict[str, Any] = answer.json()
    return said
