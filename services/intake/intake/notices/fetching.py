"""One notice from the topic to what it becomes: a submission, a notice put back, or a dead letter."""

from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter
from typing import Any

from intake import metrics
from intake.domain.fingerprint import fingerprint
from intake.domain.refusals import Refusal
from intake.domain.submission import Read, checked, unmapped
from intake.domain.verdict import judge, quarantined
from intake.forms import Forms, Found
from intake.notices.books import NoticeState
from intake.notices.standing import Standing
from intake.notices.troubles import FetchFailed, Trouble, next_step
from intake.notices.vendors import Vendors
from intake.records import submission_record
from lead_events import LeadNotified, Verdict
from lead_events.cloudevents import Attributes
from lead_events.codec import Undecodable, decode, encode
from lead_events.ids import submission_id
from lead_events.words import QuarantineReason
from rulebook.mapping import Mapped, map_submission
from rulebook.models.forms import Fetch
from service_kit.clock import Clock
from service_kit.deadletters import dead_letter
from service_kit.logs import logger
from service_kit.records import Outgoing, Record
from service_kit.secrets import SecretMissing, Secrets

_log = logger(__name__)
_CONTENT = {"meta": ("id", "field_data"), "linkedin": ("id", "formResponse")}
"""What the buyer sent. The names of campaigns beside it may change between two fetches."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a record became, and the record that says so."""

    state: NoticeState
    outgoing: Outgoing
    vendor: str = metrics.UNKNOWN_VENDOR


class Fetching:
    """Fetches leads and makes submissions of them."""

    def __init__(
        self, forms: Forms, vendors: Vendors, secrets: Secrets, standing: Standing, clock: Clock
    ) -> None:
        self._forms = forms
        self._vendors = vendors
        self._secrets = secrets
        self._standing = standing
        self._clock = clock

    async def close(self) -> None:
        """Close the connections to vendors."""
        await self._vendors.close()

    async def settle(self, record: Record) -> Settled:
        """Never raises for what a vendor answers or a record holds."""
        try:
            attributes, event = decode(record.topic, record.headers, record.value)
        except Undecodable as error:
            return self.buried(record, error.reason)
        assert isinstance(event, LeadNotified)  # noqa: S101 - its topics carry nothing else
        found = self._forms.named(event.form_id, self._clock.now())
        try:
            submitted = await self._submission(event, found, attributes.traceparent)
        except FetchFailed as failed:
            return self._failed(record, attributes, event, found, failed)
        except Exception as error:
            _log.exception("a notice could not be handled", form_id=event.form_id)
            return self.buried(record, f"{type(error).__name__}: this is our fault")
        self._standing.fetched(event.form_id, event.notice_id)
        return Settled(NoticeState.FETCHED, submitted, event.vendor)

    def buried(self, record: Record, reason: str) -> Settled:
        """The record as a dead letter."""
        _log.error("a notice became a dead letter", topic=record.topic, offset=record.offset, reason=reason)
        letter = dead_letter(record, consumer="intake", reason=reason, at=self._clock.now())
        return Settled(NoticeState.DEAD_LETTERED, letter)

    async def _submission(
        self, event: LeadNotified, found: Found | None, traceparent: str | None
    ) -> Outgoing:
        if found is None or found.form.fetch is None:
            failed = FetchFailed(Trouble.NOT_FETCHED, "the form does not say where its leads are fetched")
            now = self._clock.now()
            self._standing.failed(event.form_id, event.vendor, event.notice_id, failed, None, now)
            raise failed
        fields = await self._ask(event, found.form.fetch)
        read = _read(event, found, fields, self._clock.now())
        return submission_record(checked(read), event.receipt, None, traceparent)

    async def _ask(self, event: LeadNotified, fetch: Fetch) -> dict[str, Any]:
        token = self._token(fetch)
        closed = self._standing.closed(event.form_id, token, self._clock.now())
        if closed is not None:
            self._standing.put_back(event.form_id, fetch.api, event.notice_id)
            raise closed
        started = perf_counter()
        try:
            return await self._fetched(fetch, token, event.vendor_lead_id)
        except FetchFailed as failed:
            now = self._clock.now()
            metrics.FETCH_TROUBLES.labels(fetch.api, failed.trouble.value).inc()
            self._standing.failed(event.form_id, fetch.api, event.notice_id, failed, token, now)
            _log.warning(
                "a lead could not be fetched",
                form_id=event.form_id,
                vendor=fetch.api,
                notice_id=str(event.notice_id),
                attempt=event.attempt + 1,
                trouble=failed.trouble.value,
                detail=failed.detail,
            )
            raise
        finally:
            metrics.FETCH_SECONDS.labels(fetch.api).observe(perf_counter() - started)

    async def _fetched(self, fetch: Fetch, token: str | None, lead: str) -> dict[str, Any]:
        if token is None:
            raise FetchFailed(Trouble.SECRET_MISSING, f"the secret {fetch.token!r} has no value here")
        return await self._vendors.fetch(fetch, token, lead)

    def _token(self, fetch: Fetch) -> str | None:
        try:
            return self._secrets.one(fetch.token)
        except SecretMissing:
            return None

    def _failed(
        self,
        record: Record,
        attributes: Attributes,
        event: LeadNotified,
        found: Found | None,
        failed: FetchFailed,
    ) -> Settled:
        step = next_step(failed.trouble, event.received_at, self._clock.now())
        if step.topic is not None:
            back = _put_back(record, attributes, event, failed, step.topic)
            return Settled(NoticeState.PUT_BACK, back, event.vendor)
        self._standing.given_up(event.form_id, event.notice_id)
        if found is None:
            return self.buried(record, f"no rulebook ever had the form {event.form_id}")
        _log.error(
            "a notice was given up", form_id=event.form_id, notice_id=str(event.notice_id), why=str(failed)
        )
        read = _given_up(event, found, failed, self._clock.now())
        outgoing = submission_record(checked(read), event.receipt, None, attributes.traceparent)
        return Settled(NoticeState.GIVEN_UP, outgoing, event.vendor)


def _read(event: LeadNotified, found: Found, fields: dict[str, Any], now: datetime) -> Read:
    """What was fetched, as if it had been posted when the notice came."""
    try:
        mapped = map_submission(found.form, fields, event.received_at, staff_domains=found.staff_domains)
    except Exception as error:
        _log.exception("a form's mapping broke", form_id=event.form_id)
        mapped, verdict = unmapped(found.form), _broken(error)
    else:
        verdict = _judged(found, fields, mapped)
    if mapped.occurred_at is None:
        mapped = replace(mapped, occurred_at=event.occurred_at)
    content = {name: fields.get(name) for name in _CONTENT.get(event.vendor, fields)}
    return _as_read(event, found, fields, mapped, verdict, fingerprint(content, found.form.volatile), now)


def _given_up(event: LeadNotified, found: Found, failed: FetchFailed, now: datetime) -> Read:
    """What is known of a lead that cannot be fetched: its notice.

    Its fingerprint is the notice's, so that the lead itself, should it come later, is another submission.
    """
    detail = f"{failed.trouble}: {failed.detail}, after {event.attempt + 1} attempts"
    verdict = quarantined(QuarantineReason.FETCH_FAILED, detail)
    mapped = replace(unmapped(found.form), occurred_at=event.occurred_at)
    print_ = fingerprint({"notice": event.notice, "vendor_lead_id": event.vendor_lead_id})
    return _as_read(event, found, dict(event.notice), mapped, verdict, print_, now)


def _as_read(
    event: LeadNotified,
    found: Found,
    fields: dict[str, Any],
    mapped: Mapped,
    verdict: Verdict,
    print_: str,
    now: datetime,
) -> Read:
    key = event.vendor_lead_id
    return Read(
        form_id=event.form_id,
        form=found.form,
        rulebook_version=found.version,
        submission_id=submission_id(event.form_id, print_, key=key, received_at=event.received_at),
        fingerprint=print_,
        key=key,
        key_origin="vendor",
        received_at=event.received_at,
        fields=fields,
        mapped=mapped,
        verdict=verdict,
        sender=event.vendor,
        fetched={
            "notice_id": event.notice_id,
            "vendor": event.vendor,
            "attempts": event.attempt + 1,
            "fetched_at": now,
        },
    )


def _judged(found: Found, fields: dict[str, Any], mapped: Mapped) -> Verdict:
    """The verdict; there is nobody to refuse it to, so what would be refused waits in quarantine."""
    try:
        return judge(found.form, found.form_id, fields, mapped, is_retired=found.is_retired)
    except Refusal as refusal:
        return quarantined(QuarantineReason.FIELD_MISSING, refusal.detail)


def _broken(error: Exception) -> Verdict:
    return quarantined(QuarantineReason.MAPPING_ERROR, type(error).__name__)


def _put_back(
    record: Record, attributes: Attributes, event: LeadNotified, failed: FetchFailed, topic: str
) -> Outgoing:
    again = event.model_copy(update={"attempt": event.attempt + 1, "error": str(failed)[:500]})
    headers, value = encode(
        again,
        id=attributes.id,
        source=attributes.source,
        time=attributes.time,
        subject=attributes.subject,
        topic=topic,
        traceparent=attributes.traceparent,
    )
    return Outgoing(topic, record.key, value, tuple(headers))
