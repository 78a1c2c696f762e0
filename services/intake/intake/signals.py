"""POST /v1/signals: page views, downloads, clicks in e-mails, in batches, made durable as submissions are."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

from intake import errors, http, metrics
from intake.domain.json_body import decode_json
from intake.domain.refusals import Refusal, unsupported
from intake.domain.signals import form_key_of, read_batch, signalled
from intake.durability import Durability, NotDurable
from intake.forms import Forms, Found
from intake.gate.gate import too_many
from intake.gate.limits import RateLimits
from intake.posts import Posted
from intake.senders import Operator, Senders, without_secret
from intake.senders.in_body import REMOVED
from lead_events import LeadSignalled
from lead_events.codec import encode
from lead_events.ids import event_id
from rulebook.identity import signal_keys
from service_kit.clock import Clock
from service_kit.logs import logger
from service_kit.records import Outgoing
from service_kit.settings import ServiceSettings

TOPIC = "lead-signalled"
_JSON = b"application/json"
_KINDS = (_JSON, b"text/plain")
"""text/plain is what navigator.sendBeacon sends of a text: a browser asks nobody before it sends that."""
_log = logger(__name__)


class Signals:
    """Takes batches of signals. What it has returned for is durable, every signal of it."""

    def __init__(
        self,
        settings: ServiceSettings,
        forms: Forms,
        durability: Durability,
        senders: Senders,
        clock: Clock,
    ) -> None:
        self._operator = Operator(settings.operator_token.get_secret_value())
        self._forms = forms
        self._durability = durability
        self._senders = senders
        self._clock = clock
        self._limits = RateLimits()

    def read(self, posted: Posted) -> tuple[dict[str, Any], Found]:
        """The fields of a post and the form whose key it carries. Raises Refusal: 400, 404, 415, 422, 503."""
        if posted.headers.get(b"content-encoding", b"") not in (b"", b"identity"):
            raise unsupported("Content-Encoding is not read here: send the body uncompressed")
        kind = posted.content_type.partition(b";")[0].strip().lower()
        if kind not in _KINDS:
            raise unsupported("send the batch as application/json, or as text/plain from a browser's beacon")
        fields = decode_json(posted.body)
        return fields, self._forms.find(form_key_of(fields), self._clock.now())

    async def accept(self, posted: Posted, fields: dict[str, Any], found: Found) -> list[LeadSignalled]:
        """The signals of a batch, durable now. Raises Refusal; after a 503 send the same batch again."""
        self._admit(posted, found)
        form = found.form
        kept = {name: value for name, value in without_secret(form, fields).items() if value != REMOVED}
        batch = read_batch(kept, form.lines)
        if batch.names_people:
            self._prove(posted, found)
        received_at = self._clock.now()
        events = signalled(batch, form_id=found.form_id, source=form.source, received_at=received_at)
        await self._keep(events, received_at)
        return events

    def _admit(self, posted: Posted, found: Found) -> None:
        admission = self._limits.admit(found, posted.form_key, posted.address, self._clock.monotonic())
        if admission.over is not None:
            raise too_many(admission)

    def _prove(self, posted: Posted, found: Found) -> None:
        """Let whoever names people be the operator, or a sender that the form's signature proves."""
        if self._operator.sent(posted.headers):
            return
        if self._senders.verify(posted._replace(content_type=_JSON), found.form) is None:
            raise Refusal(
                401,
                "The sender is not proven",
                "email, phone and external_id are taken from a proven sender only: send the key of a form "
                "that has a signature and sign the batch, or send the operator's token",
            )

    async def _keep(self, events: list[LeadSignalled], received_at: datetime) -> None:
        if not self._durability.is_possible:
            raise _not_durable()
        outcomes = await asyncio.gather(
            *(self._durability.keep(partial(_record, each, received_at)) for each in events),
            return_exceptions=True,
        )
        for outcome in outcomes:
            if isinstance(outcome, str):
                metrics.SIGNALS.labels(outcome).inc()
        for outcome in outcomes:
            if isinstance(outcome, NotDurable):
                _log.warning("signals not durable: answered 503", why=str(outcome))
                raise _not_durable() from outcome
            if isinstance(outcome, BaseException):
                raise outcome


def posted_of(headers: http.Headers, body: bytes, address: str, query: bytes) -> Posted:
    """A post to this route as the rest of intake knows posts; its form is not known yet."""
    named = http.by_name(headers)
    return Posted(
        form_key="",
        content_type=named.get(b"content-type", b""),
        body=body,
        keys=[],
        address=address,
        headers=named,
        query=query,
    )


def _record(event: LeadSignalled, received_at: datetime, _spooled_at: datetime | None) -> Outgoing:
    """One signal as it goes to scoring. It has no place for when it was spooled: nothing waits for it."""
    first = signal_keys(event.identity)[0]
    key = f"{first.kind}:{first.value}"
    headers, value = encode(
        event,
        id=event_id(event.signal_id, TOPIC, event.signal_id),
        source="intake",
        time=received_at,
        subject=key,
        topic=TOPIC,
    )
    return Outgoing(TOPIC, key.encode(), value, tuple(headers))


def _not_durable() -> Refusal:
    seconds = errors.RETRY_AFTER_SECONDS
    return Refusal(
        503,
        "The signals could not be stored",
        f"neither the broker nor the spool took them all: send the same batch again in {seconds} seconds",
        retry_after=seconds,
    )
