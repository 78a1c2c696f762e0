"""Cross-checks of a rulebook whose parts are well-formed: references, conditions, calendars, promises."""

from collections.abc import Mapping

from rulebook.check_agreements import check_agreements
from rulebook.check_campaigns import check_campaigns
from rulebook.check_conditions import check_conditions
from rulebook.check_crm import check_crm
from rulebook.check_forms import check_forms
from rulebook.check_heard import check_heard
from rulebook.check_hours import check_hours
from rulebook.check_nurturing import check_nurturing
from rulebook.check_pages import check_pages
from rulebook.check_people import check_people
from rulebook.check_pools import check_pools
from rulebook.check_routing import check_routing
from rulebook.check_scorecards import check_scorecards
from rulebook.check_senders import check_senders
from rulebook.check_tables import check_tables
from rulebook.documents import Loc, Place
from rulebook.findings import Finding
from rulebook.models import Rulebook
from rulebook.report import Report

CHECKS = (
    check_hours,
    check_agreements,
    check_people,
    check_heard,
    check_forms,
    check_senders,
    check_pools,
    check_tables,
    check_routing,
    check_scorecards,
    check_nurturing,
    check_crm,
    check_campaigns,
    check_pages,
    check_conditions,
)


def check_rulebook(
    rulebook: Rulebook, places: Mapping[Loc, Place] | None = None, *, ignoring: frozenset[str] = frozenset()
) -> list[Finding]:
    """Everything wrong or doubtful across the rulebook's parts; `ignoring`: ids known to be wrong already."""
    report = Report(places or {}, ignoring)
    for check in CHECKS:
        check(rulebook, report)
    return report.findings
