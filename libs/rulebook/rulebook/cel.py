"""Conditions in CEL. The only module that knows the CEL library, whose pinned version yields values of type
ERROR.

A condition is compiled twice: once against the declared types, so that a slip such as comparing a number with
a text is found when it is written, and once loosely, because a lead may lack any field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from cel_expr_python import cel

from rulebook.cel_matches import Match, taken_out
from rulebook.cel_tree import Tree, read_tree

LONGEST = 10_000
"""Characters of one condition."""
_FIRST_LINE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")
_HAS = re.compile(r"\bhas\s*\(\s*[\w.]+\s*\)")
_NAME = re.compile(r"[A-Za-z_]\w*")
_HABITS = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "AND": "&&",
    "OR": "||",
    "NOT": "!",
    "= ": "==",
    "=": "==",
    "& ": "&&",
}


@dataclass(frozen=True, slots=True)
class CelError:
    """Why a condition has no answer for this lead. Never the same as "no"."""

    message: str


class ConditionInvalid(ValueError):
    """The condition cannot be compiled: it must be rewritten. `line` and `column` count from 1 within it."""

    def __init__(self, message: str, hint: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.line = line
        self.column = column


class PreparedContext:
    """One lead's variables, converted once and shared by all conditions evaluated on it."""

    __slots__ = ("_activation", "_names", "_values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)  # the activation reads what is in it lazily
        self._names = tuple(sorted(values))
        self._activation: Any = None

    def activation(self, matches: Mapping[str, Match]) -> Any:
        """The variables as the library takes them, with the answers to these matches."""
        lacking = [name for name in matches if name not in self._values]
        if lacking or self._activation is None:
            for name in lacking:
                self._values[name] = matches[name].holds(self._values)
            self._activation = _plain_env(self._names).Activation(data=self._values)
        return self._activation


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. Cheap to evaluate (several hundred thousand a second), not thread-safe.

    `asked`: the source with variables in place of the calls of matches() that are in `matches`.
    """

    source: str
    tree: Tree = field(compare=False, repr=False)
    _program: Any = field(compare=False, repr=False)
    asked: str = field(compare=False, repr=False)
    matches: Mapping[str, Match] = field(compare=False, repr=False)

    def evaluate(self, context: Mapping[str, Any] | PreparedContext) -> bool | CelError:
        """Whether the condition holds, or why that cannot be said. Raises nothing."""
        prepared = context if isinstance(context, PreparedContext) else PreparedContext(context)
        try:
            result = self._program.eval(prepared.activation(self.matches)).value()
        except Exception as error:  # the binding raises plain RuntimeErrors for values it cannot convert
            return CelError(self._said(str(error)))
        if result is True or result is False:
            return bool(result)
        if isinstance(result, str):
            return CelError(self._said(result))
        return CelError(f"the condition gives {type(result).__name__}, not true or false")

    def _said(self, error: str) -> str:
        """The error in the words of the source: what stands for matches() asks with startsWith()."""
        said = _without_values(_plain(error), self.source)
        return said if "startsWith" in self.source else said.replace("startsWith", "matches")


class ConditionSet:
    """Several conditions asked in one go: most of the cost of an evaluation is paid once a program, not once
    a condition. Not thread-safe.

    Their answers are bits of one number, and so is, for each, that it reads a field which is absent: then it
    is asked alone. Where a condition fails in another way, no number comes of it, and the halves are asked,
    and theirs. So each condition answers as it would alone.
    """

    MOST = 30
    """Conditions of one program, two bits for each: a CEL int has 64 and a sign."""

    __slots__ = ("_conditions", "_halves", "_matches", "_names", "_program")

    def __init__(self, conditions: Sequence[Condition], names: Sequence[str]) -> None:
        """`names`: the variables that they read, fields left out."""
        self._conditions = tuple(conditions)
        self._names = tuple(sorted(names))
        self._matches = {name: match for each in conditions for name, match in each.matches.items()}
        self._halves: tuple[ConditionSet, ConditionSet] | None = None
        self._program = self._combined() if 1 < len(conditions) <= self.MOST else None

    def evaluate(self, context: PreparedContext) -> list[bool | CelError]:
        """Each condition's answer, in their order. Raises nothing."""
        activation = context.activation(self._matches)
        if len(self._conditions) <= 1:
            return [condition.evaluate(context) for condition in self._conditions]
        if self._program is not None:
            try:
                bits = self._program.eval(activation).value()
            except Exception:  # as for one condition: the halves will tell whose it is
                bits = None
            if type(bits) is int:
                return self._answers(bits, context)
        return [answer for half in self._parts() for answer in half.evaluate(context)]

    def _answers(self, bits: int, context: PreparedContext) -> list[bool | CelError]:
        answers: list[bool | CelError] = [bool(bits >> n & 1) for n in range(len(self._conditions))]
        alone = bits >> self.MOST
        while alone:
            place = alone.bit_length() - 1
            answers[place] = self._conditions[place].evaluate(context)
            alone ^= 1 << place
        return answers

    def _parts(self) -> "tuple[ConditionSet, ConditionSet]":
        if self._halves is None:
            middle = min((len(self._conditions) + 1) // 2, self.MOST)
            first, second = self._conditions[:middle], self._conditions[middle:]
            self._halves = ConditionSet(first, self._names), ConditionSet(second, self._names)
        return self._halves

    def _combined(self) -> Any:
        """One program, or None where together they are nested too deeply for the parser."""
        bits = [self._bits(place, condition) for place, condition in enumerate(self._conditions)]
        try:
            return _plain_env((*self._names, *sorted(self._matches))).compile(_balanced_sum(bits))
        except RuntimeError:
            return None

    def _bits(self, place: int, condition: Condition) -> str:
        bit = f"((\n{condition.asked}\n) ? {1 << place} : 0)"
        unsure = {read.path for read in condition.tree.reads() if not read.is_guarded and len(read.path) > 1}
        asked = [f"has({'.'.join(path)})" for path in sorted(unsure) if all(map(_NAME.fullmatch, path))]
        return f"({' && '.join(asked)} ? {bit} : {1 << (place + self.MOST)})" if asked else bit


def _balanced_sum(terms: Sequence[str]) -> str:
    """The sum with brackets like a tree: a plain row of 60 is deeper than the parser goes."""
    if len(terms) == 1:
        return terms[0]
    middle = len(terms) // 2
    return f"({_balanced_sum(terms[:middle])} + {_balanced_sum(terms[middle:])})"


def prepare_context(values: Mapping[str, Any]) -> PreparedContext:
    """Convert one lead's variables once, for many conditions."""
    return PreparedContext(values)


@lru_cache(maxsize=4096)
def _compile(source: str, variables: tuple[tuple[str, type], ...]) -> Condition:
    checked = _checked(_without_has(source), _typed_env(variables), variables)
    if checked.return_type() != cel.Type.BOOL:
        kind = checked.return_type().name()
        raise ConditionInvalid(
            f"gives a value of type {kind}, not true or false", "compare it, for example with == or >=", 1, 1
        )
    names = tuple(sorted({name.partition(".")[0] for name, _ in variables}))
    program = _checked(source, _plain_env(names), variables)
    tree = read_tree(program.serialize(), source)
    asked, matches = taken_out(source, names, _text)
    try:
        program = _plain_env((*names, *sorted(matches))).compile(asked) if matches else program
    except RuntimeError:  # one bracket more is nested too deeply
        asked, matches = source, {}
    return Condition(source, tree, program, asked, matches)


def _text(literal: str) -> str:
    """A text as it is written in a condition, without quotes and escapes."""
    return str(_plain_env(()).compile(literal).eval(data={}).value())


def compile_condition(source: str, variables: Mapping[str, type]) -> Condition:
    """Compile `source` against the declared variables; a dotted name declares the type of a field.

    Raises ConditionInvalid with the position and what to write instead. Equal arguments share one program.
    """
    if len(source) > LONGEST:
        message = f"has {len(source):,} characters, {LONGEST:,} at most"
        raise ConditionInvalid(message, "make several rules of it, or write `x in [...]`", 1, 1)
    return _compile(source, tuple(sorted(variables.items(), key=lambda item: item[0])))


def _without_has(source: str) -> str:
    """Every has() as `true` of the same width: it is always a truth value, which this library forgets for a
    field of a declared type."""
    return _HAS.sub(lambda match: "true".ljust(len(match[0])), source)


def _checked(source: str, env: Any, variables: tuple[tuple[str, type], ...]) -> Any:
    try:
        return env.compile(source)
    except TypeError:
        raise ConditionInvalid("has half a character in it", "write the text out again", 1, 1) from None
    except RuntimeError as error:
        raise _translated(str(error), source, [name for name, _ in variables]) from None


def _translated(text: str, source: str, known: list[str]) -> ConditionInvalid:
    if "recursion" in text:
        return ConditionInvalid("is nested too deeply", "make several rules of it", 1, 1)
    match = _FIRST_LINE.search(text)
    if match is None:
        return ConditionInvalid(_plain(text), "see the section on conditions in the rulebook's README", 1, 1)
    line, column, message = int(match[1]), int(match[2]), match[3]
    return ConditionInvalid(_plain(message), _hint(message, source, known), line, column)


def _hint(message: str, source: str, known: list[str]) -> str:
    undeclared = _UNDECLARED.search(message)
    if undeclared is not None:
        name = undeclared[1]
        near = get_close_matches(name, known, n=1) or get_close_matches(name.partition(".")[0], known, n=1)
        roots = ", ".join(name for name in known if "." not in name)
        return f"did you mean {near[0]}?" if near else f"the variables are {roots}"
    for habit, instead in _HABITS.items():
        if f"'{habit}'" in message:
            return f"write {instead}"
    if "no matching overload" in message:
        return "compare values of one type: a text stands in quotes, a number does not, and 100 is not 100.0"
    if not source.strip():
        return "write a condition such as lead.country == 'ES', or true"
    return "check quotes, brackets and operators (==, !=, <, <=, &&, ||, !, in)"


def _plain(text: str) -> str:
    text = re.sub(r"^[A-Z_]+: ", "", text.split("\n", 1)[0]).removesuffix(" [INVALID_ARGUMENT]")
    text = re.sub(r" \(in container ''\)", "", text)
    missing = re.search(r'Key not found in map : "(.*)"', text)
    if missing:
        return f'the lead has no "{missing[1]}"'
    found = _OVERLOAD.search(text)
    return text.strip() if found is None else _not_taken(found)


def _without_values(said: str, source: str) -> str:
    """An error as it is kept with decisions, for good: it quotes nothing but what the rule itself says."""
    missing = re.fullmatch(r'the lead has no "(.*)"', said)
    if missing and re.search(rf"(?<!\w){re.escape(missing[1])}(?!\w)", source):
        return said
    if missing or said.startswith("Key not found in map"):
        return "there is no such key as the rule asks for by a value of the lead"
    pattern = re.match(r"invalid regular expression: [^:]+", said)
    if pattern:
        return pattern[0]
    if said.startswith("Index error: index="):
        return "a list has no such place"
    too_large = re.match(r"Integer value .* out of range for '(.+?) -> ", said)
    return f"{too_large[1]} is out of range: a number has at most 64 bits" if too_large else said


def _not_taken(found: re.Match[str]) -> str:
    """That an operator or function does not take values of these kinds."""
    word = (found["word"] or found["method"]).replace("_", "").removeprefix("@")
    given = [each for each in (found["receiver"], found["given"]) if each]
    types = [each.strip() for part in given for each in part.split(",")]
    is_about_points = "double" in types and any(each in ("int", "int64") for each in types)
    known = {**_KINDS, "double": "one with a point", "int": "a whole number"} if is_about_points else _KINDS
    kinds = [known.get(each, each) for each in types]
    return f"`{word}` does not take {' and '.join(kinds) or 'such a value'}"


_OVERLOAD = re.compile(
    r"o matching overloads? (?:for|found :) "
    r"(?:\((?P<receiver>[^()]*)\)\.(?P<method>\w+)|'?(?P<word>[^\s'(]+)'?)"
    r"(?: applied to ')?(?:\((?P<given>[^()]*)\))?"
)
_KINDS = {
    **dict.fromkeys(("int", "int64", "uint", "uint64", "double"), "a number"),
    "string": "a text",
    "bool": "true or false",
    "list": "a list",
    "map": "a map",
}
_CEL_TYPES = {str: "STRING", int: "INT", bool: "BOOL", float: "DOUBLE"}


@lru_cache(maxsize=64)
def _typed_env(variables: tuple[tuple[str, type], ...]) -> Any:
    types = {
        name: getattr(cel.Type, _CEL_TYPES[kind]) if kind in _CEL_TYPES else cel.Type.DYN
        for name, kind in variables
    }
    return cel.NewEnv(variables=types)


@lru_cache(maxsize=64)
def _plain_env(names: tuple[str, ...]) -> Any:
    return cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DYN))
