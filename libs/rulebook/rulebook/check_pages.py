"""Pages: does everybody named get them, and once?"""

from rulebook.documents import Loc
from rulebook.models import Notify, Page, Rulebook
from rulebook.normalise import email_key
from rulebook.report import Report
from rulebook.ways_to_tell import lacks


def check_pages(rulebook: Rulebook, report: Report) -> None:
    """Report what is wrong with who gets the weekly and the monthly page."""
    if rulebook.pages is None:
        return
    loc: Loc = ("pages",)
    if rulebook.pages.weekly is None and rulebook.pages.monthly is None:
        report.warning(loc, "names no page", "add `weekly: {to: [...]}` or `monthly: {to: [...]}`")
    for name, page in (("weekly", rulebook.pages.weekly), ("monthly", rulebook.pages.monthly)):
        if page is not None:
            _check_receivers((*loc, name, "to"), page, report)


def _check_receivers(loc: Loc, page: Page, report: Report) -> None:
    first: dict[tuple[str, str], int] = {}
    for number, way in enumerate(page.to):
        if way.channel == "email" and not way.to:
            report.error(
                (*loc, number), "has no address", "add `to: sales@example.com`; no rep is meant here"
            )
        for lack in lacks(way):
            here = (*loc, number, lack.key) if lack.key is not None else (*loc, number)
            report.error(here, lack.message, lack.hint)
        if way.member is not None:
            report.error((*loc, number, "member"), "answers nothing here", "delete it: a page has no buttons")
        before = first.setdefault(_receiver(way), number)
        if before != number:
            report.error((*loc, number), "names somebody a second time", "delete one: each gets a page once")


def _receiver(way: Notify) -> tuple[str, str]:
    if way.channel == "apprise":
        return way.channel, way.secret or ""
    return way.channel, email_key(way.to or "") if way.channel == "email" else way.to or ""
