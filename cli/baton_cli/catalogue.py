"""Which commands are installed, and a line about each, without importing what provides them.

A package offers a command by an entry point of the group `baton.commands`, named `section.command`, that
leads to a function or a typer app. Its summary is the first line of that function's docstring, or of the
app's `help`, read from the source. What several packages fill together stands in FAMILIES: an entry named
`family.command` is called as `baton family command`.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

GROUP = "baton.commands"


class Section(Enum):
    """Where `baton --help` lists a command; in this order."""

    EVERYDAY = "Everyday"
    RULEBOOK = "Rulebook"
    OPERATE = "Operate"


FAMILIES = {
    "scorecard": (
        Section.RULEBOOK,
        "Scorecards: compared on stored leads, tried in the shadow, promoted, learned from history.",
    ),
    "agreement": (
        Section.RULEBOOK,
        "The agreement of marketing and sales: read it, plan it, object to what it counted.",
    ),
}
"""Commands that several packages fill with subcommands: where each stands, and the line about it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One command on offer. `entry` loads it; a family is loaded by its `members` instead."""

    name: str
    section: Section
    entry: EntryPoint
    members: "dict[str, Offer]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Summary:
    """The line about a command; `is_broken` when the source shows that it cannot be loaded."""

    text: str
    is_broken: bool = False


def offers(entries: Iterable[EntryPoint] | None = None) -> dict[str, Offer]:
    """All commands by name, sorted by section, then name. An unknown section counts as Operate."""
    found = entry_points(group=GROUP) if entries is None else entries
    by_name: dict[str, Offer] = {}
    for entry in found:
        family, _, name = entry.name.partition(".")
        if family in FAMILIES and name:
            section, _ = FAMILIES[family]
            whole = by_name.setdefault(family, Offer(family, section, entry))
            whole.members[name] = Offer(name, section, entry)
        else:
            offer = _offer(entry)
            by_name[offer.name] = offer
    order = list(Section)
    listed = sorted(by_name.values(), key=lambda offer: (order.index(offer.section), offer.name))
    return {offer.name: offer for offer in listed}


def _offer(entry: EntryPoint) -> Offer:
    section, _, name = entry.name.rpartition(".")
    known = {each.name.lower(): each for each in Section}
    return Offer(name, known.get(section, Section.OPERATE), entry)


def summary(offer: Offer) -> Summary:
    """The line about a command, from its source; never imports, never raises."""
    if offer.members:
        return Summary(FAMILIES[offer.name][1])
    try:
        source = _source_of(offer.entry.module)
    except ModuleNotFoundError as error:
        return Summary(f"cannot be loaded: {error}", is_broken=True)
    except OSError:
        return Summary("")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        return Summary(f"cannot be loaded: {error}", is_broken=True)
    text = _first_line(tree, offer.entry.attr)
    if text is None:
        return Summary(f"cannot be loaded: no {offer.entry.attr} in {offer.entry.module}", is_broken=True)
    return Summary(text)


def _source_of(module: str) -> bytes:
    """The source of a module, found below its top package's folder: looking deeper by import would run it."""
    top, *rest = module.split(".")
    spec = find_spec(top)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"no package {top}")
    for location in spec.submodule_search_locations:
        place = Path(location).joinpath(*rest)
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                return path.read_bytes()
    raise ModuleNotFoundError(f"no module {module}")


def _first_line(tree: ast.Module, attribute: str) -> str | None:
    """First line of the docstring or `help=` of what `attribute` names; None when nothing has that name."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == attribute:
            return (ast.get_docstring(node) or "").partition("\n")[0]
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            names = {target.id for target in node.targets if isinstance(target, ast.Name)}
            if attribute in names:
                return _help_of(node.value)
    return None


def _help_of(call: ast.Call) -> str:
    for keyword in call.keywords:
        if keyword.arg == "help" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value).partition("\n")[0]
    return ""
