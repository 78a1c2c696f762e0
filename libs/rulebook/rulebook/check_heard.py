"""Who hears of what nobody answers: has each team somebody who decides."""

from rulebook.models import Plan, Rulebook
from rulebook.report import Report


def check_heard(rulebook: Rulebook, report: Report) -> None:
    """Warn of teams without a lead whose leads' plan names nobody in their stead: what their reps let wait is
    counted and told to nobody."""
    if any(report.is_partial(each) for each in ("reps", "teams", "pools", "plans")):
        return
    told: set[str] = set()
    for line, plan in rulebook.routing.plans.items():
        if any(_is_led(rulebook, team) for team in _fallback_teams(rulebook, plan)):
            continue
        for team in _sellers(rulebook, line) - told:
            told.add(team)
            report.warning(
                ("roster", "teams", team),
                f"has no lead, and nobody leads a team of `{plan.fallback}`, the fallback of line `{line}`: "
                "nobody hears of promises that its reps break",
                "add `lead: REP`",
            )


def _is_led(rulebook: Rulebook, team: str) -> bool:
    return team in rulebook.roster.teams and rulebook.roster.teams[team].lead is not None


def _fallback_teams(rulebook: Rulebook, plan: Plan) -> set[str]:
    """Those whose leads hear of what no team lead of their own does."""
    pool = rulebook.routing.pools.get(plan.fallback)
    if pool is None:
        return set()
    named = {rep.team for name, rep in rulebook.roster.reps.items() if name in pool.reps}
    return named | {pool.team} if pool.team is not None else named


def _sellers(rulebook: Rulebook, line: str) -> set[str]:
    """Teams without a lead of reps who get leads of a line."""
    reps = rulebook.roster.reps.values()
    teams = {rep.team for rep in reps if line in rep.lines and rep.weight}
    return {team for team in teams if team in rulebook.roster.teams and not _is_led(rulebook, team)}
