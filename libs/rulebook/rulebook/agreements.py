"""Which agreement holds when, and what it promises for a lead."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from lead_events.words import Quadrant
from rulebook.models import Agreement, Promise, Rulebook, SalesSide

MAIN = "agreement"
"""The id of the one in agreement.yaml."""
NO_AGREEMENT = Agreement(name="no agreement", state="draft", sales=SalesSide())
"""On days that no agreement covers nothing is promised, and sales works by the defaults."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """An agreement and its id in the rulebook; the id is empty where none covers the day."""

    id: str
    agreement: Agreement

    @property
    def is_trial(self) -> bool:
        """Whether it is only tried: measured and shown, and binding for nobody."""
        return self.agreement.state == "trial"


def all_agreements(rulebook: Rulebook) -> dict[str, Agreement]:
    """That of agreement.yaml, by the id `agreement`, and those of agreements/<id>.yaml."""
    return {MAIN: rulebook.agreement, **rulebook.agreements}


def covers(agreement: Agreement, day: date) -> bool:
    """Whether a local day of the company lies between its first and its last day."""
    first, last = agreement.first_day, agreement.last_day
    return (first is None or first <= day) and (last is None or day <= last)


def binding(rulebook: Rulebook, at: datetime) -> Agreed:
    """The active agreement of the company's local day of `at`; NO_AGREEMENT where there is none."""
    return binding_on(all_agreements(rulebook), at.astimezone(ZoneInfo(rulebook.time_zone)).date())


def binding_on(agreements: Mapping[str, Agreement], day: date) -> Agreed:
    """The active agreement of a local day. The check sees to it that there is one at most."""
    for name, agreement in agreements.items():
        if agreement.state == "active" and covers(agreement, day):
            return Agreed(name, agreement)
    return Agreed("", NO_AGREEMENT)


def on_trial(rulebook: Rulebook, at: datetime, team: str) -> Iterator[Agreed]:
    """The agreements that are tried with a team on the company's local day of `at`, by their ids."""
    day = at.astimezone(ZoneInfo(rulebook.time_zone)).date()
    for name, agreement in sorted(all_agreements(rulebook).items()):
        includes = not agreement.trial_teams or team in agreement.trial_teams
        if agreement.state == "trial" and includes and covers(agreement, day):
            yield Agreed(name, agreement)


def promise_of(agreement: Agreement, quadrant: Quadrant, line: str, team: str) -> Promise:
    """What is promised of a lead: by the team of its rep, else by its line, else in general.

    A team or line that is named holds alone: what it does not promise is not promised.
    """
    sales = agreement.sales
    promises = sales.teams.get(team, sales.lines.get(line, sales.promises))
    return promises.get(quadrant, Promise())
