"""What rules ask of a lead, out of its row: as the store has it, or as JSON of it."""

from typing import Any, Protocol
from uuid import UUID

from lead_events.words import Quadrant
from router.domain.leads import Lead, LeadState


class Row(Protocol):
    """Whatever gives a column by its name."""

    def __getitem__(self, name: str, /) -> Any: ...


def lead_for_rules(identity: UUID, row: Row) -> Lead:
    """The lead as rules, needs and strategies see it, without where it stands in its life."""
    return Lead(
        id=identity,
        state=LeadState(row["state"]),
        line=row["line"],
        quadrant=Quadrant(row["quadrant"]),
        profile=row["profile"],
        score=row["score"],
        form_id=row["form_id"],
        source=row["source"],
        campaign=row["campaign"],
        submissions=row["submissions"],
        asks=row["asks"],
        account=row["account"],
        value=row["value_minor"],
        told=row["told"],
    )
