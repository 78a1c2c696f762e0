"""Tables of territories and named accounts: can every row be meant, and is it clear which comes first."""

from collections.abc import Mapping, Sequence
from itertools import islice

from rulebook.countries import country_code
from rulebook.documents import Loc
from rulebook.languages import language_code
from rulebook.mail_domains import is_free_mail
from rulebook.models import NamedAccount, Rulebook, Territory
from rulebook.named_accounts import keys_of
from rulebook.postcodes import postcode_doubt, postcode_fault
from rulebook.report import Report
from rulebook.territories import Row, overlaps, unreached

MOST_TOLD = 20
"""Overlaps, and rows that are never reached, of one table that are told one by one."""


def check_tables(rulebook: Rulebook, report: Report) -> None:
    """Report rows that cannot be read or that contradict each other, and tables that no rule names."""
    routing = rulebook.routing
    for name, rows in routing.territories.items():
        _check_territories(("routing", "territories", name), rows, rulebook, report)
    for name, accounts in routing.accounts.items():
        _check_accounts(("routing", "accounts", name), accounts, rulebook, report)
    rules = [rule for plan in routing.plans.values() for rule in plan.rules]
    for kind, tables in (("territories", routing.territories), ("accounts", routing.accounts)):
        named = {getattr(rule, kind) for rule in rules}
        for name in tables:
            if name not in named and not report.is_partial("plans"):
                hint = f"write `{kind}: {name}` in a rule, or delete the table"
                report.warning(("routing", kind, name), "is named by no rule", hint)


def _check_territories(loc: Loc, rows: Sequence[Territory], rulebook: Rulebook, report: Report) -> None:
    for number, row in enumerate(rows):
        _check_place((*loc, number), row, report)
    _check_pools(loc, {row.pool: number for number, row in reversed(list(enumerate(rows)))}, rulebook, report)
    places = {id(row): number for number, row in enumerate(rows)}
    found = list(islice(overlaps(rows), MOST_TOLD + 1))
    for first, second in found[:MOST_TOLD]:
        report.error(
            (*loc, places[id(second)]),
            f"holds for the same leads as line {_line(first, places)} ({_in_words(first)})",
            "write a number under `order` in both, the lower one comes first; or keep one of the two",
        )
    if len(found) > MOST_TOLD:
        report.error(loc, f"has more than {MOST_TOLD} rows that overlap", "correct these first")
    if not found:
        _check_reach(loc, rows, places, report)


def _check_reach(loc: Loc, rows: Sequence[Territory], places: Mapping[int, int], report: Report) -> None:
    """Rows that hold for no lead, as others of the same place come first."""
    for row, before in islice(unreached(rows), MOST_TOLD):
        listed = " and ".join(f"line {_line(each, places)} ({_in_words(each)})" for each in before[:3])
        verb = "comes" if len(before) == 1 else "come"
        report.warning(
            (*loc, places[id(row)]),
            f"is never reached: {listed} {verb} first for all its leads",
            "write a lower number under `order` here, or delete the row",
        )


def _line(row: Territory, places: Mapping[int, int]) -> str:
    return str(row.line_number or f"{places[id(row)] + 1}, counted as rows")


def _check_place(loc: Loc, row: Territory, report: Report) -> None:
    if row.country is not None and country_code(row.country) != row.country:
        report.error(loc, f"`{row.country}` is no country", "write its ISO code, such as ES")
    if row.language is not None and language_code(row.language) is None:
        report.error(loc, f"`{row.language}` is no language", "write two letters, such as es")
    if row.country is None and (row.postcode_from or row.postcode_to):
        report.error(loc, "has postcodes and no country", "write the country: each has its own postcodes")
    fault = _postcode_fault(row)
    if fault is not None:
        message, _, hint = fault.partition("; ")
        report.error(loc, message, hint)
    for text in filter(None, (row.postcode_from, row.postcode_to)):
        doubt = postcode_doubt(text, row.country)
        if doubt is not None and fault is None:
            message, _, hint = doubt.partition("; ")
            report.warning(loc, message, hint)
            break


def _postcode_fault(row: Territory) -> str | None:
    """Why no range can be read from the row's postcodes, and what to write."""
    for text in filter(None, (row.postcode_from, row.postcode_to)):
        fault = postcode_fault(text, row.country)
        if fault is not None:
            return fault
    try:
        Row.of(row)
    except ValueError as error:
        return str(error)
    return None


def _in_words(row: Territory) -> str:
    """`Madrid: ES, 28001-28080`."""
    postcodes = "-".join(filter(None, (row.postcode_from, row.postcode_to)))
    said = [row.country, row.region, postcodes, row.language]
    return f"{row.territory}: {', '.join(part for part in said if part) or 'everywhere'}"


def _check_pools(loc: Loc, pools: Mapping[str, int], rulebook: Rulebook, report: Report) -> None:
    """Each pool once, at the first row that names it."""
    for pool, number in pools.items():
        report.reference((*loc, number), "pool", pool, rulebook.routing.pools)


def _check_accounts(loc: Loc, rows: Sequence[NamedAccount], rulebook: Rulebook, report: Report) -> None:
    is_bare = all(
        rule.pool is not None
        for plan in rulebook.routing.plans.values()
        for rule in plan.rules
        if rule.accounts == loc[-1]
    )
    seen: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows):
        here = (*loc, number)
        _check_account(here, row, report, is_bare=is_bare)
        report.reference(here, "rep", row.rep, rulebook.roster.reps)
        for key in keys_of(row):
            first = seen.setdefault(key, number)
            if first != number:
                line = rows[first].line_number or f"{first + 1}, counted as rows"
                message = f"is the company of line {line}, by its {key[0]}"
                report.error(here, message, "keep one of the two rows")
                break
    named = {row.pool: number for number, row in reversed(list(enumerate(rows))) if row.pool is not None}
    _check_pools(loc, named, rulebook, report)


def _check_account(loc: Loc, row: NamedAccount, report: Report, *, is_bare: bool) -> None:
    keys = dict(keys_of(row))
    if not keys:
        report.error(loc, "names no company", "write its domain, its CRM id or its name")
    elif row.domain and "domain" not in keys:
        report.error(loc, f"`{row.domain}` is no domain", "write it as example.com")
    elif "domain" in keys and is_free_mail(keys["domain"]):
        hint = "write the company's own, or leave the domain out"
        report.error(loc, f"anybody has an address at {keys['domain']}", hint)
    if row.pool is None and row.rep is None and not is_bare:
        report.error(loc, "names no pool and no rep", "write one, or a `pool` in the rule")
