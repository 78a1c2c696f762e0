"""Who is handed to marketing's tool while sales does not have them, and by which way."""

from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from lead_events.words import Quadrant, Stage
from rulebook.models.base import Identifier, RulebookModel


def _not_for_sales(value: object) -> object:
    if value == Stage.SQL.value:
        raise ValueError("an `sql` goes to sales: write `lead`, `mql` or both")
    return value


NurturingStage = Annotated[Stage, BeforeValidator(_not_for_sales)]


class NurturingWebhook(RulebookModel):
    """Where each change is told at once, signed by Standard Webhooks."""

    url: str = Field(pattern="^https?://")
    secret: Identifier = Field(
        description="name of the secret that it is signed with; never the secret itself"
    )


class NurturingCsv(RulebookModel):
    """The whole list once a day, as a file in the folder that BATON_NURTURING_DIR names."""

    hour: int = Field(default=6, ge=0, le=23, description="hour of the day in the company's time zone")


class Nurturing(RulebookModel):
    """What marketing's tool is told. Without this file everybody in nurturing is listed, and nobody told.

    Never handed over: tests, whoever is not to be contacted, and whoever has unsubscribed.
    """

    webhook: NurturingWebhook | None = None
    csv: NurturingCsv | None = None
    stages: list[NurturingStage] = Field(
        default_factory=lambda: [Stage.LEAD, Stage.MQL],
        min_length=1,
        description="of leads not yet with sales",
    )
    quadrants: list[Quadrant] = Field(default_factory=lambda: list(Quadrant), min_length=1)
    recycled: bool = Field(default=True, description="also leads that sales gave back for later")
    consent_needed: bool = Field(
        default=True, description="only those who agreed to be contacted; see consent_versions"
    )
    consent_versions: list[str] = Field(
        default_factory=list,
        description="only consent to one of these versions of the text counts for marketing; empty: any does",
    )
    unsubscribes_secret: Identifier | None = Field(
        default=None,
        description="name of the secret by which marketing's tool signs its unsubscribes; without it only "
        "the operator may report them",
    )

    @field_validator("stages", "quadrants", "consent_versions")
    @classmethod
    def _each_once(cls, values: list[str]) -> list[str]:
        twice = [str(each) for each in dict.fromkeys(values) if values.count(each) > 1]
        if twice:
            raise ValueError(f"{twice[0]} stands here twice: keep one")
        return values

    @property
    def is_told(self) -> bool:
        """Whether anybody is told at all."""
        return self.webhook is not None or self.csv is not None
