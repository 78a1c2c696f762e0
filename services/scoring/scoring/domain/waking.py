"""A recycled lead whose day has come: a new selling cycle of the same person and line."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lead_events.ids import lead_id
from scoring.domain.leads import Lead, LeadState
from scoring.domain.people import Person


class Waking(StrEnum):
    """What became of a lead whose day had come."""

    OPENED = "opened"
    JOINED = "joined"  # it goes on as the lead that a list, to be nurtured, or a test opened meanwhile
    OVERTAKEN = "overtaken"  # the person has come back by themselves meanwhile
    LEFT_ALONE = "left_alone"  # the person is not to be contacted
    ENDED_OTHERWISE = "ended_otherwise"  # it was merged, erased or closed for another reason


def waking_of(lead: Lead | None, person: Person | None, *, is_recycled: bool, is_overtaken: bool) -> Waking:
    """What is to become of it. `person`: the one that stands for whoever had the lead."""
    if lead is None or person is None or lead.state is not LeadState.CLOSED or not is_recycled:
        return Waking.ENDED_OTHERWISE
    if is_overtaken:
        return Waking.OVERTAKEN
    return Waking.LEFT_ALONE if lead.is_off_limits(person) else Waking.OPENED


def woken(lead: Lead, person: Person, event: UUID, at: datetime) -> Lead:
    """The lead of the new cycle, named by the event that recycled the old one, so that it opens once.

    It begins with what is known of the old one: where that came from and when, so that interest has faded as
    if nothing had ended, and what was agreed to. The old ask was answered: this one asks nothing.
    """
    return Lead(
        id=lead_id(event, lead.line),
        person_id=person.id,
        opened_person=person.id,
        line=lead.line,
        opened_by=event,
        opened_at=at,
        origins=list(lead.origins),
        attribution=lead.attribution,
        consent=lead.consent,
        is_test=lead.is_test,
        submissions=lead.submissions,
        invited_at=lead.invited_at,
        newest=dict(lead.newest),
        is_own=lead.is_own,
    )


def rouse(listed: Lead, lead: Lead) -> None:
    """The lead that a list or a test opened meanwhile is the new cycle: it goes to sales as one that woke,
    with all that is known of the old one."""
    listed.handling = None
    listed.is_test = listed.is_test and lead.is_test
    listed.is_own = listed.is_own or lead.is_own
    listed.consent = listed.consent or lead.consent
    listed.invite(lead.invited_at)
    for origin in lead.origins:
        listed.add_origin(origin, lead.newest[origin])
