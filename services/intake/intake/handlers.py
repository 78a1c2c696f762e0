"""The use case of intake: take one post, decide, make it durable, answer."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from intake import errors, metrics
from intake.deadline import Deadline
from intake.domain.bodies import decode
from intake.domain.fingerprint import fingerprint
from intake.domain.generations import Generations
from intake.domain.idempotency import KeyUse, RecentKeys, read_key, reused
from intake.domain.receipts import Numbering
from intake.domain.refusals import Refusal
from intake.domain.submission import Read, checked, unmapped
from intake.domain.technical import NONE, Technical, split
from intake.domain.verdict import ACCEPTED, judge, quarantined
from intake.durability import Durability, NotDurable
from intake.forms import Forms, Found
from intake.gate import Gate
from intake.needs import waits_unchecked
from intake.notices.taking import NoticeDesk
from intake.posts import Posted
from intake.records import submission_record
from intake.senders import (
    OPERATOR,
    Operator,
    Senders,
    SenderUnchecked,
    delivery_id,
    without_secret,
    without_secrets,
)
from lead_events import Verdict
from lead_events.ids import submission_id
from lead_events.words import QuarantineReason
from rulebook.mapping import Mapped, map_submission
from rulebook.models import Form
from service_kit.clock import Clock
from service_kit.logs import logger

_log = logger(__name__)


class Accepted(NamedTuple):
    """A submission that is durable. `fields`: as sent, for where the visitor goes next."""

    submission_id: UUID
    fields: Mapping[str, Any]


class _Sender(NamedTuple):
    """Who sends, by its scheme. `is_unchecked`: this process has nothing to check it by."""

    scheme: str | None
    is_unchecked: bool = False


_UNCHECKED = quarantined(
    QuarantineReason.SENDER_UNCHECKED, "its sender could not be checked: the form's secret had no value here"
)


class _Sent(NamedTuple):
    """The decoded body. `typed`: every field as sent; `fields`: those that are kept; `raw` and `why`: a body
    that could not be decoded, and why not."""

    typed: dict[str, Any]
    fields: dict[str, Any]
    technical: Technical = NONE
    flags: tuple[str, ...] = ()
    raw: bytes | None = None
    why: str = ""


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
        gate: Gate,
        operator: Operator,
    ) -> None:
        self._forms = forms
        self._durability = durability
        self._numbering = numbering
        self._clock = clock
        self._senders = senders
        self._notices = notices
        self._gate = gate
        self._operator = operator
        self._recent = RecentKeys(recent_keys)
        # by the id's number: hashing a UUID is Python code
        self._seen: Generations[int, bool] = Generations(recent_keys)
        self._in_flight: dict[int, asyncio.Future[None]] = {}

    def find(self, form_key: str) -> Found:
        """The form of that key now. Raises Refusal (404, 503)."""
        return self._forms.find(form_key, self._clock.now())

    async def accept(self, posted: Posted, found: Found) -> Accepted:
        """What became of one post, stage by stage. Raises Refusal; then nothing was kept, with one exception:
        a key that came with other fields before (422) is kept in quarantine, for callers who never listen."""
        deadline = self._durability.deadline()
        admission = self._gate.admit(posted, found)
        sender = _Sender(OPERATOR) if self.is_trial(posted) else self._sender(posted, found)
        sent = self._decoded(posted, found)
        try:
            read = self._identified(posted, found, sent, sender)
            self._gate.settle(admission, is_repeat=self._is_known(read.submission_id))
            read = self._judged(read, found, sent)
            use, read = self._by_key_use(read)
            await self._once(read, sent.technical, posted, deadline)
            if use is KeyUse.OTHER:
                raise reused()
        except Refusal as refusal:
            refusal.typed = sent.typed
            raise
        return Accepted(read.submission_id, sent.typed)

    def is_trial(self, posted: Posted) -> bool:
        """Whether the operator sends a test. Raises Refusal (401, 429) for whoever else says so."""
        return self._operator.tries(posted.headers, posted.address)

    async def accept_notice(self, posted: Posted, found: Found) -> list[UUID]:
        """The ids of the notices in a post to a form that fetches its leads, all durable. Raises Refusal; for
        a retired form too: a notice holds nothing of a person, and has a vendor asked with our token."""
        self._gate.settle(self._gate.admit(posted, found), is_repeat=False)
        self._senders.verify(posted, found.form)
        return await self._notices.accept(posted, found)

    def _sender(self, posted: Posted, found: Found) -> _Sender:
        """By which scheme the sender proved itself. Raises Refusal, except for what waits in quarantine in
        any case: whatever comes to a retired form, and what cannot be checked here and may not come again."""
        try:
            return _Sender(self._senders.verify(posted, found.form))
        except SenderUnchecked:
            signature = found.form.signature
            if not found.is_retired and (signature is None or not waits_unchecked(signature)):
                raise
            return _Sender(None, is_unchecked=True)
        except Refusal:
            if found.is_retired:
                return _Sender(None)
            raise

    def _decoded(self, posted: Posted, found: Found) -> _Sent:
        """Raises Refusal, except for a retired form: whoever still posts there cannot correct anything."""
        try:
            decoded = decode(posted.content_type, posted.body)
        except Refusal as refusal:
            if not found.is_retired:
                raise
            raw = without_secrets(posted.body, self._senders.known_values(found.form))
            return _Sent({}, {}, raw=raw, why=refusal.detail)
        typed = without_secret(found.form, decoded.fields)
        fields, technical = split(typed)
        return _Sent(typed, fields, technical, decoded.flags)

    def _identified(self, posted: Posted, found: Found, sent: _Sent, by: _Sender) -> Read:
        """The submission as the form's mapping reads it, with its id. Raises Refusal for a malformed key."""
        received_at = self._clock.now()
        form, sender = found.form, by.scheme
        if sent.raw is not None:
            mapped, verdict = unmapped(form), quarantined(QuarantineReason.UNREADABLE, sent.why)
        else:
            mapped, verdict = _mapped(found, sent.fields, received_at)
        if by.is_unchecked and not found.is_retired and verdict is ACCEPTED:
            verdict = _UNCHECKED
        if form.signature is not None and sender is None:  # nobody vouches for the time it claims
            mapped = replace(mapped, occurred_at=None)
        if sender == OPERATOR:
            mapped = replace(mapped, is_test=True)
        header_key = _header_key(posted.keys, found)
        key = header_key or mapped.vendor_id or delivery_id(posted, sender)
        print_ = fingerprint(sent.fields if sent.raw is None else {"raw": sent.raw.hex()}, form.volatile)
        return Read(
            form_id=found.form_id,
            form=form,
            rulebook_version=found.version,
            submission_id=submission_id(found.form_id, print_, key=key, received_at=received_at),
            fingerprint=print_,
            key=key,
            key_origin="header" if header_key else ("vendor" if key else None),
            received_at=received_at,
            fields=sent.fields,
            mapped=mapped,
            verdict=verdict,
            flags=sent.flags,
            raw=sent.raw,
            sender=sender,
        )

    def _is_known(self, submission: UUID) -> bool:
        """Whether it is a repeat of one that is durable, or on its way."""
        return submission.int in self._in_flight or submission.int in self._seen

    def _judged(self, read: Read, found: Found, sent: _Sent) -> Read:
        """With the verdict on what it says. Raises Refusal (422) for what its sender can correct."""
        if read.verdict is not ACCEPTED:
            return read
        form, mapped = read.form, read.mapped
        verdict = judge(
            form,
            read.form_id,
            read.fields,
            mapped,
            is_retired=found.is_retired,
            trap=sent.technical.honeypot,
        )
        if verdict is ACCEPTED and read.sender != OPERATOR:
            verdict = self._gate.suspicion(form, mapped, sent.technical, read.received_at) or ACCEPTED
        return read if verdict is ACCEPTED else read._replace(verdict=verdict)

    def _by_key_use(self, read: Read) -> tuple[KeyUse, Read]:
        """How the caller's key stands to what came under it before. With other fields it is kept apart."""
        if read.key is None or read.key_origin != "header":
            return KeyUse.FIRST, read
        use = self._recent.use(read.form_id, read.key, read.fingerprint)
        if use in (KeyUse.FIRST, KeyUse.SAME):
            return use, read
        metrics.KEYS_REUSED.inc()
        verdict = quarantined(
            QuarantineReason.KEY_REUSED, "its Idempotency-Key came with other fields before"
        )
        return use, read._replace(verdict=verdict) if read.verdict is ACCEPTED else read

    async def _once(self, read: Read, technical: Technical, posted: Posted, deadline: Deadline) -> None:
        """Make it durable, once for all posts of it that are in flight together."""
        twin = self._in_flight.get(read.submission_id.int)
        if twin is not None:
            await self._same_answer(twin)
            return
        await self._keep_once(read, technical, posted, deadline)
        self._seen.put(read.submission_id.int, True)
        if read.key is not None and read.key_origin == "header":
            self._recent.remember(read.form_id, read.key, read.fingerprint)

    async def _same_answer(self, twin: "asyncio.Future[None]") -> None:
        await asyncio.wait([twin])
        if (error := twin.exception()) is not None:
            raise error
        metrics.COALESCED.inc()

    async def _keep_once(self, read: Read, technical: Technical, posted: Posted, deadline: Deadline) -> None:
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._in_flight[read.submission_id.int] = outcome
        try:
            await self._keep(read, technical, posted, deadline)
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
            del self._in_flight[read.submission_id.int]

    async def _keep(self, read: Read, technical: Technical, posted: Posted, deadline: Deadline) -> None:
        if not self._durability.is_possible:
            raise errors.not_durable("the broker is away and the spool is full")
        verdict = read.verdict
        if read.sender != OPERATOR:
            verdict = await self._gate.verdict(
                read,
                technical,
                posted.address,
                within=deadline.for_captcha if read.form.spam.captcha else 0.0,
                is_repeat=read.submission_id.int in self._seen,
            )
        read = checked(read if verdict is read.verdict else read._replace(verdict=verdict))
        receipt = self._numbering.take()
        try:
            encode = partial(submission_record, read, receipt)
            route = await self._durability.keep(encode, deadline)
        except NotDurable as error:
            self._numbering.void(receipt)
            _log.warning(
                "submission not durable: answered 503", submission_id=str(read.submission_id), why=str(error)
            )
            raise errors.not_durable("it could not be stored") from error
        except BaseException:
            self._numbering.void(receipt)
            raise
        metrics.accepted(route).inc()
        if read.verdict.reason is not None:
            metrics.QUARANTINED.labels(read.verdict.reason.value).inc()


def _mapped(found: Found, fields: dict[str, Any], received_at: datetime) -> tuple[Mapped, Verdict]:
    """The mapping. One that breaks keeps the submission for a person to look at."""
    form: Form = found.form
    try:
        return map_submission(form, fields, received_at, staff_domains=found.staff_domains), ACCEPTED
    except Exception as error:
        _log.exception("a form's mapping broke", form_id=found.form_id)
        return unmapped(form), quarantined(QuarantineReason.MAPPING_ERROR, type(error).__name__)


def _header_key(values: list[bytes], found: Found) -> str | None:
    try:
        return read_key(values)
    except Refusal:
        if found.is_retired:  # its caller cannot correct anything any more
            return None
        raise
