"""What a CRM is told: a request in hand, and how an attempt at it ended."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from delivery.message import Outcome, Result
from router.store import Row


@dataclass(frozen=True, slots=True)
class Told:
    """A request in hand, for the `attempts`-th time."""

    id: UUID
    connection: str
    request: str
    kind: str
    lead: UUID
    person: UUID | None
    subject: UUID
    round: int
    act: UUID | None
    happened_at: datetime
    attempts: int
    give_up_at: datetime

    @classmethod
    def of(cls, row: Row) -> "Told":
        """Of its row."""
        return cls(
            row["id"],
            row["connection"],
            row["request"],
            row["kind"],
            row["lead_id"],
            row["person_id"],
            row["subject"],
            row["round"],
            row["act_id"],
            row["happened_at"],
            row["attempts"],
            row["give_up_at"],
        )

    def subject_of(self, per: str) -> UUID:
        """Whose an id is that is kept per lead or per person."""
        return self.person if per == "person" and self.person is not None else self.lead


@dataclass(slots=True)
class Attempt:
    """How an attempt ended. `kept` and `lost`: ids by the names they are kept as; `owner`: whom it named."""

    result: Result = field(default_factory=lambda: Result(Outcome.DELIVERED))
    is_skipped: bool = False
    owner: str | None = None
    kept: dict[str, str] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)

    @classmethod
    def skip(cls, why: str) -> "Attempt":
        """Nothing is sent, now or later."""
        return cls(Result(Outcome.IMPOSSIBLE, why), is_skipped=True)

    @property
    def state(self) -> str | None:
        """The request's state after it; None: as the time that is left decides."""
        if self.is_skipped:
            return "skipped"
        if self.result.outcome is Outcome.DELIVERED:
            return "done"
        return "given_up" if self.result.outcome.is_final else None
