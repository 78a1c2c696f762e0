"""Tells scoring, which raises alerts, that a form's leads cannot be fetched, and the metrics too."""

import asyncio

from intake import metrics
from intake.notices.books import Books
from intake.notices.standing import Standing
from lead_events import FetchReported
from lead_events.codec import encode
from lead_events.ids import event_id, notice_id
from service_kit.broker import Publisher, PublishFailed
from service_kit.clock import Clock, pause
from service_kit.logs import logger
from service_kit.parts import Failures
from service_kit.records import Outgoing

TOPIC = "fetch-reported"
EVERY_SECONDS = 5.0
_log = logger(__name__)


class FetchReporter:
    """A part of the service. What the broker does not take is said again in the next round."""

    name = "fetch-reports"

    def __init__(self, standing: Standing, books: Books, publisher: Publisher, clock: Clock) -> None:
        self._standing = standing
        self._books = books
        self._publisher = publisher
        self._clock = clock
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Look every few seconds until stopped."""
        failures = Failures("fetch-reports")
        while not self._stopping.is_set():
            wait = EVERY_SECONDS
            try:
                await self.work()
                failures.none()
            except Exception as error:
                wait = failures.note(error)
            await pause(self._clock, wait, unless=self._stopping)

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def not_ready(self) -> str | None:
        """Never: a report that waits stops nothing."""
        return None

    async def work(self) -> None:
        """One round."""
        for vendor, forms in self._standing.of_the_token().items():
            if vendor in metrics.VENDORS:
                metrics.TOKEN_FAILING.labels(vendor).set(forms)
        for topic, waiting in self._books.waiting.items():
            metrics.NOTICES_WAITING.labels(topic).set(waiting)
        for report in self._standing.due_reports(self._clock.now()):
            if report.state == "failing":
                _log.error(
                    "the leads of a form cannot be fetched",
                    form_id=report.form_id,
                    vendor=report.vendor,
                    reason=report.reason,
                    detail=report.detail,
                    since=report.since and report.since.isoformat(),
                    waiting=report.waiting,
                )
            else:
                _log.warning("the leads of a form can be fetched again", form_id=report.form_id)
            try:
                await self._publisher.publish([_record(report)])
            except PublishFailed:
                return
            self._standing.reported(report.form_id, report.at)


def _record(report: FetchReported) -> Outgoing:
    cause = notice_id(report.form_id, f"{report.instance} {report.at.isoformat()}")
    headers, value = encode(
        report,
        id=event_id(cause, TOPIC, report.form_id),
        source="intake",
        time=report.at,
        subject=report.form_id,
        topic=TOPIC,
    )
    return Outgoing(TOPIC, report.form_id.encode(), value, tuple(headers))
