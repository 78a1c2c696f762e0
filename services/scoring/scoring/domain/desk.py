"""Where a batch of submissions is taken, one after the other: the order of questions for each."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from lead_events import LeadSubmitted
from lead_events.words import QuarantineReason, RerunKind
from scoring.domain.admission import Admission
from scoring.domain.book import LeadBook
from scoring.domain.holdings import Holdings
from scoring.domain.merging import Merge
from scoring.domain.people import People
from scoring.domain.publications import CardsAt
from scoring.domain.submissions import (
    Fate,
    Incoming,
    Kept,
    Registry,
    SubmissionState,
    Window,
    is_correction,
    is_same_party,
    reuses_key,
)

Key = tuple[str, str]
"""A form and an Idempotency-Key or a vendor's id on it."""


@dataclass(slots=True)
class Desk:
    """Takes submissions in order of arrival.

    `registry`: the content that keys were first used with; `stored`: submissions already kept; `kept`: those
    of them that come again, whole; `earlier`: what came before under vendors' ids that come with other
    content; `holdings`: of the persons of both. `erased`: those from before their person's erasure.
    """

    people: People
    holdings: Holdings
    cards_at: CardsAt
    now: datetime
    registry: Registry = field(default_factory=dict)
    window: Window = field(default_factory=Window)
    stored: set[UUID] = field(default_factory=set)
    kept: dict[UUID, Kept] = field(default_factory=dict)
    earlier: dict[Key, list[Kept]] = field(default_factory=dict)
    erased: Collection[UUID] = ()
    admission: Admission = field(init=False)

    def __post_init__(self) -> None:
        self.admission = Admission(self.people, self.holdings, self.cards_at, self.now)

    @property
    def book(self) -> LeadBook:
        """The open leads, and what changes of them."""
        return self.holdings.book

    @property
    def merges(self) -> list[Merge]:
        """Persons found to be one."""
        return self.admission.merges

    def take(self, incoming: Incoming) -> Fate | None:
        """What becomes of this submission. None: it is kept already, and nothing changes.

        Raises NoRulebookYet when no version holds at its time.
        """
        if incoming.rerun is not None:
            return self._take_again(incoming, incoming.rerun.kind)
        submission = incoming.submission
        if submission.submission_id in self.stored:
            return None
        self.stored.add(submission.submission_id)
        return self._checked(incoming) or self._admit(incoming)

    def _checked(self, incoming: Incoming) -> Fate | None:
        for check in CHECKS:
            fate = check(self, incoming)
            if fate is not None:
                return fate
        return None

    def _take_again(self, incoming: Incoming, kind: RerunKind) -> Fate | None:
        """A submission that was kept before. What it was refused for or erased by holds. One that turns out
        to be from before an erasure ends as erased, wherever it stood."""
        identity = incoming.submission.submission_id
        kept = self.kept.get(identity)
        if kept is None:
            return None
        kept = self.holdings.as_moved(kept)
        if identity in self.erased:
            del self.kept[identity]
            self.holdings.moved.pop(identity, None)
            of_key = self._of_key(incoming)
            of_key[:] = [each for each in of_key if each.submission.submission_id != identity]
            fate = Fate(SubmissionState.ERASED)
            if kept.is_accepted:
                fate = self.admission.withdraw(incoming, kept)
            elif kept.is_superseded:
                self.admission.strip(kept)
            return replace(fate, again=kind)
        if kept.state is SubmissionState.QUARANTINED:
            fate = self._checked(incoming) or self._admit(incoming)
        elif (
            kept.is_accepted
            and kind is RerunKind.REMAPPED
            and says_other(incoming.submission, kept.submission)
        ):
            fate = self.admission.replace(incoming, kept)
            if kept.state is SubmissionState.OPENED:
                fate = replace(fate, state=SubmissionState.OPENED)
        else:
            return None
        self._remember(incoming, fate)
        return replace(fate, again=kind)

    def _remember(self, incoming: Incoming, fate: Fate) -> None:
        identity = incoming.submission.submission_id
        self.kept[identity] = now = _kept(incoming, fate)
        self.holdings.moved.pop(identity, None)
        of_key = self._of_key(incoming)
        of_key[:] = [now if each.submission.submission_id == identity else each for each in of_key]

    def _admit(self, incoming: Incoming) -> Fate:
        earlier = self._predecessor(incoming)
        if earlier is None:
            fate = self.admission.accept(incoming)
        elif incoming.submission.received_at < earlier.submission.received_at:  # its correction came first
            identity = earlier.submission.submission_id
            return Fate(SubmissionState.JOINED, earlier.person_id, earlier.lead_ids, superseded_by=identity)
        else:
            identity, of_key = earlier.submission.submission_id, self._of_key(incoming)
            of_key[:] = [each for each in of_key if each.submission.submission_id != identity]
            fate = self.admission.replace(incoming, earlier)
            fate = replace(fate, supersedes=identity)
            if identity in self.kept:
                self.kept[identity] = replace(self.kept[identity], is_superseded=True)
        if incoming.submission.key_origin == "vendor":
            self._of_key(incoming).append(_kept(incoming, fate))
        return fate

    def _of_key(self, incoming: Incoming) -> list[Kept]:
        submission = incoming.submission
        return self.earlier.setdefault((submission.form_id, submission.key or ""), [])

    def _predecessor(self, incoming: Incoming) -> Kept | None:
        """What a vendor sent before under the same id about the same person, if it now sends another."""
        if not is_correction(incoming.submission, self.registry):
            return None
        found = next((each for each in self._of_key(incoming) if is_same_party(incoming, each)), None)
        return None if found is None else self.holdings.as_moved(found)

    def _from_before_erasure(self, incoming: Incoming) -> Fate | None:
        if incoming.submission.submission_id not in self.erased:
            return None
        return Fate(SubmissionState.ERASED)

    def _suspect(self, incoming: Incoming) -> Fate | None:
        verdict = incoming.submission.verdict
        if verdict.outcome == "accepted" or incoming.is_released:
            return None
        reason = verdict.reason or QuarantineReason.UNREADABLE
        return Fate(SubmissionState.QUARANTINED, reason=reason, detail=verdict.detail)

    def _key_reused(self, incoming: Incoming) -> Fate | None:
        """A header's key stands for one content. A vendor may correct what it sent under its id, but an id
        that stands for somebody else altogether is none: whoever sends a constant one loses nobody."""
        submission = incoming.submission
        if incoming.is_released:
            return None
        if reuses_key(submission, self.registry):
            what = "with other content"
        elif is_correction(submission, self.registry) and self._is_somebody_else(incoming):
            what = "for somebody else"
        else:
            return None
        detail = f"the key {submission.key!r} was used on this form before, {what}"
        return Fate(SubmissionState.QUARANTINED, reason=QuarantineReason.KEY_REUSED, detail=detail)

    def _is_somebody_else(self, incoming: Incoming) -> bool:
        return bool(self._of_key(incoming)) and self._predecessor(incoming) is None

    def _line_unknown(self, incoming: Incoming) -> Fate | None:
        cards = self.cards_at(incoming.judged_at)
        unknown = [line for line in incoming.submission.lines if line not in cards.by_line]
        if not unknown:
            return None
        detail = (
            f"rulebook version {cards.version} has no scorecard for line {unknown[0]!r};"
            " add one, or change the form's lines"
        )
        return Fate(SubmissionState.QUARANTINED, reason=QuarantineReason.MAPPING_ERROR, detail=detail)

    def _double_click(self, incoming: Incoming) -> Fate | None:
        """Equal content means equal identity, so the person need not be compared."""
        submission = incoming.submission
        if submission.key is not None:
            return None
        form, content, moment = submission.form_id, submission.fingerprint, submission.received_at
        twin = self.window.twin(form, content, moment)
        if twin is None:
            self.window.add(form, content, moment, submission.submission_id)
            return None
        return Fate(SubmissionState.DUPLICATE, duplicate_of=twin)


CHECKS: tuple[Callable[[Desk, Incoming], Fate | None], ...] = (
    Desk._from_before_erasure,
    Desk._suspect,
    Desk._key_reused,
    Desk._line_unknown,
    Desk._double_click,
)
"""In this order a submission is checked; the first that says something decides, the rest is admitted."""


MAPPED = (
    "profile",
    "lines",
    "attribution",
    "consent",
    "source",
    "campaign",
    "explicit_ask",
    "is_test",
    "occurred_at",
)
"""Parts of a submission that its form makes of the fields, and that anybody further on sees."""


def says_other(submission: LeadSubmitted, before: LeadSubmitted) -> bool:
    """Whether mapping it again has changed what is made of it: taken twice, the second changes nothing."""
    return any(getattr(submission, name) != getattr(before, name) for name in MAPPED)


def _kept(incoming: Incoming, fate: Fate) -> Kept:
    return Kept(
        submission=incoming.submission,
        keys=incoming.keys,
        durable_at=incoming.durable_at,
        state=fate.state,
        person_id=fate.person_id,
        lead_ids=fate.lead_ids,
        merged_leads=fate.merged_leads,
        is_superseded=fate.superseded_by is not None,
    )
