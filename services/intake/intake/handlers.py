"""The use case of intake: take one post, decide, make it durable, answer."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from intake import errors, metrics
from intake.domain.bodies import Decoded, decode
from intake.domain.fingerprint import fingerprint
from intake.domain.idempotency import RecentKeys, read_key
from intake.domain.receipts import Numbering
from intake.domain.refusals import Refusal
from intake.domain.submission import Read, checked, unmapped
from intake.domain.verdict import judge, quarantined
from intake.durability import Durability, NotDurable
from intake.forms import Forms, Found
from intake.notices.taking import NoticeDesk
from intake.records import submission_record
from intake.senders import Senders, delivery_id, without_secret, without_secrets
from lead_events import Verdict
from lead_events.ids import submission_id
from lead_events.words import QuarantineReason
from rulebook.mapping import Mapped, map_submission
from rulebook.models import Form
from service_kit.clock import Clock
from service_kit.logs import logger

_log = logger(__name__)


class Posted(NamedTuple):
    """One post as it came over HTTP.

    `keys`: the values of its Idempotency-Key headers; `address`: who is at the other end, as far as trusted
    proxies say; `headers`: by name in lower case; `query`: what follows `?`, as sent.
    """

    form_key: str
    content_type: bytes
    body: bytes
    keys: list[bytes]
    traceparent: str | None = None
    address: str = ""
    headers: Mapping[bytes, bytes] = MappingProxyType({})
    query: bytes = b""


class Intake:
    """Takes submissions. What it has returned for is durable."""

    def __init__(
        self,
        forms: Forms,
        durability: Durability,
        numbering: Numbering,
        clock: Clock,
        *,
        recent_keys: int,
        senders: Senders,
        notices: NoticeDesk,
    ) -> None:
        self._forms = forms
        self._durability = durability
        self._numbering = numbering
        self._clock = clock
        self._senders = senders
        self._notices = notices
        self._recent = RecentKeys(recent_keys)
        self._in_flight: dict[UUID, asyncio.Future[None]] = {}

    def find(self, form_key: str) -> Found:
        """The form of that key now. Raises Refusal (404, 503)."""
        return self._forms.find(form_key, self._clock.now())

    async def accept(self, posted: Posted, found: Found) -> UUID:
        """The id of the submission, which is durable now. Raises Refusal; then nothing was kept."""
        read = self._read(posted, found, self._sender(posted, found))
        if read.key is not None and read.key_origin == "header":
            self._recent.check(read.form_id, read.key, read.fingerprint)
        twin = self._in_flight.get(read.submission_id)
        if twin is not None:
            await self._same_answer(twin)
            return read.submission_id
        await self._keep_once(read, posted.traceparent)
        if read.key is not None and read.key_origin == "header":
            self._recent.remember(read.form_id, read.key, read.fingerprint)
        return read.submission_id

    async def accept_notice(self, posted: Posted, found: Found) -> list[UUID]:
        """The ids of the notices in a post to a form that fetches its leads, all durable. Raises Refusal."""
        self._sender(posted, found)
        return await self._notices.accept(posted, found)

    def _sender(self, posted: Posted, found: Found) -> str | None:
        """By which scheme the sender proved itself. Raises Refusal, except for a retired form: what comes
        there waits in quarantine in any case."""
        try:
            return self._senders.verify(posted, found.form)
        except Refusal:
            if found.is_retired:
                return None
            raise

    def _read(self, posted: Posted, found: Found, sender: str | None) -> Read:
        received_at = self._clock.now()
        form = found.form
        raw = None
        try:
            decoded = decode(posted.content_type, posted.body)
        except Refusal as refusal:
            if not found.is_retired:
                raise
            decoded = Decoded({})
            raw = without_secrets(posted.body, self._senders.known_values(form))
            verdict = quarantined(QuarantineReason.UNREADABLE, refusal.detail)
            mapped = unmapped(form)
        else:
            decoded = decoded._replace(fields=without_secret(form, decoded.fields))
            mapped, verdict = _judged(found, decoded.fields, received_at)
        if form.signature is not None and sender is None:  # nobody vouches for the time it claims
            mapped = replace(mapped, occurred_at=None)
        header_key = _header_key(posted.keys, found)
        key = header_key or mapped.vendor_id or delivery_id(posted, sender)
        print_ = fingerprint(decoded.fields if raw is None else {"raw": raw.hex()}, form.volatile)
        return Read(
            form_id=found.form_id,
            form=form,
            rulebook_version=found.version,
            submission_id=submission_id(found.form_id, print_, key=key, received_at=received_at),
            fingerprint=print_,
            key=key,
            key_origin="header" if header_key else ("vendor" if key else None),
            received_at=received_at,
            fields=decoded.fields,
            mapped=mapped,
            verdict=verdict,
            flags=decoded.flags,
            raw=raw,
            sender=sender,
        )

    async def _same_answer(self, twin: "asyncio.Future[None]") -> None:
        await asyncio.wait([twin])
        if (error := twin.exception()) is not None:
            raise error
        metrics.COALESCED.inc()

    async def _keep_once(self, read: Read, traceparent: str | None) -> None:
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._in_flight[read.submission_id] = outcome
        try:
            await self._keep(read, traceparent)
        except BaseException as error:
            refusal = (
                error
                if isinstance(error, Refusal)
                else errors.not_durable("the other post of it was cut off")
            )
            outcome.set_exception(refusal)
            outcome.exception()  # seen: nobody else may be waiting for it
            raise
        else:
            outcome.set_result(None)
        finally:
            del self._in_flight[read.submission_id]

    async def _keep(self, read: Read, traceparent: str | None) -> None:
        if not self._durability.is_possible:
            raise errors.not_durable("the broker is away and the spool is full")
        read = checked(read)
        receipt = self._numbering.take()
        try:
            route = await self._durability.keep(partial(submission_record, read, receipt, traceparent))
        except NotDurable as error:
            self._numbering.void(receipt)
            _log.warning(
                "submission not durable: answered 503", submission_id=str(read.submission_id), why=str(error)
            )
            raise errors.not_durable("it could not be stored") from error
        except BaseException:
            self._numbering.void(receipt)
            raise
        metrics.ACCEPTED.labels(route).inc()
        if read.verdict.reason is not None:
            metrics.QUARANTINED.labels(read.verdict.reason.value).inc()


def _judged(found: Found, fields: dict[str, Any], received_at: datetime) -> tuple[Mapped, Verdict]:
    """The mapping and the verdict. A mapping that breaks keeps the submission for a person to look at."""
    form: Form = found.form
    try:
        mapped = map_submission(form, fields, received_at)
    except Exception as error:
        _log.exception("a form's mapping broke", form_id=found.form_id)
        return unmapped(form), quarantined(QuarantineReason.MAPPING_ERROR, type(error).__name__)
    return mapped, judge(form, found.form_id, fields, mapped, is_retired=found.is_retired)


def _header_key(values: list[bytes], found: Found) -> str | None:
    try:
        return read_key(values)
    except Refusal:
        if found.is_retired:  # its caller cannot correct anything any more
            return None
        raise
