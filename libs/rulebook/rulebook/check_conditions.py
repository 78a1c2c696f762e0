"""Conditions: do they compile, do the names they use exist, do they ask before they read."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches

from lead_events.words import AccountStanding, Quadrant
from rulebook.cel import Condition, ConditionInvalid, compile_condition
from rulebook.cel_tree import Read
from rulebook.check_scorecards import cards_in
from rulebook.context import (
    ACCOUNT_FIELDS,
    ALWAYS_PRESENT,
    PROFILE_FIELDS,
    ROUTING_VARIABLES,
    SCORING_VARIABLES,
    SIGNAL_FIELDS,
    SIGNAL_VARIABLES,
    routing_variables,
)
from rulebook.countries import country_code
from rulebook.derived import COMPANY_SIZES, DERIVED_FIELDS, LARGEST, SENIORITIES
from rulebook.documents import Loc
from rulebook.languages import language_code
from rulebook.models import Rulebook
from rulebook.patterns import why_invalid
from rulebook.report import Report, did_you_mean

_NAME = re.compile("[a-z_][a-z0-9_]*")
_SEGMENT = re.compile(r"(?<![\w.])segment\s*\.\s*(\w+)")
HIGHEST_COST = 10_000
"""Steps of one condition: a loop over all attributes is well below, a loop within it is not."""


def check_conditions(rulebook: Rulebook, report: Report) -> None:
    """Report conditions that do not compile, read what does not exist, or read without asking first."""
    _check_segments(rulebook, report)
    attributes = _attributes(rulebook)
    words = {
        **_WORDS,
        "quadrant": [quadrant.value for quadrant in Quadrant],
        "source": list(rulebook.sources),
        "form": list(rulebook.forms),
        "line": list(rulebook.lines),
    }
    for loc, source, variables in _conditions(rulebook):
        try:
            condition = compile_condition(source, variables)
        except ConditionInvalid as error:
            _check_invalid(loc, source, error, variables, report)
            continue
        if (cost := condition.tree.cost()) > HIGHEST_COST:
            report.error(
                loc,
                f"costs too much: {cost:,} steps at worst, {HIGHEST_COST:,} at most",
                "take out the loop within a loop, or make several rules of it",
            )
        for pattern in condition.tree.patterns():
            if (wrong := why_invalid(pattern)) is not None:
                report.error(
                    loc, f"`{pattern}` {wrong}", "see RE2's syntax: github.com/google/re2/wiki/Syntax"
                )
        _check_attributes(loc, condition, attributes, report)
        _check_reads(loc, condition, variables, report)
        for variable, literal in condition.tree.comparisons():
            if variable in words:
                report.reference(loc, variable, literal, words[variable])
            elif variable in _CODES:
                _check_code(loc, variable, literal, report)


def _conditions(rulebook: Rulebook) -> Iterator[tuple[Loc, str, Mapping[str, type]]]:
    for loc, card in cards_in(rulebook):
        for part in ("fit", "interest", "personas", "signals"):
            variables = SIGNAL_VARIABLES if part == "signals" else SCORING_VARIABLES
            for number, rule in enumerate(getattr(card, part)):
                yield (*loc, part, number, "when"), rule.when, variables
    for name, segment in rulebook.routing.segments.items():
        yield ("routing", "segments", name), segment, ROUTING_VARIABLES
    variables = routing_variables(rulebook.routing.segments)
    for line, plan in rulebook.routing.plans.items():
        for number, routing in enumerate(plan.rules):
            yield ("routing", "plans", line, "rules", number, "when"), routing.when, variables


def _check_invalid(
    loc: Loc, source: str, error: ConditionInvalid, variables: Mapping[str, type], report: Report
) -> None:
    """Of what does not compile because of a segment the reason, else what the compiler says."""
    named = dict.fromkeys(_SEGMENT.findall(source))
    unknown = [name for name in named if f"segment.{name}" not in variables]
    if unknown and loc[:2] == ("routing", "segments"):
        report.error(loc, "a segment reads no segment", "write out what the other one says")
    elif unknown:
        hint = did_you_mean(unknown[0], _fields_of("segment", variables))
        report.error(loc, f"there is no `segment.{unknown[0]}`", hint)
    else:
        place = f" (line {error.line}, column {error.column} of the condition)"
        report.error(loc, error.message + place, error.hint)


def _check_segments(rulebook: Rulebook, report: Report) -> None:
    """A segment is read as a name of CEL, by some rule."""
    rules = [rule.when for plan in rulebook.routing.plans.values() for rule in plan.rules]
    read = {name for when in rules for name in _SEGMENT.findall(when)}
    for name in rulebook.routing.segments:
        if name not in read and not report.is_partial("plans"):
            hint = f"write `segment.{name}` in a rule, or delete it"
            report.warning(("routing", "segments", name), "is read by no rule", hint)
        if not _NAME.fullmatch(name):
            hint = f"write `{re.sub('[^a-z_0-9]', '_', name).lstrip('0123456789') or 'name'}`"
            message = f"`segment.{name}` cannot be read in a condition"
            report.error(("routing", "segments", name), message, hint)


def _check_reads(loc: Loc, condition: Condition, variables: Mapping[str, type], report: Report) -> None:
    warned: set[tuple[str, ...]] = set()
    for read in condition.tree.reads():
        if _is_unknown(read, variables):
            known = _KNOWN.get(read.path[0]) or _fields_of(read.path[0], variables)
            hint = did_you_mean(read.path[1], known)
            if read.path[0] == "lead" and not hint.startswith("did"):
                hint = f"write lead.attributes.{read.path[1]} for what only one form asks"
            report.error(loc, f"there is no `{'.'.join(read.path)}`{_column(read)}", hint)
        elif not read.is_guarded and not _is_always_there(read) and read.path not in warned:
            warned.add(read.path)
            name = ".".join(read.path)
            report.warning(
                loc,
                f"`{name}` may be absent{_column(read)}, and then the rule has no answer",
                f"write has({name}) && ...",
            )


def _attributes(rulebook: Rulebook) -> dict[str, set[str | None]]:
    """The attributes that forms map, and as what each is read."""
    found: dict[str, set[str | None]] = {}
    for form in rulebook.forms.values():
        for field, mapping in form.fields.items():
            kind, _, name = field.partition(".")
            if kind == "attributes":
                found.setdefault(name, set()).add(mapping.as_)
    return found


def _check_attributes(
    loc: Loc, condition: Condition, attributes: Mapping[str, set[str | None]], report: Report
) -> None:
    """A form may send what no mapping names, so only what looks like a slip is told."""
    for name in dict.fromkeys(each.path[2] for each in condition.tree.reads() if _is_attribute(each.path)):
        near = get_close_matches(name, attributes, n=1, cutoff=0.8)
        if name not in attributes and near:
            report.warning(loc, f"no form maps `lead.attributes.{name}`", f"did you mean `{near[0]}`?")
    for path in condition.tree.compared_with_numbers():
        if _is_attribute(path) and attributes.get(path[2], {"number"}) <= {None, "text"}:
            report.warning(
                loc,
                f"`{'.'.join(path)}` is a text in most forms, and no text compares with a number",
                f"where a form maps it, write `attributes.{path[2]}: {{from: [...], as: number}}`",
            )


def _is_attribute(path: tuple[str, ...]) -> bool:
    return path[:2] == ("lead", "attributes") and len(path) == 3


def _check_code(loc: Loc, variable: str, literal: str, report: Report) -> None:
    """A country or language is kept as two letters, whatever was sent."""
    code = _CODES[variable](literal)
    if code != literal:
        hint = f"did you mean `{code}`?" if code else "write its two letters"
        report.error(loc, f"there is no {variable} `{literal}`", hint)


_CODES: Mapping[str, Callable[[str], str | None]] = {
    "lead.country": country_code,
    "lead.language": language_code,
}
_WORDS: Mapping[str, list[str]] = {
    "lead.seniority": list(SENIORITIES),
    "lead.company_size": [*COMPANY_SIZES.values(), LARGEST],
    "account.standing": [standing.value for standing in AccountStanding],
}
_KNOWN: Mapping[str, Collection[str]] = {
    "lead": (*PROFILE_FIELDS, *DERIVED_FIELDS),
    "score": ("fit", "interest"),
    "signal": tuple(SIGNAL_FIELDS),
    "account": tuple(ACCOUNT_FIELDS),
}


def _fields_of(name: str, variables: Mapping[str, type]) -> list[str]:
    return [each.partition(".")[2] for each in variables if each.startswith(f"{name}.")]


def _is_always_there(read: Read) -> bool:
    return read.path in ALWAYS_PRESENT or read.path[0] == "segment"


def _is_unknown(read: Read, variables: Mapping[str, type]) -> bool:
    return len(read.path) == 2 and ".".join(read.path) not in variables


def _column(read: Read) -> str:
    return f" (line {read.line}, column {read.column} of the condition)"
