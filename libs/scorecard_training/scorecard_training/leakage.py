"""Columns that were filled in after sales touched the lead, found by what is in them, never by name.

Such a column knows the outcome, so a scorecard learned with it looks excellent and scores no new lead. Each
sign below is a way in which columns that are known beforehand do not behave. A `leak` shows a sign that
hardly anything else can; a `suspect` one that a very good honest column may show too.
Both are left out unless kept.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scorecard_training.columns import Codes, Floats, Kind
from scorecard_training.history import History
from scorecard_training.leak_statistics import Sight, gains, is_told_by, sight_of, tie
from scorecard_training.measures import auc

DAY = 86_400.0


class Sign(StrEnum):
    """By what a column was found."""

    FILLED_TELLS = "filled-tells"  # being filled in, or empty, tells the outcome
    SEPARATES = "separates"  # alone it tells nearly every won lead from the others
    LATER = "later"  # a moment that lies later, or earlier, after the lead's date for those won
    BOTH_ENDS = "both-ends"  # some of its values nearly always win, others nearly never
    ONE_OUTCOME = "one-outcome"  # values that appear with one outcome only
    STANDS_OUT = "stands-out"  # alone it tells far more than any other column
    UNSHARED = "unshared"  # tells much that nothing else known of the lead tells
    COPY = "copy"  # a coarser copy of one of these
    SAME_ROWS = "same-rows"  # filled in on exactly the same leads as these


SURE = frozenset({Sign.FILLED_TELLS, Sign.SEPARATES, Sign.LATER, Sign.BOTH_ENDS})


@dataclass(frozen=True, slots=True)
class Leak:
    """A column that is left out, and why, in words; `auc` is what it reaches alone on leads not looked at."""

    column: str
    sign: Sign
    why: str
    auc: float

    @property
    def is_sure(self) -> bool:
        """Whether hardly anything but a leak shows this sign."""
        return self.sign in SURE


SEPARATES_FROM = 0.88
LATER_FROM = 0.75
STANDS_OUT_FROM, STANDS_OUT_TIMES = 0.82, 1.2
NEARLY_ALWAYS, NEARLY_NEVER = 0.93, 0.05
COMMON_END = 20
ROWS = 30
"""So many rows at least before anything is concluded from them."""
CHANCE = 1e-4
EXPECTED_OTHERS = 80
"""Leads of the other outcome that values would have if they told nothing, before having none is a sign."""
UNSHARED_GAIN, UNSHARED_RATIO, UNSHARED_TIMES = 0.02, 0.33, 2.5
TIED = 0.4
"""Columns tied as closely as this are one source of knowledge."""
OTHERS = 5
"""So many other sources must tell something before what is shared can be judged."""


def find_leaks(history: History, keep: Collection[str] = ()) -> list[Leak]:
    """Every column that is left out, surest first. `keep`: columns a person vouches for."""
    outcome = history.outcome
    sights = [
        sight_of(column, outcome)
        for column in history.columns
        if column.kind is not Kind.CONSTANT and column.name not in keep
    ]
    found = {each.column: each for each in _sure(sights, history)}
    vouched = [sight_of(column, outcome) for column in history.columns if column.name in set(keep)]
    for step in (_single, _unshared):
        left = [sight for sight in sights if sight.column.name not in found]
        while more := {each.column: each for each in step(left, vouched, outcome)}:
            found |= more  # without these, what hid behind them is seen
            left = [sight for sight in left if sight.column.name not in found]
    found |= {each.column: each for each in _copies(sights, found)}
    found |= {each.column: each for each in _same_rows(sights, found)}
    order = list(Sign)
    return sorted(found.values(), key=lambda leak: (order.index(leak.sign), -leak.auc))


def _sure(sights: Sequence[Sight], history: History) -> Iterator[Leak]:
    for sight in sights:
        for way in (_filled_tells, _separates, _later, _both_ends):
            leak = way(sight, sights, history)
            if leak is not None:
                yield leak
                break


def _filled_tells(sight: Sight, _: Sequence[Sight], history: History) -> Leak | None:
    outcome, share = history.outcome, history.share_won
    for rows, said in ((sight.filled, "filled in"), (~sight.filled, "empty")):
        count, won = int(rows.sum()), int(outcome[rows].sum())
        if count < ROWS or count == rows.size:
            continue
        for happened, usual, word in ((won, share, "won"), (count - won, 1 - share, "not won")):
            others = (count - happened) / count
            if count * (1 - usual) >= ROWS and others <= min(0.02, (1 - usual) / 20):
                why = (
                    f"it is {said} for {count:,} leads, and {_all_but(count - happened)} of them were {word}"
                )
                return Leak(sight.column.name, Sign.FILLED_TELLS, why, sight.auc)
    return None


def _all_but(number: int) -> str:
    return "all" if number == 0 else f"all but {number:,}"


def _separates(sight: Sight, _: Sequence[Sight], __: History) -> Leak | None:
    if sight.auc < SEPARATES_FROM:
        return None
    why = f"alone it tells won leads from others in {sight.auc:.0%} of pairs: nothing known beforehand can"
    return Leak(sight.column.name, Sign.SEPARATES, why, sight.auc)


def _later(sight: Sight, sights: Sequence[Sight], history: History) -> Leak | None:
    """A moment counted from the lead's own date, or from any other moment that is always there."""
    if sight.column.kind is not Kind.MOMENT:
        return None
    starts = [] if history.moments is None else [("the lead's date", history.moments)]
    starts += [
        (f"`{other.column.name}`", other.column.numbers)
        for other in sights
        if other is not sight and other.column.kind is Kind.MOMENT and other.filled.all()
    ]
    for name, start in starts:
        days = (sight.column.numbers - start) / DAY
        told = ~np.isnan(days)
        reached = auc(days[told], history.outcome[told])
        is_later = float(np.median(days[told])) > 0 if told.any() else False
        if is_later and told.sum() >= ROWS and max(reached, 1 - reached) >= LATER_FROM:
            medians = [float(np.median(days[told & (history.outcome == side)])) for side in (1, 0)]
            why = f"it lies {medians[0]:.1f} days after {name} for won leads, {medians[1]:.1f} for the others"
            return Leak(sight.column.name, Sign.LATER, why, max(reached, 1 - reached))
    return None


def _both_ends(sight: Sight, _: Sequence[Sight], history: History) -> Leak | None:
    if not sight.is_code:
        return None
    always, never = (_end(sight, history.share_won, side) for side in (1, 0))
    if not always or not never:
        return None
    why = (
        f"{_values(sight, always)} nearly always win ({_counted(sight, always)}) and "
        f"{_values(sight, never)} nearly never ({_counted(sight, never)})"
    )
    return Leak(sight.column.name, Sign.BOTH_ENDS, why, sight.auc)


def _end(sight: Sight, share: float, side: int) -> list[int]:
    """Values nearly all of whose leads had this outcome, where chance would hardly make it so."""
    usual = share if side else 1 - share
    missed = sight.size - sight.won if side else sight.won
    limit = min(1 - NEARLY_ALWAYS if side else NEARLY_NEVER, (1 - usual) / 5)
    codes = [
        code
        for code in range(len(sight.names))
        if sight.size[code] >= COMMON_END
        and missed[code] / sight.size[code] <= limit
        and _by_chance(missed[code], sight.size[code], 1 - usual) < CHANCE / len(sight.names)
    ]
    return sorted(codes, key=lambda code: -sight.size[code])


def _by_chance(missed: float, size: float, usual: float) -> float:
    """An upper bound (Chernoff) on the chance of so few where `usual` is the share."""
    share = missed / size
    if share >= usual:
        return 1.0
    far = (1 - share) * np.log((1 - share) / (1 - usual))
    if share > 0:
        far += share * np.log(share / usual)
    return float(np.exp(-size * far))


def _single(sights: Sequence[Sight], vouched: Sequence[Sight], outcome: Codes) -> Iterator[Leak]:
    """Signs that one column shows alone, weaker ones."""
    aucs = sorted((each.auc for each in [*sights, *vouched]), reverse=True)
    for sight in sights:
        pure = _one_outcome(sight, outcome)
        if pure is not None:
            yield Leak(sight.column.name, Sign.ONE_OUTCOME, pure, sight.auc)
        elif _stands_out(sight.auc, aucs):
            why = (
                f"alone it tells won leads from others in {sight.auc:.0%} of pairs, the next in {aucs[1]:.0%}"
            )
            yield Leak(sight.column.name, Sign.STANDS_OUT, why, sight.auc)


def _stands_out(reached: float, aucs: Sequence[float]) -> bool:
    """Whether the best column is far better than the next; `aucs`: of all columns, best first."""
    if len(aucs) <= OTHERS or reached < max(STANDS_OUT_FROM, aucs[0]):
        return False
    return reached - 0.5 >= STANDS_OUT_TIMES * (aucs[1] - 0.5)


def _one_outcome(sight: Sight, outcome: Codes) -> str | None:
    """Values with one outcome only, in so many leads that a very good honest value would show some others."""
    share = float(outcome.mean())
    for side, usual, word in ((1, share, "won"), (0, 1 - share, "not won")):
        missed = sight.size - sight.won if side else sight.won
        codes = [at for at in range(len(sight.names)) if sight.size[at] >= ROWS and missed[at] == 0]
        if sight.size[codes].sum() * (1 - usual) >= EXPECTED_OTHERS:
            return (
                f"every one of {int(sight.size[codes].sum()):,} leads with {_values(sight, codes)} was {word}"
            )
    return None


def _unshared(sights: Sequence[Sight], vouched: Sequence[Sight], outcome: Codes) -> Iterator[Leak]:
    """What is known of a lead beforehand overlaps; codes that tell much that nothing else does came later."""
    every = [each for each in [*sights, *vouched] if each.column.kind is not Kind.SERIAL]
    groups = _tied(every, outcome)
    alone = [max(every[member].alone for member in group) for group in groups]
    ratio = [gain / max(each, 1e-9) for gain, each in zip(gains(every, groups, outcome), alone, strict=True)]
    for at, group in enumerate(groups):
        others = [ratio[other] for other in range(len(groups)) if other != at and alone[other] >= 0.01]
        if len(others) < OTHERS or ratio[at] < max(UNSHARED_RATIO, UNSHARED_TIMES * float(np.median(others))):
            continue
        if ratio[at] * alone[at] < UNSHARED_GAIN:
            continue
        usual = max(0.0, float(np.median(others)))
        for sight in (every[member] for member in group):
            if sight.is_code and sight in sights and sight.alone >= 0.01:
                why = (
                    f"{min(1.0, ratio[at]):.0%} of what it tells of the outcome is told by no other column; "
                    f"of the others it is {usual:.0%} (median), for what is known beforehand overlaps"
                )
                yield Leak(sight.column.name, Sign.UNSHARED, why, sight.auc)


def _tied(sights: Sequence[Sight], outcome: Codes) -> list[list[int]]:
    """Columns in groups that know of each other."""
    group = list(range(len(sights)))
    for at, one in enumerate(sights):
        for other in range(at):
            if group[at] != group[other] and tie(one, sights[other], outcome) >= TIED:
                group = [group[other] if each == group[at] else each for each in group]
    return [[at for at, own in enumerate(group) if own == each] for each in dict.fromkeys(group)]


def _copies(sights: Sequence[Sight], found: dict[str, Leak]) -> Iterator[Leak]:
    named = [sight for sight in sights if sight.column.name in found and len(sight.names) > 2]
    for sight in sights:
        if sight.column.name in found or sight.alone < 0.005 or not sight.is_code:
            continue
        source = next((other for other in named if is_told_by(sight, other)), None)
        if source is not None:
            why = f"where both are filled in it is `{source.column.name}` told more coarsely"
            yield Leak(sight.column.name, Sign.COPY, why, sight.auc)


def _same_rows(sights: Sequence[Sight], found: dict[str, Leak]) -> Iterator[Leak]:
    """Columns filled in on exactly the same leads, half of which are named already: one hand wrote them."""
    blocks = dict[bytes, list[Sight]]()
    for sight in sights:
        values = np.unique(sight.codes[sight.filled]).size
        if ROWS <= sight.filled.sum() <= sight.filled.size - ROWS and values > 1:
            blocks.setdefault(np.packbits(sight.filled).tobytes(), []).append(sight)
    for block in blocks.values():
        named = [sight.column.name for sight in block if sight.column.name in found]
        if len(block) < 2 or len(named) * 2 < len(block):
            continue
        for sight in block:
            if sight.column.name not in found:
                rows = int(sight.filled.sum())
                why = f"it is filled in on exactly the same {rows:,} leads as {_quoted(named)}"
                yield Leak(sight.column.name, Sign.SAME_ROWS, why, sight.auc)


def _values(sight: Sight, codes: Sequence[int]) -> str:
    shown = _quoted([sight.names[code] for code in codes[:3]])
    return shown if len(codes) <= 3 else f"{shown} and {len(codes) - 3} more"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name[:40]}`" for name in names)


def _counted(sight: Sight, codes: Sequence[int]) -> str:
    won: Floats = sight.won[codes]
    return f"{int(won.sum()):,} of {int(sight.size[codes].sum()):,} won"
