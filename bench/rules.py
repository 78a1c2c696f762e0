"""A scorecard of a hundred rules over one lead, one always in error, beside asking each rule alone."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from bench.people import person
from rulebook.cel import prepare_context
from rulebook.context import scoring_context, shared_context
from rulebook.models import InterestRule, Rule, Scorecard
from scorecard.compiled import CompiledScorecard, compile_scorecard
from scorecard.score import Facts, Origin, score

RULES = 100
LEADS = 500
ROUNDS = 5
_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class RulesResult:
    """Seconds a lead, the best of ROUNDS: scored whole, and with each condition evaluated by itself."""

    together: float
    one_by_one: float

    @property
    def ratio(self) -> float:
        """How many times faster."""
        return self.one_by_one / self.together


def measure() -> RulesResult:
    """Score made-up leads; the context of each is made anew, as it is for a submission."""
    compiled = compile_scorecard(_scorecard())
    leads = [_context(number) for number in range(LEADS)]
    for lead in leads[:10]:
        _whole(compiled, lead)  # compiles what an error asks for
    return RulesResult(
        _best(lambda: [_whole(compiled, lead) for lead in leads]),
        _best(lambda: [_each(compiled, lead) for lead in leads]),
    )


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) / LEADS)
    return min(times)


def _whole(compiled: CompiledScorecard, lead: dict[str, object]) -> object:
    origin = Origin("demo-request", prepare_context(lead), UUID(int=1), _NOW)
    return score(compiled, Facts([origin], shared_context(lead)), _NOW)


def _each(compiled: CompiledScorecard, lead: dict[str, object]) -> object:
    context = prepare_context(lead)
    rules = itertools.chain(compiled.fit.rules, compiled.interest.rules)
    return [rule.condition.evaluate(context) for rule in rules]


def _context(number: int) -> dict[str, object]:
    return scoring_context(
        person(number),
        form="demo-request",
        source="website",
        campaign=None,
        line="main",
        submissions=1 + number % 3,
        asks=True,
    )


def _scorecard() -> Scorecard:
    """Rules such as companies write, in the shares in which they do."""
    shapes = (
        "has(lead.employees) && lead.employees >= {n}",
        "has(lead.job_title) && lead.job_title.matches('(?i)director|head of|chief|c[etf]o{n}')",
        "has(lead.country) && lead.country in ['ES', 'PT', 'IT', 'RO', 'X{n}']",
        "has(lead.attributes.topic) && lead.attributes.topic == 'topic {n}'",
        "form == 'demo-request' && submissions >= {n}",
    )
    conditions = [shapes[n % len(shapes)].format(n=n) for n in range(RULES - 1)] + ["lead.city == 'Vigo'"]
    rules = [
        {"id": f"rule-{n}", "when": when, "points": n % 7 - 2, "reason": "because"}
        for n, when in enumerate(conditions)
    ]
    half = RULES // 2
    return Scorecard(
        fit=[Rule.model_validate(each) for each in rules[:half]],
        interest=[InterestRule.model_validate(each) for each in rules[half:]],
    )
