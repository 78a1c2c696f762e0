"""What intake writes, as records of their topics."""

from datetime import datetime

from intake.domain.submission import TOPIC, Read, event_json
from lead_events import LeadSubmitted, Receipt
from lead_events.codec import headers_of
from lead_events.ids import event_id_text
from rulebook.identity import record_key
from service_kit.records import Outgoing


def submission_record(
    read: Read, receipt: Receipt, spooled_at: datetime | None, traceparent: str | None = None
) -> Outgoing:
    """One submission, `checked`, as it goes to scoring; `spooled_at` where it went to the spool first.
    `traceparent`: of the record that it was fetched for.
    """
    submission = str(read.submission_id)
    headers = headers_of(
        LeadSubmitted,
        id=event_id_text(submission, TOPIC, submission),
        source="intake",
        time=read.received_at,
        subject=submission,
        topic=TOPIC,
        traceparent=traceparent,
    )
    key = record_key(read.mapped.profile, read.submission_id)
    return Outgoing(TOPIC, key.encode(), event_json(read, receipt, spooled_at), tuple(headers))
