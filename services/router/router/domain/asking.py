"""One lead met by the rules of a plan: conditions, segments and tables, each asked at most once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rulebook.cel import CelError, Condition, prepare_context
from rulebook.models import RoutingRule
from rulebook.named_accounts import AccountTable
from rulebook.territories import Spot, TerritoryTable


@dataclass(frozen=True, slots=True)
class Target:
    """Where a rule that holds sends a lead; `rep` goes before the pool."""

    pool: str | None
    territory: str | None = None
    rep: str | None = None


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to be asked. `segments`: those that its condition reads."""

    source: RoutingRule
    condition: Condition
    segments: tuple[str, ...] = ()
    territories: TerritoryTable | None = None
    accounts: AccountTable | None = None


class Asked:
    """A lead while the rules of one plan are asked; `account` as lead-scored carries it."""

    __slots__ = ("_account", "_answers", "_base", "_context", "_lead", "_prepared", "_segments", "_spot")

    def __init__(
        self,
        context: Mapping[str, Any],
        segments: Mapping[str, Condition],
        account: Mapping[str, Any] | None = None,
    ) -> None:
        self._context = {**context, "segment": {}} if segments else context
        self._prepared = self._base = prepare_context(self._context)
        self._segments = segments
        self._answers: dict[str, bool | CelError] = {}
        self._lead: Mapping[str, Any] = context["lead"]
        self._account = account
        self._spot: Spot | None = None

    def holds(self, rule: CompiledRule) -> bool | CelError:
        """Whether the rule's condition holds, or why that cannot be said: also because of a segment."""
        lacking = [name for name in rule.segments if name not in self._answers]
        if lacking:
            self._ask(lacking)
        answer = rule.condition.evaluate(self._prepared)
        if isinstance(answer, CelError):
            for name in rule.segments:
                if isinstance(wrong := self._answers[name], CelError):
                    return CelError(f"segment {name}: {wrong.message}")
        return answer

    def target(self, rule: CompiledRule) -> Target | None:
        """Where the rule sends the lead; None where its table does not know it."""
        named = rule.source.pool
        if rule.territories is not None:
            row = rule.territories.find(self._place())
            return None if row is None else Target(row.pool, row.territory)
        if rule.accounts is not None:
            found = rule.accounts.find(self._lead, self._account)
            return None if found is None else Target(found.pool or named, rep=found.rep)
        return Target(named)

    def _ask(self, names: list[str]) -> None:
        self._answers |= {name: self._segments[name].evaluate(self._base) for name in names}
        known = {name: each for name, each in self._answers.items() if not isinstance(each, CelError)}
        self._prepared = prepare_context({**self._context, "segment": known})

    def _place(self) -> Spot:
        if self._spot is None:
            self._spot = Spot.of(self._lead)
        return self._spot
