"""Intake's notices on the broker in memory, a clock moved by hand, and a vendor on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson

from intake.circuit import Circuit
from intake.domain.receipts import Numbering
from intake.durability import Durability
from intake.forms import Forms, Found
from intake.lane import Lane
from intake.notices.books import Books
from intake.notices.consumer import GROUP, NoticeConsumer
from intake.notices.fetching import Fetching
from intake.notices.reporting import FetchReporter
from intake.notices.standing import Standing
from intake.notices.taking import NoticeDesk
from intake.notices.troubles import DELAYS
from intake.notices.vendors import Vendors
from intake.posts import Posted
from intake.spool import Spool
from intake.spool.folder import Folder
from lead_events import FetchReported, LeadNotified, LeadSubmitted
from lead_events.codec import decode
from rulebook.models import Rulebook
from service_kit.clock import ManualClock
from service_kit.fakes import FakeBroker
from service_kit.secrets import Secrets
from tests.integration.intake.notices.vendor import Vendor
from tests.integration.intake.running import eventually, rulebook

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
META, LINKEDIN = "meta-ads", "linkedin-ads"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def forms(vendor: Vendor) -> dict[str, dict[str, Any]]:
    return {
        META: {
            "key": "pk_meta_001",
            "fetch": {"api": "meta", "token": "meta-token", "base_url": vendor.base_url, "timeout": "3s"},
            "fields": {
                "email": "field_data[name=email].values",
                "name": "field_data[name=full_name].values",
            },
            "vendor_time": "created_time",
        },
        LINKEDIN: {
            "key": "pk_linkedin",
            "fetch": {
                "api": "linkedin",
                "token": "linkedin-token",
                "base_url": vendor.base_url,
                "timeout": "3s",
            },
            "fields": {
                "email": "formResponse.answers[name=email].answerDetails.textQuestionAnswer.answer",
                "first_name": "formResponse.answers[name=firstName].answerDetails.textQuestionAnswer.answer",
                "attributes.products": (
                    "formResponse.answers[name=products].answerDetails.multipleChoiceAnswer.options"
                ),
            },
            "vendor_time": "submittedAt",
        },
    }


def meta_notice(*leads: str) -> bytes:
    changes = [
        {
            "field": "leadgen",
            "value": {
                "leadgen_id": lead,
                "page_id": "700000000000001",
                "form_id": "900000000000001",
                "created_time": 1772452680,
            },
        }
        for lead in leads
    ]
    return orjson.dumps({"object": "page", "entry": [{"id": "1", "time": 1772452690, "changes": changes}]})


def linkedin_notice(lead: str, action: str = "CREATED") -> bytes:
    return orjson.dumps(
        {
            "type": "LEAD_ACTION",
            "leadGenFormResponse": f"urn:li:leadGenFormResponse:{lead}",
            "leadAction": action,
            "leadType": "SPONSORED",
            "occurredAt": 1772452680000,
        }
    )


class World:
    """Everything but HTTP in: notices are taken by the desk and fetched by the consumer."""

    def __init__(self, folder: Path, vendor: Vendor, known: dict[str, dict[str, Any]] | None = None) -> None:
        self.folder = folder
        self.vendor = vendor
        self.clock = ManualClock(NOON)
        self.broker = FakeBroker(clock=self.clock)
        self.publisher = self.broker.publisher()
        self.secrets = folder / "secrets"
        self.secrets.mkdir()
        self.give_token("meta-token", vendor.token)
        self.give_token("linkedin-token", vendor.token)
        document = Rulebook.model_validate(rulebook(forms(vendor) if known is None else known))
        self.forms = Forms(document, NOON)
        self.books = Books()
        self.standing = Standing("intake-0")
        self.numbering = Numbering("run-1+notices")
        self.spool = Spool(Folder(folder / "spool"), max_bytes=1_000_000, gather=0)
        circuit = Circuit(self.clock)
        durability = Durability(Lane(self.publisher), self.spool, circuit, self.clock, spool_deadline=5.0)
        self.desk = NoticeDesk(durability, self.numbering, self.books, self.clock)
        self.reporter = FetchReporter(self.standing, self.books, self.publisher, self.clock)

    def give_token(self, name: str, value: str) -> None:
        (self.secrets / name).write_text(value + "\n")

    def consumer(self, **more: Any) -> NoticeConsumer:
        vendors = Vendors(
            meta_version="v26.0", linkedin_version="202606", make=lambda: httpx.AsyncClient(trust_env=False)
        )
        fetching = Fetching(self.forms, vendors, Secrets(self.secrets, {}), self.standing, self.clock)
        return NoticeConsumer(
            self.broker, self.publisher, self.forms, fetching, self.books, self.clock, **more
        )

    async def take(self, body: bytes, form_id: str = META) -> None:
        found = self.forms.named(form_id, self.clock.now())
        assert isinstance(found, Found)
        await self.desk.accept(Posted(found.form.key, b"application/json", body, []), found)

    @asynccontextmanager
    async def running(self, **more: Any) -> AsyncIterator[NoticeConsumer]:
        consumer = self.consumer(**more)
        task = asyncio.create_task(consumer.run())
        try:
            yield consumer
        finally:
            consumer.stop()
            await self.until(task.done)
            await task

    async def until(self, condition: Callable[[], bool]) -> None:
        await eventually(condition)

    async def settled(self) -> None:
        """Until every notice whose time has come has been handled."""
        await eventually(lambda: not self._open())

    def _open(self) -> bool:
        committed, now = self.broker.committed_of(GROUP), self.clock.now()
        return any(
            record.offset >= committed.get(record.place, 0) and record.broker_time + delay <= now
            for topic, delay in DELAYS.items()
            for record in self.broker.records(topic)
        )

    async def pass_time(self, step: timedelta, times: int = 1) -> None:
        for _ in range(times):
            self.clock.advance(step.total_seconds() + 0.001)
            await self.settled()

    def submitted(self) -> list[LeadSubmitted]:
        found = [decode(r.topic, r.headers, r.value)[1] for r in self.broker.records("lead-submitted")]
        return [event for event in found if isinstance(event, LeadSubmitted)]

    def notified(self, topic: str) -> list[LeadNotified]:
        found = [decode(r.topic, r.headers, r.value)[1] for r in self.broker.records(topic)]
        return [event for event in found if isinstance(event, LeadNotified)]

    async def reports(self) -> list[FetchReported]:
        await self.reporter.work()
        found = [decode(r.topic, r.headers, r.value)[1] for r in self.broker.records("fetch-reported")]
        return [event for event in found if isinstance(event, FetchReported)]
