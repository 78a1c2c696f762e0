"""A rulebook that no service can use."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from baton_dev.faults.broker import publish
from baton_dev.faults.site import Site
from lead_events import RulebookPublished
from lead_events.codec import encode

TOPIC = "rulebook-published"
BY = "somebody in a hurry"


@contextmanager
def rulebook_by_hand(site: Site) -> Iterator[None]:
    """Somebody writes a version to the topic, past the check; later the last good one is rolled back to."""
    newest = site.ask("scoring", "GET", "/v1/rulebooks")["versions"][0]["version"]
    good = RulebookPublished.model_validate(site.ask("scoring", "GET", f"/v1/rulebooks/{newest}"))
    now = datetime.now(UTC)
    broken = good.rulebook | {"calendars": {"madrid": {"week": "Monday to Friday"}}}
    bad = good.model_copy(
        update={
            "version": newest + 1,
            "published_by": BY,
            "published_at": now,
            "effective_from": now,
            "rulebook": broken,
        }
    )
    key = str(bad.version)
    headers, value = encode(bad, id=uuid4(), source="scoring", time=now, subject=key, topic=TOPIC)
    publish(site, TOPIC, [(key.encode(), value, headers)])
    try:
        yield
    finally:
        site.ask("scoring", "POST", f"/v1/rulebooks/{newest}/rollback", {"published_by": "who is on call"})
