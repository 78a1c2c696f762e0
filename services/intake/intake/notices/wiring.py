"""The parts that take and fetch notices, built together."""

from collections.abc import Iterable

import httpx

from intake.domain.receipts import Numbering
from intake.durability import Durability
from intake.forms import Forms
from intake.notices.books import HOP, Books
from intake.notices.consumer import NoticeConsumer
from intake.notices.fetching import Fetching
from intake.notices.reporting import FetchReporter
from intake.notices.standing import Standing
from intake.notices.taking import NoticeDesk
from intake.notices.vendors import Vendors
from intake.settings import IntakeSettings
from lead_events.words import NOTICE_RUN
from service_kit.metrics import UNACCOUNTED
from service_kit.parts import Part
from service_kit.runtime import Runtime
from service_kit.secrets import Secrets


class Notices:
    """Everything about notices in one intake process."""

    def __init__(
        self, runtime: Runtime, settings: IntakeSettings, forms: Forms, durability: Durability, run: str
    ) -> None:
        clock = runtime.clock
        self.numbering = Numbering(run + NOTICE_RUN)
        self.books = Books()
        self.standing = Standing(settings.instance)
        self.desk = NoticeDesk(durability, self.numbering, self.books, clock)
        limits = httpx.Limits(max_connections=2 * settings.fetches_at_once)
        vendors = Vendors(
            meta_version=settings.meta_version,
            linkedin_version=settings.linkedin_version,
            make=lambda: httpx.AsyncClient(limits=limits, timeout=60.0),
        )
        fetching = Fetching(forms, vendors, Secrets(settings.secrets_dir), self.standing, clock)
        self._parts: list[Part] = [
            NoticeConsumer(
                runtime.broker,
                runtime.publisher,
                forms,
                fetching,
                self.books,
                clock,
                at_once=settings.fetches_at_once,
            ),
            FetchReporter(self.standing, self.books, runtime.publisher, clock),
        ]
        UNACCOUNTED.labels(HOP).set_function(lambda: self.books.unaccounted)

    def parts(self) -> Iterable[Part]:
        """What runs side by side."""
        return self._parts
