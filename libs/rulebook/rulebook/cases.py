"""Whether facts can hold together, and whether conditions between them leave nothing of a case.

Beside what single facts say of each other: a value cannot be two things, a number lies on one side of a limit
or the other, and a quadrant is one of four. Nothing is claimed that is not so; much that is so is not seen.
"""

from collections.abc import Iterable, Iterator, Sequence

from lead_events.words import AccountStanding, Quadrant
from rulebook.implication import Case, Fact, Tokens, covering

Known = Sequence[tuple[str, tuple[Case, ...]]]
"""Conditions by id, taken apart."""
_ONE_OF: dict[Tokens, frozenset[str]] = {
    ("quadrant",): frozenset(each.value for each in Quadrant),
    ("account", ".", "standing"): frozenset(each.value for each in AccountStanding),
}
_BETWEEN: dict[Tokens, tuple[float, float]] = {
    ("score", ".", "fit"): (0, 100),
    ("score", ".", "interest"): (0, 100),
}
_ALWAYS_THERE = frozenset({"quadrant", "asks", "submissions", "form", "source", "line", "campaign", "score"})
"""Variables that every lead has: a comparison of one has an answer."""
_INVERSE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
MOST_BRANCHES = 24
"""Cases that one is split into, before nothing is claimed of it."""


def can_hold(case: Case) -> bool:
    """Whether nothing speaks against all these facts at once."""
    if any(_denied(fact) in case for fact in case):
        return False
    if any(_is_absent(fact) and _speaks_of(case, fact.subject[2:-1]) for fact in case):
        return False
    subjects = {fact.subject for fact in case if fact.op}
    return all(_has_a_value([fact for fact in case if fact.subject == subject]) for subject in subjects)


def covered_by(case: Case, before: Known) -> list[str] | None:
    """Ids of the conditions that between them hold wherever this case does; None if none are seen to."""
    found: dict[str, None] = {}
    open_, looked = [case], 0
    while open_:
        each, looked = open_.pop(), looked + 1
        if not can_hold(each):
            continue
        name = covering(each, before)
        if name is not None:
            found[name] = None
            continue
        fact = next(_undecided(each, before), None) if looked < MOST_BRANCHES else None
        if fact is None:
            return None
        open_ += [each | {fact}, each | {_denied(fact)}]
    return list(found)


def _undecided(case: Case, before: Known) -> Iterator[Fact]:
    """Facts that conditions ask for and that this case leaves open, each with an answer for every lead of
    it."""
    for _, cases in before:
        for each in cases:
            lacking = [fact for fact in each if not any(known.implies(fact) for known in case)]
            if all(_has_an_answer(fact, case) and can_hold(case | {fact}) for fact in lacking):
                yield from lacking


def _has_an_answer(fact: Fact, case: Case) -> bool:
    if fact.subject[0] in _ALWAYS_THERE or fact.subject in _ONE_OF:
        return bool(fact.op) or fact.subject == ("asks",)
    if fact.subject[:2] == ("has", "("):
        return True
    return fact.op == "==" and _speaks_of(case, fact.subject)


def _speaks_of(case: Case, field: Tokens) -> bool:
    """Whether the case holds only where the field is there."""
    there = Fact(("has", "(", *field, ")"))
    return there in case or any(fact.op and fact.subject == field for fact in case)


def _is_absent(fact: Fact) -> bool:
    return not fact.is_true and fact.subject[:2] == ("has", "(")


def _denied(fact: Fact) -> Fact:
    if fact.op in _INVERSE and fact.is_true:
        return Fact(fact.subject, _INVERSE[fact.op], fact.value)
    return Fact(fact.subject, fact.op, fact.value, not fact.is_true)


def _has_a_value(facts: Iterable[Fact]) -> bool:
    """Whether one subject can be all that is said of it."""
    told = list(facts)
    subject = told[0].subject
    equal = {fact.value for fact in told if fact.op == "==" and fact.is_true}
    others = {fact.value for fact in told if fact.op == "==" and not fact.is_true}
    if len({value for value in equal if isinstance(value, str)}) > 1 or equal & others:
        return False
    if _ONE_OF.get(subject, frozenset({""})) <= others:
        return False
    return _meets_limits(told, subject)


def _meets_limits(told: Iterable[Fact], subject: Tokens) -> bool:
    low, high = _BETWEEN.get(subject, (float("-inf"), float("inf")))
    is_low_out = is_high_out = False
    for fact in told:
        if not fact.is_true or not isinstance(fact.value, float):
            continue
        if fact.op in (">", ">=", "==") and (fact.value, fact.op == ">") >= (low, is_low_out):
            low, is_low_out = fact.value, fact.op == ">"
        if fact.op in ("<", "<=", "==") and (fact.value, fact.op != "<") <= (high, not is_high_out):
            high, is_high_out = fact.value, fact.op == "<"
    return low < high or (low == high and not is_low_out and not is_high_out)
