"""Roster and pools: does everybody named exist, and does everybody get leads."""

from collections.abc import Collection, Sequence
from datetime import date

from rulebook.documents import Loc
from rulebook.languages import language_code
from rulebook.models import Notify, Pool, RepSeed, Rulebook
from rulebook.normalise import email_key, read_email
from rulebook.report import Report
from rulebook.ways_to_tell import lacks

_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)
"""Of absences, as in the roster itself."""


def check_people(rulebook: Rulebook, report: Report) -> None:
    """Report what is wrong with teams, reps and pools in themselves."""
    _check_teams(rulebook, report)
    addresses: dict[str, str] = {}
    pooled = {name for pool in rulebook.routing.pools.values() for name in members(rulebook, pool)}
    for name, rep in rulebook.roster.reps.items():
        _check_rep(rulebook, name, rep, report)
        _check_pooled(name, rep, pooled, report)
        first = addresses.setdefault(email_key(rep.email), name)
        if first != name:
            report.error(
                ("roster", "reps", name, "email"),
                f"is also the address of `{first}`",
                "give each rep an address of their own",
            )
    _check_pools(rulebook, report)


def members(rulebook: Rulebook, pool: Pool) -> dict[str, RepSeed]:
    """The reps of a pool by id: those named, and those of its team; in the roster's order."""
    return {
        name: rep
        for name, rep in rulebook.roster.reps.items()
        if name in pool.reps or (pool.team is not None and rep.team == pool.team)
    }


def _check_teams(rulebook: Rulebook, report: Report) -> None:
    for name, team in rulebook.roster.teams.items():
        loc = ("roster", "teams", name)
        report.reference((*loc, "lead"), "rep", team.lead, rulebook.roster.reps)
        _check_notify((*loc, "notify"), team.notify, report)
        is_empty = not any(rep.team == name for rep in rulebook.roster.reps.values())
        if is_empty and not report.is_partial("reps"):
            report.warning(loc, "has no reps", "give a rep this team, or delete it")


def _check_rep(rulebook: Rulebook, name: str, rep: RepSeed, report: Report) -> None:
    loc = ("roster", "reps", name)
    report.reference((*loc, "team"), "team", rep.team, rulebook.roster.teams)
    report.reference((*loc, "calendar"), "calendar", rep.calendar, rulebook.calendars)
    for number, line in enumerate(rep.lines):
        report.reference((*loc, "lines", number), "line", line, rulebook.lines)
    if read_email(rep.email).value is None:
        report.error(
            (*loc, "email"), f"`{rep.email}` is no e-mail address", "write one such as ana@example.com"
        )
    _check_notify((*loc, "notify"), rep.notify, report)
    _check_limits(loc, rep, report)
    for number, language in enumerate(rep.languages):
        code = language_code(language)
        if code != language:
            hint = f"did you mean `{code}`?" if code else "write two letters, such as es"
            report.error((*loc, "languages", number), f"`{language}` is no language", hint)
    for number, absence in enumerate(rep.absences):
        if absence.last_day < absence.first_day:
            report.error(
                (*loc, "absences", number),
                f"ends {absence.last_day}, before it starts",
                "write the earlier day as first_day; both days are included",
            )
        elif absence.first_day < _EARLIEST or absence.last_day > _LATEST:
            report.error(
                (*loc, "absences", number),
                f"{absence.first_day} to {absence.last_day} is further than calendars reach",
                f"write days from {_EARLIEST} to {_LATEST}",
            )


def _check_pooled(name: str, rep: RepSeed, pooled: Collection[str], report: Report) -> None:
    is_known = not report.is_partial("pools") and not report.is_ignored(rep.team)
    if is_known and name not in pooled:
        hint = "add the rep, or their team, to a pool"
        report.warning(("roster", "reps", name), "is in no pool and gets no leads", hint)


def _check_limits(loc: Loc, rep: RepSeed, report: Report) -> None:
    """Limits that never stop anybody, as another is reached first."""
    day, week = rep.per_day, rep.per_week
    if day is not None and week is not None and week < day:
        report.warning((*loc, "per_day"), f"is more than the {week} of a week", f"write {week} or less")
    if day is not None and rep.weight and 0 < rep.capacity < day:
        message = f"{day} leads a day are more than the {rep.capacity} open at once that `capacity` allows"
        hint = f"write {rep.capacity} or less, or raise `capacity`"
        report.warning((*loc, "per_day"), message, hint)


def _check_notify(loc: Loc, channels: Sequence[Notify], report: Report) -> None:
    for number, each in enumerate(channels):
        for lack in lacks(each):
            here = (*loc, number, lack.key) if lack.key is not None else (*loc, number)
            report.error(here, lack.message, lack.hint)


def _check_pools(rulebook: Rulebook, report: Report) -> None:
    for name, pool in rulebook.routing.pools.items():
        loc = ("routing", "pools", name)
        report.reference((*loc, "team"), "team", pool.team, rulebook.roster.teams)
        for number, rep in enumerate(pool.reps):
            report.reference((*loc, "reps", number), "rep", rep, rulebook.roster.reps)
        if pool.team is None and not pool.reps:
            report.error(loc, "names no team and no reps", "add `team: ...` or `reps: [...]`")
