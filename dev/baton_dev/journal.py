"""What became of each sample and of leads others post, told by the events on Kafka.

No I/O: events in, rows out.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from lead_events import (
    EventModel,
    LeadProgressed,
    LeadRouted,
    LeadScored,
    SlaBreached,
    SlaReminded,
    SlaWarned,
    SlaWithdrawn,
    TimerResult,
)
from lead_events.words import CauseKind, ProgressKind, RoutedKind

TOPICS = (
    "lead-scored",
    "lead-routed",
    "lead-progressed",
    "sla-warned",
    "sla-breached",
    "sla-reminded",
    "sla-withdrawn",
)

_BESIDE = {
    ProgressKind.PAUSED: "paused",
    ProgressKind.RESUMED: "resumed",
    ProgressKind.ASKED_AGAIN: "asked again",
}
"""Acts that leave a lead as it was."""
_EARLY_LIMIT = 500
_OTHERS_SHOWN = 20
_LOOKS = 3
_BY_A_SUBMISSION = (CauseKind.SUBMISSION, CauseKind.EXPLICIT_ASK, CauseKind.AFTER_CLOSE)


@dataclass(frozen=True)
class Mark:
    """A timer's warning, breach or withdrawal. `due_at` is that timer's own, for a warning only."""

    text: str
    due_at: datetime | None = None


@dataclass
class Row:
    """One line of the table: a lead, or a submission that has not become one.

    `sample` is None for a lead that others posted. `news` is the mark that changed the row last, None when
    something else did. `looks` says how often sla-monitor, which speaks later, is to be asked again.
    """

    sample: int | None
    who: str
    line: str = ""
    quadrant: str = ""
    scores: str = ""
    rep: str = ""
    why: str = ""
    deadline: datetime | None = None
    state: str = "sent"
    marks: list[str] = field(default_factory=list)
    news: Mark | None = None
    looks: int = _LOOKS
    is_told: bool = False
    lead_id: UUID | None = None
    rep_id: str | None = None
    round: int = 0

    @property
    def label(self) -> str:
        """`#3` for a sample, `+` for a lead that others posted."""
        return "+" if self.sample is None else f"#{self.sample}"


class Journal:
    """Rows in the order of the samples, changed by each event that concerns one of them."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._submissions: dict[UUID, Row] = {}
        self._leads: dict[UUID, Row] = {}
        self._early: deque[EventModel] = deque(maxlen=_EARLY_LIMIT)
        self._strangers: list[LeadScored] = []
        self.others = 0
        self.others_left_out = 0
        self._handlers: dict[type[EventModel], Callable[..., Row | None]] = {
            LeadScored: self._scored,
            LeadRouted: self._routed,
            LeadProgressed: self._progressed,
            SlaWarned: self._warned,
            SlaBreached: self._breached,
            SlaReminded: self._reminded,
            SlaWithdrawn: self._withdrawn,
        }

    @property
    def rows(self) -> list[Row]:
        """All rows, samples in order, the leads of one sample by line; then the leads of others."""
        last = len(self._rows)
        return sorted(
            self._rows, key=lambda row: (last, "") if row.sample is None else (row.sample, row.line)
        )

    def sent(self, sample: int, who: str, submission: UUID) -> Row:
        """Note that a sample was accepted; the same submission sent again is shown as a duplicate."""
        adopted = self._submissions.get(submission)
        if adopted is not None and adopted.sample is None:
            adopted.sample, adopted.who = sample, who
            self.others -= 1
            return adopted
        row = Row(sample, who)
        self._rows.append(row)
        if submission in self._submissions:
            row.state, row.why = "duplicate", "the same submission again: same id, counted once"
            return row
        self._submissions[submission] = row
        self._hear_early()
        return row

    def refused(self, sample: int, who: str, why: str) -> Row:
        """Note that intake refused a sample, and why."""
        row = Row(sample, who, state="refused", why=why)
        self._rows.append(row)
        return row

    def unscored(self) -> dict[UUID, Row]:
        """Return the submissions of which no lead was heard yet."""
        return {id_: row for id_, row in self._submissions.items() if row.lead_id is None}

    def adopt(self) -> list[Row]:
        """Return new rows for leads that others opened; call it now and then.

        A lead counts as theirs at the second call at which no sample of ours has claimed it. Beyond the first
        twenty they are only counted.
        """
        known, self._strangers = (
            self._strangers,
            [
                event
                for event in self._early
                if isinstance(event, LeadScored)
                and event.cause.kind in _BY_A_SUBMISSION
                and event.submissions == 1
            ],
        )
        theirs = [event for event in self._strangers if any(event is before for before in known)]
        return [row for event in theirs if (row := self._adopted(event)) is not None]

    def _adopted(self, event: LeadScored) -> Row | None:
        self._early = deque((each for each in self._early if each is not event), maxlen=_EARLY_LIMIT)
        if event.cause.id not in self._submissions:
            if self.others == _OTHERS_SHOWN:
                self.others_left_out += 1
                return None
            self.others += 1
            row = Row(None, _who(event))
            self._rows.append(row)
            self._submissions[event.cause.id] = row
        return self.hear(event)

    def hear(self, event: EventModel) -> Row | None:
        """Apply one event; return the row it changed, None when it is about nobody shown here (yet)."""
        handler = self._handlers.get(type(event))
        row = handler(event) if handler else None
        if row is not None:
            row.looks = _LOOKS
            if not isinstance(event, SlaWarned | SlaBreached | SlaReminded | SlaWithdrawn):
                row.news = None
        if row is None and handler:
            self._early.append(event)
        elif isinstance(event, LeadScored):
            self._hear_early()
        return row

    def _hear_early(self) -> None:
        """Topics are read side by side: an event may come before the one that says whose lead it is."""
        events, self._early = list(self._early), deque(maxlen=_EARLY_LIMIT)
        for event in events:
            self.hear(event)

    def _scored(self, event: LeadScored) -> Row | None:
        row = self._leads.get(event.lead_id)
        if row is None:
            row = self._opened(event)
        if row is None:
            return None
        row.quadrant = event.quadrant.value
        row.scores = f"{event.score.fit}/{event.score.interest}"
        return self._joined(event, row) or row

    def _opened(self, event: LeadScored) -> Row | None:
        first = self._submissions.get(event.cause.id)
        if first is None:
            return None
        row = first
        if first.lead_id is not None:
            row = Row(first.sample, first.who)
            self._rows.append(row)
        row.lead_id, row.line, row.state = event.lead_id, event.line, event.stage.value
        if event.submissions > 1:
            row.state, row.why = "joined", f"submission {event.submissions} of a lead open from before"
        self._leads[event.lead_id] = row
        return row

    def _joined(self, event: LeadScored, lead: Row) -> Row | None:
        """Return the row of a later submission that this lead took in."""
        row = self._submissions.get(event.cause.id)
        if row is None or row is lead or row.lead_id is not None:
            return None
        row.lead_id, row.line, row.state = event.lead_id, event.line, "joined"
        row.quadrant = event.quadrant.value
        row.why = f"same person as {lead.label}: one lead, one rep"
        return row

    def _routed(self, event: LeadRouted) -> Row | None:
        row = self._leads.get(event.lead_id)
        if row is None:
            return None
        row.state, row.why, row.round = event.kind.value, event.why, event.round
        if event.kind is RoutedKind.ASSIGNED and event.rep:
            row.rep, row.rep_id = event.rep.name, event.rep.id
            row.deadline = None
        elif event.kind is RoutedKind.TAKEN_BACK:
            row.rep, row.rep_id, row.deadline = "", None, None
        elif event.kind is RoutedKind.HELD:
            row.deadline = event.next_try_at
        elif event.kind is RoutedKind.NURTURING:
            row.deadline = None
        return row

    def _progressed(self, event: LeadProgressed) -> Row | None:
        row = self._leads.get(event.lead_id)
        if row is not None and event.kind in _BESIDE:
            row.marks.append(_BESIDE[event.kind])
        elif row is not None and event.kind is not ProgressKind.RATED:
            row.state, row.deadline = event.kind.value, None
        return row

    def _warned(self, event: SlaWarned) -> Row | None:
        said = f"{_trial(event)}warning {event.share:.0%} {event.kind.value}"
        return self._mark(event.lead_id, said, event.due_at)

    def _breached(self, event: SlaBreached) -> Row | None:
        return self._mark(event.lead_id, f"{_trial(event)}BREACH {event.kind.value} ({event.rep_id})")

    def _reminded(self, event: SlaReminded) -> Row | None:
        which = f"{event.number} of {event.at_most}"
        return self._mark(event.lead_id, f"{_trial(event)}reminder {which} {event.kind.value}")

    def _withdrawn(self, event: SlaWithdrawn) -> Row | None:
        return self._mark(event.lead_id, f"withdrawn {event.kind.value}")

    def _mark(self, lead: UUID, text: str, due_at: datetime | None = None) -> Row | None:
        row = self._leads.get(lead)
        if row is not None:
            row.marks.append(text)
            row.news = Mark(text, due_at)
        return row


def _trial(event: TimerResult) -> str:
    """What is only tried is not taken for what binds."""
    return "trial: " if event.is_trial else ""


def _who(event: LeadScored) -> str:
    profile = event.profile
    full = " ".join(part for part in (profile.first_name, profile.last_name) if part)
    name = profile.name or full or profile.email or profile.phone or "somebody"
    return f"{name}, no sample, by form {event.form_id}"
