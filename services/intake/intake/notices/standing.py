"""How fetching stands, form by form, as this instance has seen it since it started."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from intake.notices.troubles import OF_THE_TOKEN, FetchFailed, Trouble
from lead_events import FetchReported

_MOST_KNOWN = 100_000
TOKEN_PAUSE = timedelta(seconds=30)
THROTTLED_PAUSE = timedelta(seconds=60)
OUTAGE_PAUSE = timedelta(seconds=30)
_MISSES = 3
"""So many failures in a row look like an outage."""
_OUTAGES = frozenset({Trouble.NO_ANSWER, Trouble.VENDOR_ERROR})
REPORT_EVERY = timedelta(hours=1)


@dataclass(slots=True)
class FormStanding:
    """One form. `closed_until`: until then its vendor is not asked, unless the token in use is another.
    `told`: what scoring was told last."""

    vendor: str
    failing: Trouble | None = None
    detail: str = ""
    since: datetime | None = None
    misses: int = 0
    closed_until: datetime | None = None
    closed_for: str | None = None
    waiting: set[UUID] = field(default_factory=set)
    reported_at: datetime | None = None
    told: Trouble | None = None


class Standing:
    """What is failing, since when, and for how many notices. Of one instance: others see other partitions."""

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self._forms: dict[str, FormStanding] = {}

    def closed(self, form_id: str, token: str | None, now: datetime) -> FetchFailed | None:
        """Why this form's vendor is better not asked now; None to go on. `token`: the one in use."""
        form = self._forms.get(form_id)
        if form is None or form.failing is None or form.closed_until is None or now >= form.closed_until:
            return None
        if form.failing in OF_THE_TOKEN and token != form.closed_for:
            return None
        return FetchFailed(form.failing, form.detail)

    def failed(
        self, form_id: str, vendor: str, notice: UUID, failure: FetchFailed, token: str | None, now: datetime
    ) -> None:
        """A fetch failed."""
        form = self._forms.setdefault(form_id, FormStanding(vendor))
        form.vendor = vendor
        form.misses += 1
        self.put_back(form_id, vendor, notice)
        if failure.trouble is Trouble.NOT_FOUND:  # of this lead alone: the form is well
            return
        if form.failing is None:
            form.since = now
        if form.failing is not failure.trouble:
            form.reported_at = None
        form.failing, form.detail = failure.trouble, failure.detail
        pause = _pause(failure, form.misses)
        if pause is not None:
            form.closed_until, form.closed_for = now + pause, token

    def put_back(self, form_id: str, vendor: str, notice: UUID) -> None:
        """A notice waits for another attempt."""
        form = self._forms.setdefault(form_id, FormStanding(vendor))
        if len(form.waiting) < _MOST_KNOWN:
            form.waiting.add(notice)

    def fetched(self, form_id: str, notice: UUID) -> None:
        """A lead came: whatever was wrong with the form is over."""
        form = self._forms.get(form_id)
        if form is None:
            return
        form.waiting.discard(notice)
        if form.failing is not None:
            form.failing, form.since, form.closed_until, form.closed_for = None, None, None, None
            form.detail, form.reported_at = "", None
        form.misses = 0

    def given_up(self, form_id: str, notice: UUID) -> None:
        """A notice waits no longer."""
        if form_id in self._forms:
            self._forms[form_id].waiting.discard(notice)

    def of_the_token(self) -> dict[str, int]:
        """How many forms of each vendor have a token that does not work."""
        found: dict[str, int] = {}
        for form in self._forms.values():
            found[form.vendor] = found.get(form.vendor, 0) + (form.failing in OF_THE_TOKEN)
        return found

    def due_reports(self, now: datetime) -> list[FetchReported]:
        """What scoring has not heard: forms that began to fail or recovered, and hourly what still fails."""
        due = []
        for form_id, form in self._forms.items():
            is_over = form.failing is None and form.told is not None
            is_new = form.reported_at is None or now - form.reported_at >= REPORT_EVERY
            if is_over or (form.failing is not None and form.misses >= _threshold(form.failing) and is_new):
                due.append(self._report(form_id, form, now))
        return due

    def reported(self, form_id: str, now: datetime) -> None:
        """Scoring has it."""
        form = self._forms[form_id]
        form.reported_at, form.told = now, form.failing

    def as_json(self) -> list[Mapping[str, Any]]:
        """The forms that fail or have notices waiting, by id."""
        return [
            {
                "form_id": form_id,
                "vendor": form.vendor,
                "state": "failing" if form.failing else "waiting",
                "reason": form.failing,
                "detail": form.detail or None,
                "since": form.since,
                "waiting": len(form.waiting),
                "asked_again_at": form.closed_until,
            }
            for form_id, form in sorted(self._forms.items())
            if form.failing or form.waiting
        ]

    def _report(self, form_id: str, form: FormStanding, now: datetime) -> FetchReported:
        is_failing = form.failing is not None
        return FetchReported(
            form_id=form_id,
            vendor=form.vendor,
            state="failing" if is_failing else "recovered",
            reason=form.failing,
            detail=form.detail if is_failing else None,
            since=form.since,
            waiting=len(form.waiting),
            instance=self._instance,
            at=now,
        )


def _threshold(trouble: Trouble) -> int:
    """So many failures before somebody is told: a token's at once, an outage's when it is one."""
    return 1 if trouble in OF_THE_TOKEN else _MISSES


def _pause(failure: FetchFailed, misses: int) -> timedelta | None:
    if failure.trouble in OF_THE_TOKEN:
        return max(TOKEN_PAUSE, failure.wait or TOKEN_PAUSE)
    if failure.trouble is Trouble.THROTTLED:
        return failure.wait or THROTTLED_PAUSE
    if failure.trouble in _OUTAGES and (failure.wait or misses >= _MISSES):
        return failure.wait or OUTAGE_PAUSE
    return None
