"""A form that brings nothing any more.

Scoring learns for four weeks what is usual for a form, and no drill lasts that long: so a month of the form's
past is sent through the topic, each submission with its own time. The last of it is a day old.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from baton_dev.faults.broker import publish
from baton_dev.faults.company import GUIDE
from baton_dev.faults.site import Site
from lead_events import LeadSubmitted
from lead_events.codec import encode
from lead_events.ids import event_id, submission_id

TOPIC = "lead-submitted"
PAST, SILENT = timedelta(days=29), timedelta(days=1)
EVERY = timedelta(hours=4)


@contextmanager
def form_silent(site: Site) -> Iterator[None]:
    """A form that brought six leads a day has brought none for one; later somebody fills it in again."""
    publish(site, TOPIC, list(_past(site, datetime.now(UTC))))
    try:
        yield
    finally:
        site.people.post(GUIDE, {"name": "Tomás Simões", "email": f"tomas-{uuid4().hex[:8]}@example.com"})


def _past(site: Site, now: datetime) -> Iterator[tuple[bytes, bytes, list[tuple[str, bytes]]]]:
    instance = f"drill-{uuid4().hex[:8]}"
    at, number = now - PAST, 0
    while at < now - SILENT:
        number += 1
        yield _record(site, at, instance, number)
        at += EVERY


def _record(
    site: Site, at: datetime, instance: str, number: int
) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    email = f"reader-{number}@{instance}.example.com"
    print_ = hashlib.sha256(email.encode()).hexdigest()
    event = LeadSubmitted.model_validate(
        {
            "submission_id": submission_id(GUIDE, print_, key=None, received_at=at),
            "form_id": GUIDE,
            "lines": ["main"],
            "source": "content",
            "fingerprint": print_,
            "received_at": at,
            "fields": {"email": email},
            "profile": {"email": email},
            "explicit_ask": False,
            "receipt": {"instance": instance, "number": number},
            "rulebook_version": site.stack.description["versions"]["rulebook"],
        }
    )
    cause = event.submission_id
    headers, value = encode(
        event, id=event_id(cause, TOPIC, str(cause)), source="intake", time=at, subject=email, topic=TOPIC
    )
    return GUIDE.encode(), value, headers
