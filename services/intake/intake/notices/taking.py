"""Takes a delivery of notices: each lead it names is durable before the vendor hears of it."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from intake import errors, metrics
from intake.domain.bodies import decode
from intake.domain.receipts import Numbering
from intake.domain.refusals import unacceptable
from intake.durability import Durability, NotDurable
from intake.forms import Found
from intake.notices.books import Books
from intake.notices.reading import NamedLead, NoNotice, read_notice
from intake.notices.troubles import NOTIFIED
from intake.posts import Posted
from lead_events import LeadNotified, Receipt
from lead_events.codec import encode
from lead_events.ids import event_id, notice_id
from rulebook.moments import claimed_time
from service_kit.clock import Clock
from service_kit.logs import logger
from service_kit.records import Outgoing

_log = logger(__name__)


class NoticeDesk:
    """Takes notices of forms that fetch. What it has returned for is durable."""

    def __init__(self, durability: Durability, numbering: Numbering, books: Books, clock: Clock) -> None:
        self._durability = durability
        self._numbering = numbering
        self._books = books
        self._clock = clock

    async def accept(self, posted: Posted, found: Found) -> list[UUID]:
        """The ids of the notices in a delivery, one for each lead it names; none where it names no new lead.

        Raises Refusal: what decoding raises, 422 for another body than this vendor's notice, 503 where one of
        them is not durable; then the vendor sends all of them again, and each comes to the same lead.
        """
        fetch = found.form.fetch
        assert fetch is not None  # noqa: S101 - asked for by the caller
        decoded = decode(posted.content_type, posted.body)
        try:
            notice = read_notice(fetch.api, decoded.fields)
        except NoNotice as error:
            raise unacceptable(str(error)) from error
        if notice.ignored:
            self._books.ignored += notice.ignored
            metrics.NOTICES.labels(fetch.api, "ignored").inc(notice.ignored)
            _log.info("changes that name no new lead", form_id=found.form_id, changes=notice.ignored)
        received_at = self._clock.now()
        kept = (self._keep(lead, found, fetch.api, received_at) for lead in notice.leads)
        outcomes = await asyncio.gather(*kept, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return [outcome for outcome in outcomes if isinstance(outcome, UUID)]

    async def _keep(self, lead: NamedLead, found: Found, vendor: str, received_at: datetime) -> UUID:
        if not self._durability.is_possible:
            raise errors.not_durable("the broker is away and the spool is full")
        identity = notice_id(found.form_id, lead.vendor_lead_id)
        receipt = self._numbering.take()
        record = _record(identity, lead, found, vendor, received_at, receipt)
        try:
            await self._durability.keep(lambda _: record)
        except NotDurable as error:
            self._numbering.void(receipt)
            _log.warning("notice not durable: answered 503", notice_id=str(identity), why=str(error))
            raise errors.not_durable("it could not be stored") from error
        except BaseException:
            self._numbering.void(receipt)
            raise
        self._books.taken += 1
        metrics.NOTICES.labels(vendor, "taken").inc()
        return identity


def _record(
    identity: UUID,
    lead: NamedLead,
    found: Found,
    vendor: str,
    received_at: datetime,
    receipt: Receipt,
) -> Outgoing:
    occurred_at: Any = None
    if lead.claimed is not None:
        occurred_at, _ = claimed_time(lead.claimed, received_at)
    event = LeadNotified(
        notice_id=identity,
        form_id=found.form_id,
        vendor=vendor,
        vendor_lead_id=lead.vendor_lead_id,
        received_at=received_at,
        occurred_at=occurred_at,
        notice=lead.notice,
        receipt=receipt,
    )
    key = f"{found.form_id}:{lead.vendor_lead_id}"
    headers, value = encode(
        event,
        id=event_id(identity, NOTIFIED, key),
        source="intake",
        time=received_at,
        subject=key,
        topic=NOTIFIED,
    )
    return Outgoing(NOTIFIED, key.encode(), value, tuple(headers))
