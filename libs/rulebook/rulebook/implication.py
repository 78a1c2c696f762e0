"""Whether a condition can hold only where another does, as far as that can be told from what is written.

A condition is taken apart at `&&`, `||`, `!`, `?:` and lists into cases, each a set of facts that hold
together. What cannot be taken apart is one fact, the same as another written alike. Nothing is claimed that
is not so; much that is so is not seen.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Tokens = tuple[str, ...]
MOST_CASES = 64
"""Of a condition with more nothing is claimed."""
_TOKEN = re.compile(
    r"""(?:[rRbB]{1,2})?(?:'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
    r"|//[^\n]*|[A-Za-z_]\w*|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?u?|[=!<>]=|&&|\|\||\S",
    re.DOTALL,
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_PLAIN_TEXT = re.compile(r"'[^'\\]*'|\"[^\"\\]*\"")
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_JOINS = frozenset({"&&", "||", "?", ":"})
_COMPARING = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""An operator and the one that says the same with the sides changed."""
_CONTRARY = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True, slots=True)
class Fact:
    """`subject op value`, if it is a comparison with a text or number written out, else `subject` alone."""

    subject: Tokens
    op: str = ""
    value: str | float = ""
    is_true: bool = True

    def implies(self, other: "Fact") -> bool:
        """Whether the other holds wherever this does."""
        if self == other:
            return True
        if other.is_true and other.subject == ("has", "(", *self.subject, ")") and self.op:
            return True  # a comparison of a field that is absent is an error, and holds for nobody
        if self.subject != other.subject or not (self.op and other.op and self.is_true):
            return False
        return _implies(self, other)


def _implies(one: Fact, other: Fact) -> bool:
    if not other.is_true:
        return one.op == "==" and other.op == "==" and _differ(one.value, other.value)
    if not (isinstance(one.value, float) and isinstance(other.value, float)):
        return False
    high, low, limit = one.value, one.value, other.value
    if one.op in (">", ">="):
        return other.op in (">", ">=") and (low > limit or (low == limit and not _strict(one, other)))
    if one.op in ("<", "<="):
        return other.op in ("<", "<=") and (high < limit or (high == limit and not _strict(one, other)))
    return {"<": low < limit, "<=": low <= limit, ">": low > limit, ">=": low >= limit}.get(other.op, False)


def _strict(one: Fact, other: Fact) -> bool:
    """Whether the other leaves out the limit that this one has."""
    return len(other.op) == 1 and len(one.op) == 2


def _differ(one: str | float, other: str | float) -> bool:
    return type(one) is type(other) and one != other


Case = frozenset[Fact]
NEVER: tuple[Case, ...] = ()
ALWAYS: tuple[Case, ...] = (frozenset(),)


class _TooMany(Exception):
    """Nothing is to be claimed of the condition."""


def cases_of(source: str, segments: Mapping[str, str] | None = None) -> tuple[Case, ...] | None:
    """The cases in which a condition that compiles holds; None where there are too many to look at.

    `segments`: conditions that it may read by name.
    """
    tokens = tuple(each for each in _TOKEN.findall(source) if not each.startswith("//"))
    try:
        return _Parser(tokens, segments or {}).whole()
    except (_TooMany, IndexError, RecursionError):
        return None


def covering(case: Case, before: Iterable[tuple[str, tuple[Case, ...]]]) -> str | None:
    """Of conditions by id the first that holds wherever this case does."""
    for name, cases in before:
        if any(all(any(fact.implies(wanted) for fact in case) for wanted in each) for each in cases):
            return name
    return None


class _Parser:
    def __init__(self, tokens: Tokens, segments: Mapping[str, str]) -> None:
        self.tokens, self.at, self.segments = tokens, 0, segments

    def whole(self) -> tuple[Case, ...]:
        found = self.choice(True)
        if self.at != len(self.tokens):
            raise _TooMany
        return found

    def choice(self, wanted: bool) -> tuple[Case, ...]:
        """`test ? one : other` is `test && one || !test && other`."""
        start = self.at
        found = self.either(wanted)
        if self.peek() != "?":
            return found
        end = self.at
        holds, fails = self.again(start, end, True), self.again(start, end, False)
        self.at += 1
        one = self.choice(wanted)
        if self.peek() != ":":
            raise _TooMany
        self.at += 1
        return _few((*_both(holds, one), *_both(fails, self.choice(wanted))))

    def again(self, start: int, end: int, wanted: bool) -> tuple[Case, ...]:
        return _Parser(self.tokens[start:end], self.segments).either(wanted)

    def either(self, wanted: bool) -> tuple[Case, ...]:
        found = self.all_of(wanted)
        while self.peek() == "||":
            self.at += 1
            more = self.all_of(wanted)
            found = _few((*found, *more)) if wanted else _both(found, more)
        return found

    def all_of(self, wanted: bool) -> tuple[Case, ...]:
        found = self.one(wanted)
        while self.peek() == "&&":
            self.at += 1
            more = self.one(wanted)
            found = _both(found, more) if wanted else _few((*found, *more))
        return found

    def one(self, wanted: bool) -> tuple[Case, ...]:
        start = self.at
        while self.peek() not in _JOINS | _CLOSING | {""}:
            self.at = self.closing(self.at) + 1
        tokens = self.tokens[start : self.at]
        if tokens[:1] == ("!",) and not any(each in _COMPARING or each == "in" for each in _outer(tokens)):
            return _Parser(tokens[1:], self.segments).nested(not wanted)
        if tokens[:1] == ("(",) and _end(tokens, 0) == len(tokens) - 1:
            return _Parser(tokens[1:-1], self.segments).nested(wanted)
        if tokens[:2] == ("segment", ".") and len(tokens) == 3 and tokens[2] in self.segments:
            plain = tuple(_TOKEN.findall(self.segments[tokens[2]]))
            return _Parser(plain, {}).nested(wanted)
        return _facts(tokens, wanted)

    def nested(self, wanted: bool) -> tuple[Case, ...]:
        found = self.choice(wanted)
        if self.at != len(self.tokens):
            raise _TooMany
        return found

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def closing(self, at: int) -> int:
        return _end(self.tokens, at) if self.tokens[at] in _OPENING else at


def _end(tokens: Tokens, at: int) -> int:
    """Where the bracket at a place is closed."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place] in _OPENING) - (tokens[place] in _CLOSING)
        if depth == 0:
            return place
    raise _TooMany


def _outer(tokens: Tokens) -> Iterable[str]:
    """What stands in no bracket."""
    depth = 0
    for each in tokens:
        depth -= each in _CLOSING
        if depth == 0:
            yield each
        depth += each in _OPENING


def _facts(tokens: Tokens, wanted: bool) -> tuple[Case, ...]:
    """`x in ['a', 'b']` as one case each; a comparison by its sides; what is neither as it stands."""
    if not tokens:
        raise _TooMany
    if tokens in (("true",), ("false",)):
        return ALWAYS if (tokens == ("true",)) is wanted else NEVER
    if "in" in tokens[1:] and tokens[-1] == "]":
        subject, listed = tokens[: tokens.index("in")], tokens[tokens.index("in") + 2 : -1]
        values = [_value(each) for each in listed[::2]]
        is_list = tokens[tokens.index("in") + 1] == "[" and set(listed[1::2]) <= {","}
        if is_list and values and None not in values and _is_plain(subject):
            facts = [Fact(subject, "==", value, wanted) for value in values if value is not None]
            return _few([frozenset({fact}) for fact in facts]) if wanted else (frozenset(facts),)
    return (frozenset({_fact(tokens, wanted)}),)


def _fact(tokens: Tokens, wanted: bool) -> Fact:
    op = tokens[-2] if len(tokens) > 2 else ""
    value = _value(tokens[-1])
    subject = tokens[:-2]
    if op not in _COMPARING or value is None or not _is_plain(subject):
        first = _value(tokens[0])
        op = _COMPARING.get(tokens[1], "") if len(tokens) > 2 else ""
        value, subject = first, tokens[2:]
    if not op or value is None or not _is_plain(subject):
        return Fact(tokens, is_true=wanted)
    if op == "!=":
        return Fact(subject, "==", value, not wanted)
    if not wanted and op != "==":
        return Fact(subject, _CONTRARY[op], value)
    return Fact(subject, op, value, wanted)


def _is_plain(subject: Tokens) -> bool:
    """A field or variable, perhaps `lead.attributes["city"]`."""
    return bool(subject) and not any(each in _COMPARING or each in ("in", "+", "-") for each in subject)


def _value(token: str) -> str | float | None:
    if _PLAIN_TEXT.fullmatch(token):
        return token[1:-1]
    return float(token) if _NUMBER.fullmatch(token) else None


def _both(one: Iterable[Case], other: Iterable[Case]) -> tuple[Case, ...]:
    others = tuple(other)
    return _few([each | more for each in one for more in others])


def _few(cases: Iterable[Case]) -> tuple[Case, ...]:
    found = tuple(dict.fromkeys(cases))
    if len(found) > MOST_CASES:
        raise _TooMany
    return found
