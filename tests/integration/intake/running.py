"""A running intake: the real application, on the broker in memory or a real one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from intake.main import Wiring, build_app, with_short_cut
from intake.settings import IntakeSettings
from lead_events import LeadSubmitted, RulebookPublished
from lead_events.codec import decode, encode
from lead_events.ids import record_id
from service_kit.broker import Broker
from service_kit.clock import SystemClock
from service_kit.fakes import FakeBroker
from service_kit.records import Outgoing
from service_kit.runtime import Runtime
from service_kit.tracing_spans import Tracing
from tests.patience import HANGS_AFTER

KEY = "pk_demo_1"
PATH = f"/v1/forms/{KEY}/submissions"
FORMS: dict[str, dict[str, Any]] = {
    "demo": {
        "key": KEY,
        "honeypot": "website_2",
        "volatile": ["token"],
        "test_flag": "test",
        "allowed_origins": ["https://www.example.com"],
        "fields": {"email": {"from": "email"}, "phone": {"from": "phone"}, "name": {"from": "name"}},
    },
    "old": {"key": "pk_old_123", "status": "retired", "fields": {"email": {"from": "email"}}},
    "thanks": {
        "key": "pk_thanks_1",
        "language": "it",
        "redirect": "https://www.example.com/grazie",
        "fields": {"email": {"from": "email"}},
    },
    "vendor": {"key": "pk_vendor_1", "vendor_id": "lead.id", "fields": {"email": {"from": "lead.email"}}},
}


def rulebook(forms: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "company": "Example",
        "time_zone": "Europe/Madrid",
        "currency": "EUR",
        "lines": {"main": "Main"},
        "forms": {form_id: {"name": form_id, "source": "website", **form} for form_id, form in forms.items()},
        "sources": {"website": {"name": "Website"}},
        "scorecards": {},
        "routing": {"pools": {}, "plans": {}},
        "roster": {"teams": {}, "reps": {}},
        "calendars": {},
        "agreement": {"name": "Agreement", "sales": {"promises": {}}},
    }


def publication(version: int, document: dict[str, Any], effective_from: datetime | None = None) -> Outgoing:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    event = RulebookPublished(
        version=version,
        effective_from=effective_from or now,
        published_at=now,
        published_by="test",
        checksum="0" * 64,
        rulebook=document,
    )
    headers, value = encode(
        event,
        id=record_id("test", 0, version),
        source="baton/scoring",
        time=now,
        subject=str(version),
        topic="rulebook-published",
    )
    return Outgoing("rulebook-published", str(version).encode(), value, tuple(headers))


async def eventually(condition: Callable[[], bool], seconds: float = HANGS_AFTER) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.005)


def submitted(broker: FakeBroker) -> list[LeadSubmitted]:
    events = []
    for record in broker.records("lead-submitted"):
        _, event = decode(record.topic, record.headers, record.value)
        assert isinstance(event, LeadSubmitted)
        events.append(event)
    return events


class ShiftedClock(SystemClock):
    """The machine's clock, moved on by a test, whoever waits not being woken.

    It starts with a slot of five minutes, so that no test runs across the end of one.
    """

    def __init__(self) -> None:
        self.ahead = 0.0
        now = super().now()
        self._to_slot = timedelta(seconds=300 - now.timestamp() % 300)

    def now(self) -> datetime:
        return super().now() + self._to_slot + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


@dataclass
class Running:
    """One intake process."""

    client: httpx.AsyncClient
    wiring: Wiring

    async def post(self, path: str = PATH, **request: Any) -> httpx.Response:
        return await self.client.post(path, **request)


class Harness:
    """Starts intakes on one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broker = FakeBroker()
        self.clock = ShiftedClock()

    def settings(self, **overrides: Any) -> IntakeSettings:
        chosen = {"data_dir": self.folder, "operator_token": "secret", "publish_deadline_ms": 300} | overrides
        return IntakeSettings.model_validate(chosen)

    @asynccontextmanager
    async def start(
        self,
        *,
        broker: Broker | None = None,
        know: bool = True,
        tracing: Tracing | None = None,
        **overrides: Any,
    ) -> AsyncIterator[Running]:
        settings = self.settings(**overrides)
        runtime = Runtime(settings, broker=broker or self.broker, clock=self.clock, tracing=tracing)
        app = build_app(settings, runtime)
        wiring: Wiring = app.state.wiring
        transport = httpx.ASGITransport(app=with_short_cut(app), raise_app_exceptions=True)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://intake") as client,
        ):
            if know:
                await eventually(lambda: wiring.forms.topic_was_read and app.state.lifecycle.is_connected)
            yield Running(client, wiring)
