"""One whole version of the rulebook."""

from typing import Annotated

from pydantic import AfterValidator, Field

from lead_events.currencies import in_use
from lead_events.words import BuyerStage
from rulebook.models.agreement import Agreement
from rulebook.models.base import Identifier, RulebookModel
from rulebook.models.campaigns import Campaign
from rulebook.models.care import Alerts, Matching, Retention
from rulebook.models.content import Content
from rulebook.models.crm import CrmConnection
from rulebook.models.forms import Form, Source
from rulebook.models.nurturing import Nurturing
from rulebook.models.pages import Pages
from rulebook.models.people import Calendar, Roster
from rulebook.models.routing import Routing
from rulebook.models.scoring import Scorecard


class Rulebook(RulebookModel):
    """One whole version."""

    company: str
    time_zone: str
    currency: Annotated[str, AfterValidator(in_use)] = Field(pattern="^[A-Z]{3}$")
    lines: dict[Identifier, str] = Field(min_length=1, description="line id to its name")
    staff_domains: list[str] = Field(
        default_factory=list, description="own e-mail domains: submissions from them are tests"
    )
    content: dict[BuyerStage, list[Content]] = Field(
        default_factory=dict,
        description="what a rep may send a buyer who stands at this stage of deciding; shown in messages",
    )
    pages: Pages | None = Field(default=None, description="who gets the weekly and the monthly page")
    matching: Matching = Matching()
    retention: Retention = Retention()
    forms: dict[Identifier, Form]
    sources: dict[Identifier, Source]
    scorecards: dict[Identifier, Scorecard]
    shadow_scorecards: dict[Identifier, Scorecard] = Field(
        default_factory=dict,
        description="line id to a scorecard that is tried beside the real one and published nowhere",
    )
    routing: Routing
    roster: Roster
    calendars: dict[Identifier, Calendar]
    agreement: Agreement
    agreements: dict[Identifier, Agreement] = Field(
        default_factory=dict,
        description="others beside it: on trial, of the next months, or over; read from agreements/<id>.yaml",
    )
    alerts: Alerts = Alerts()
    nurturing: Nurturing | None = None
    crm: dict[Identifier, CrmConnection] = Field(default_factory=dict, description="CRMs that hear of leads")
    campaigns: dict[Identifier, Campaign] = Field(default_factory=dict, description="what marketing plans")
