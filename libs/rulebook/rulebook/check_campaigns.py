"""Campaigns: do they end after they begin, and is their source declared?"""

from rulebook.models import Rulebook
from rulebook.report import Report


def check_campaigns(rulebook: Rulebook, report: Report) -> None:
    """Report what is wrong with the plan of campaigns."""
    for name, campaign in rulebook.campaigns.items():
        if campaign.last_day < campaign.first_day:
            report.error(
                ("campaigns", name),
                f"ends {campaign.last_day}, before it starts",
                "write the earlier day as first_day; both days are included",
            )
        report.reference(("campaigns", name, "source"), "source", campaign.source, rulebook.sources)
