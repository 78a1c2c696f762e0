"""Baton's events: the only thing the services share."""

from lead_events.model import EventModel, UtcTime
from lead_events.other import (
    FetchReported,
    ImportProgressed,
    LeadMerged,
    LeadNotified,
    LeadSignalled,
    PersonErased,
    RepAvailabilityChanged,
    RulebookPublished,
)
from lead_events.progressed import Closing, LeadProgressed, Money, Outcome
from lead_events.routed import LeadRouted, Rep
from lead_events.scored import Cause, Contribution, Handling, Journey, LeadScored, OtherLead, Score
from lead_events.sla import SlaBreached, SlaWarned, SlaWithdrawn, Stretch, TimerResult
from lead_events.submitted import (
    Attribution,
    Consent,
    Fetched,
    ImportedRow,
    LeadSubmitted,
    Profile,
    Receipt,
    Rerun,
    Verdict,
)

EVENT_OF_TOPIC: dict[str, type[EventModel]] = {
    "lead-submitted": LeadSubmitted,
    "lead-imported": LeadSubmitted,
    "lead-notified": LeadNotified,
    "lead-notified-retry-1m": LeadNotified,
    "lead-notified-retry-1h": LeadNotified,
    "fetch-reported": FetchReported,
    "lead-signalled": LeadSignalled,
    "import-progressed": ImportProgressed,
    "lead-scored": LeadScored,
    "lead-scored-bulk": LeadScored,
    "lead-merged": LeadMerged,
    "person-erased": PersonErased,
    "lead-routed": LeadRouted,
    "lead-progressed": LeadProgressed,
    "rep-availability-changed": RepAvailabilityChanged,
    "sla-warned": SlaWarned,
    "sla-breached": SlaBreached,
    "sla-withdrawn": SlaWithdrawn,
    "rulebook-published": RulebookPublished,
}
"""The class that producers write on each topic: its newest version."""

EVENT_OF_VERSION: dict[str, type[EventModel]] = {
    "lead-submitted.v1": LeadSubmitted,
    "lead-notified.v1": LeadNotified,
    "fetch-reported.v1": FetchReported,
    "lead-signalled.v1": LeadSignalled,
    "import-progressed.v1": ImportProgressed,
    "lead-scored.v1": LeadScored,
    "lead-merged.v1": LeadMerged,
    "person-erased.v1": PersonErased,
    "lead-routed.v1": LeadRouted,
    "lead-progressed.v1": LeadProgressed,
    "rep-availability-changed.v1": RepAvailabilityChanged,
    "sla-warned.v1": SlaWarned,
    "sla-breached.v1": SlaBreached,
    "sla-withdrawn.v1": SlaWithdrawn,
    "rulebook-published.v1": RulebookPublished,
}
"""The class of every version of every type; topics that are lanes of one another share a type."""

__all__ = [
    "EVENT_OF_TOPIC",
    "EVENT_OF_VERSION",
    "Attribution",
    "Cause",
    "Closing",
    "Consent",
    "Contribution",
    "EventModel",
    "FetchReported",
    "Fetched",
    "Handling",
    "ImportProgressed",
    "ImportedRow",
    "Journey",
    "LeadMerged",
    "LeadNotified",
    "LeadProgressed",
    "LeadRouted",
    "LeadScored",
    "LeadSignalled",
    "LeadSubmitted",
    "Money",
    "OtherLead",
    "Outcome",
    "PersonErased",
    "Profile",
    "Receipt",
    "Rep",
    "RepAvailabilityChanged",
    "Rerun",
    "RulebookPublished",
    "Score",
    "SlaBreached",
    "SlaWarned",
    "SlaWithdrawn",
    "Stretch",
    "TimerResult",
    "UtcTime",
    "Verdict",
]
