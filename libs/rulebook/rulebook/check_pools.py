"""How pools choose: can their strategies, needs and ways on be met by the people who are in them."""

from collections.abc import Collection, Iterator

from rulebook.agreements import all_agreements
from rulebook.check_people import members
from rulebook.check_promise_lengths import promises_of
from rulebook.documents import Loc
from rulebook.models import Pool, Rulebook
from rulebook.report import Report, did_you_mean


def check_pools(rulebook: Rulebook, report: Report) -> None:
    """Report what is wrong with pools in themselves, whatever plan names them."""
    for name, pool in rulebook.routing.pools.items():
        loc: Loc = ("routing", "pools", name)
        _check_then(rulebook, name, loc, pool, report)
        _check_people_for(rulebook, loc, pool, report)
        _check_partners(rulebook, loc, pool, report)
        _check_catching_up(loc, pool, report)
        is_promised = _promises_answers(rulebook) or report.is_partial("promises")
        if pool.deadline_aware and not is_promised:
            message = "looks for who can answer in time, and the agreement promises no first response"
            hint = "add `first_response_within` to a promise of agreement.yaml, or delete this"
            report.warning((*loc, "deadline_aware"), message, hint)


def _check_catching_up(loc: Loc, pool: Pool, report: Report) -> None:
    if pool.catch_up and pool.strategy not in ("weighted_round_robin", "value_fair"):
        message = f"changes nothing: `{pool.strategy}` has no turns to make up for"
        hint = "delete it, or choose `weighted_round_robin` or `value_fair`"
        report.warning((*loc, "catch_up"), message, hint)


def check_skills(rulebook: Rulebook, loc: Loc, skills: Collection[str], report: Report) -> bool:
    """Report skills that nobody of the roster has; whether all of them are somebody's."""
    if report.is_partial("reps"):
        return False
    known = sorted({skill for rep in rulebook.roster.reps.values() for skill in rep.skills})
    lacking = [skill for skill in skills if skill not in known]
    for skill in lacking:
        hint = did_you_mean(skill, known) if known else "add it under `skills` of whoever has it"
        report.error(loc, f"nobody has the skill `{skill}`", hint)
    return not lacking


def _check_then(rulebook: Rulebook, name: str, loc: Loc, pool: Pool, report: Report) -> None:
    follows = pool.when_nobody_open == "follow_the_sun"
    if pool.then and not follows:
        hint = "write `when_nobody_open: follow_the_sun`, or delete `then`"
        report.error((*loc, "then"), "is never asked", hint)
    if follows and not pool.then:
        message = "follows the sun to nobody"
        report.error((*loc, "when_nobody_open"), message, "add `then: [...]` with the pools that come next")
    pools = rulebook.routing.pools
    for number, other in enumerate(pool.then):
        here = (*loc, "then", number)
        if other == name:
            report.error(here, "is the pool itself", "name another pool")
        elif report.reference(here, "pool", other, pools):
            wanted = pools[other].partner_consent
            if wanted not in (None, pool.partner_consent):
                hint = f"write `partner_consent: {wanted}` here, too, or name another pool"
                report.error(here, f"takes only leads who consented to `{wanted}`", hint)
            round_trip = next(_ways_back(rulebook, name, other, (name, other)), None)
            if round_trip is not None:
                report.error(here, f"goes in a circle: {' -> '.join(round_trip)}", "end it at one of them")


def _promises_answers(rulebook: Rulebook) -> bool:
    """Whether an agreement that is not over names a first response, for whomever."""
    found = [each for each in all_agreements(rulebook).values() if each.state != "retired"]
    promised = (
        each for agreement in found for _, _, promises in promises_of(agreement) for each in promises.values()
    )
    return any(each.first_response_within for each in promised)


def _ways_back(rulebook: Rulebook, start: str, at: str, way: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for other in rulebook.routing.pools[at].then:
        if other == start:
            yield (*way, other)
        elif other in rulebook.routing.pools and other not in way:
            yield from _ways_back(rulebook, start, other, (*way, other))


def _check_people_for(rulebook: Rulebook, loc: Loc, pool: Pool, report: Report) -> None:
    theirs = members(rulebook, pool).values()
    all_known = check_skills(rulebook, (*loc, "skills"), pool.skills, report)
    if not theirs or report.is_partial("reps") or report.is_partial("pools"):
        return
    wanted = set(pool.skills)
    if all_known and pool.skills_match == "required" and not any(wanted <= set(rep.skills) for rep in theirs):
        message = f"nobody of the pool has {' and '.join(f'`{each}`' for each in pool.skills)}"
        hint = "add somebody who has, or write `skills_match: preferred`"
        report.error((*loc, "skills"), message, hint)
    if pool.language == "required" and not any(rep.languages for rep in theirs):
        hint = "add `languages: [...]` to its reps, or write `language: preferred`"
        report.error((*loc, "language"), "is required, and nobody of the pool speaks any", hint)


def _check_partners(rulebook: Rulebook, loc: Loc, pool: Pool, report: Report) -> None:
    wanted = pool.partner_consent
    asked = sorted({purpose for form in rulebook.forms.values() for purpose in form.consent_purposes})
    if wanted is not None and wanted not in asked and not report.is_partial("forms"):
        known = did_you_mean(wanted, asked) if asked else ""
        hint = f"add `consent_purposes: {{{wanted}: NAME}}` to a form, NAME being its box"
        hint = known if known.startswith("did") else hint
        report.warning(
            (*loc, "partner_consent"), f"no form asks for `{wanted}`: the pool gets no leads", hint
        )
