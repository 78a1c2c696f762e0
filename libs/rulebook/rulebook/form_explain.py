"""What a payload becomes by a form, field by field, with a hint where nothing reads one. Pure."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from rulebook.attributes import attribute_name
from rulebook.attribution import CLICK_IDS, FIRST_TOUCH, LAST_TOUCH, OWN_PREFIX, VISITOR
from rulebook.field_guess import guess, last_word
from rulebook.form_plan import is_read, plan_of, token_of
from rulebook.form_sample import labels_of
from rulebook.mapping import Mapped, map_submission
from rulebook.models import Form
from rulebook.paths import places_at
from rulebook.scalars import as_text
from rulebook.unfolding import unfolded

_MOST_ROWS = 1_000
_ITEM_NAMES = ("name", "key", "column_id")
_PLAIN = re.compile(r"[A-Za-z][\w .*/-]*[\w*]|[A-Za-z]")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One field of a payload.

    `path` as a mapping writes it; `value` as sent; `became`: what it became, such as `email =
    ana@example.com`, several where it is read more than once, empty where nothing came of it; `hint`: what to
    know or to write, None where all is well. `is_beside`: in an object of which the form reads another
    part, such as a tool's envelope around its answers, and not kept.
    """

    path: str
    value: Any
    became: tuple[str, ...] = ()
    hint: str | None = None
    is_beside: bool = False


def explain(
    form: Form,
    fields: Mapping[str, Any],
    received_at: datetime | None = None,
    *,
    staff_domains: Collection[str] = (),
) -> list[Row]:
    """A row for each field of `fields` (decoded, as sent), in its order; answers that the form lays out stand
    as fields of their own."""
    mapped = map_submission(form, fields, received_at, staff_domains=staff_domains)
    opened = unfolded(form.unfold, fields)
    readers = list(_readers(form, opened))
    inside, labels = laid_out(form, fields), labels_of(fields)
    rows = []
    for place, path, value in leaves(opened):
        if any(place[: len(other)] == other for other in inside):
            continue
        names = list(dict.fromkeys(reader.name for reader in readers if reader.reads(place, value)))
        row = _row(form, mapped, path, place, value, names, labels.get(place[0], ""))
        rows.append(row)
        if len(rows) >= _MOST_ROWS:
            break
    return rows


@dataclass(frozen=True, slots=True)
class _Reader:
    """What reads: the profile field or the form's key, and the places and objects its paths find."""

    name: str
    places: frozenset[Place]
    tokens: frozenset[int | str | None]

    def reads(self, place: Place, value: Any) -> bool:
        ends = range(1, len(place) + 1)
        return any(place[:end] in self.places for end in ends) or is_read(value, self.tokens)


def _readers(form: Form, opened: Mapping[str, Any]) -> Iterator[_Reader]:
    plan = plan_of(form)
    for name, mapping in form.fields.items():
        yield _reader(name, mapping.from_, opened)
    for source in plan.attribution:
        if source.name not in form.fields:
            yield _reader(source.name, source.mapping.from_, opened)
    keys = ("line_field", "vendor_id", "vendor_time", "test_flag", "honeypot", "consent_field")
    others = [(key, getattr(form, key)) for key in keys]
    others += [("consent_purposes", path) for path in form.consent_purposes.values()]
    for key, path in others:
        if path is not None:
            yield _reader(key, [path], opened)
    own = {f"click_ids.{name}": name for name in CLICK_IDS}
    own |= {"first_touch": FIRST_TOUCH, "last_touch": LAST_TOUCH, "visitor": VISITOR}
    for name, path in own.items():
        if path in opened:
            yield _reader(name, [path], opened)
    if form.redirect_field is not None:
        yield _reader("redirect_field", [form.redirect_field], opened)
    if form.signature is not None and form.signature.field is not None:
        yield _reader("signature.field", [form.signature.field], opened)


def _reader(name: str, paths: list[str], opened: Mapping[str, Any]) -> _Reader:
    found = [(place, value, path) for path in paths for place, value in places_at(opened, path)]
    tokens = frozenset(token_of(value, path) for _, value, path in found)
    return _Reader(name, frozenset(place for place, _, _ in found), tokens)


def laid_out(form: Form, fields: Mapping[str, Any]) -> set[Place]:
    """The places of the lists and objects whose answers the form lays out as fields."""
    return {place for unfold in form.unfold for place, _ in places_at(fields, unfold.at) if place}


def leaves(fields: Mapping[str, Any]) -> Iterator[tuple[Place, str, Any]]:
    """Every value of a payload with its place and its path, as a mapping writes it; JSON in texts opened."""
    for name, value in fields.items():
        yield from _inside((name,), name, value)


def _inside(place: Place, path: str, value: Any) -> Iterator[tuple[Place, str, Any]]:
    if len(place) > 12:
        return
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "[") and (inner := _json(value)) is not None:
        yield from _inside((*place, "|json"), f"{path}|json", inner)
    elif isinstance(value, Mapping) and value:
        for name, each in value.items():
            yield from _inside((*place, str(name)), f"{path}.{name}", each)
    elif isinstance(value, list) and any(isinstance(each, Mapping | list) for each in value):
        for number, each in enumerate(value):
            yield from _inside((*place, str(number)), f"{path}[{_selector(number, each)}]", each)
    else:
        yield place, path, value


def _selector(number: int, item: Any) -> str:
    """How to name an item of a list: by the value that tells it from the others, else by its number."""
    for key in _ITEM_NAMES:
        value = item.get(key) if isinstance(item, Mapping) else None
        if isinstance(value, str) and value and not set("[].|=") & set(value):
            return f"{key}={value}"
    return str(number)


def _json(value: str) -> Any:
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return None


def _row(
    form: Form, mapped: Mapped, path: str, place: Place, value: Any, names: list[str], label: str
) -> Row:
    if names:
        became = tuple(text for name in names if (text := _became(name, form, mapped, value)))
        return Row(
            path, value, became, _trouble(names, mapped) or (None if became else _unused(names, value))
        )
    top = place[0]
    if top in form.volatile:
        return Row(path, value, hint="listed as volatile: differs from post to post, not kept")
    if top.startswith(OWN_PREFIX):
        return Row(path, value, hint="of Baton's own script: not kept")
    if len(place) > 1 and top not in mapped.unmapped:
        hint = f"beside what is read, not kept; to keep it: {line_for(None, path)}"
        return Row(path, value, hint=hint, is_beside=True)
    kept = _attribute(mapped, top, place, value)
    return Row(path, value, kept, _to_map(form, path, value, label, is_kept=bool(kept)))


def _became(name: str, form: Form, mapped: Mapped, value: Any) -> str | None:
    if name in _OTHERS:
        return _OTHERS[name](form, mapped)
    group, _, inner = name.partition(".")
    if group == "attributes":
        found = mapped.profile["attributes"].get(inner)
    elif group == "click_ids":
        found = mapped.attribution.get("click_ids", {}).get(inner)
    else:
        found = mapped.profile.get(name, mapped.attribution.get(name))
    return None if found is None else f"{name} = {_shown(found)}"


def _shown(value: Any) -> str:
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else as_text(value)


_OTHERS: dict[str, Callable[[Form, Mapped], str | None]] = {
    "line_field": lambda form, mapped: f"lines = {', '.join(mapped.lines)}",
    "vendor_id": lambda form, mapped: f"vendor's id = {mapped.vendor_id}" if mapped.vendor_id else None,
    "vendor_time": lambda form, mapped: (
        f"occurred at {mapped.occurred_at.isoformat()}" if mapped.occurred_at else None
    ),
    "test_flag": lambda form, mapped: "a TEST submission" if mapped.is_test else "no test",
    "honeypot": lambda form, mapped: "honeypot: quarantined" if mapped.honeypot_filled else "honeypot: empty",
    "consent_field": lambda form, mapped: (
        f"consent {'given' if mapped.consent['given'] else 'not given'}" if mapped.consent else None
    ),
    "consent_purposes": lambda form, mapped: (
        f"agreed to {', '.join(mapped.consent['purposes']) or 'no purpose'}" if mapped.consent else None
    ),
    "redirect_field": lambda form, mapped: "where the page asks to go next",
    "signature.field": lambda form, mapped: "the sender's key: checked, never kept",
    "visitor": lambda form, mapped: f"visitor = {mapped.visitor}" if mapped.visitor else None,
}


def _trouble(names: list[str], mapped: Mapped) -> str | None:
    keys = {"vendor_time": "occurred_at", "line_field": "lines"}
    told = [
        flag for name in names for flag in mapped.flags if flag.rpartition(":")[0] == keys.get(name, name)
    ]
    return f"flagged {', '.join(told)}" if told else None


def _unused(names: list[str], value: Any) -> str:
    if value in (None, "", [], {}):
        return f"empty: nothing for {', '.join(names)}"
    return f"read for {', '.join(names)}, but nothing usable came of it: see `values` and the path"


def _attribute(mapped: Mapped, top: str, place: Place, value: Any) -> tuple[str, ...]:
    key = attribute_name(top)
    found = mapped.profile["attributes"].get(key)
    return () if len(place) > 1 or found is None else (f"attributes.{key} = {_shown(found)}",)


def _to_map(form: Form, path: str, value: Any, label: str, *, is_kept: bool) -> str | None:
    if value in (None, "", [], {}):
        return None
    told = _told(form, path, guess(path, value, label), is_kept=is_kept)
    return f"asked as {label!r}; {told}" if told is not None and label else told


def _told(form: Form, path: str, field: str | None, *, is_kept: bool) -> str | None:
    if field is None:
        return None if is_kept else f"nothing reads it; write under fields: {line_for(None, path)}"
    own = form.fields.get(field)
    if own is not None:
        paths = ", ".join(quoted(each, within=True) for each in [*own.from_, path])
        return f"nothing reads it; looks like {field}: write under fields: {field}: [{paths}]"
    return f"nothing reads it; looks like {field}: write under fields: {line_for(field, path)}"


def line_for(field: str | None, path: str) -> str:
    """The YAML line that maps a path: to a profile field, or to an attribute of its name."""
    return f"{field or 'attributes.' + attribute_key(last_word(path))}: {quoted(path)}"


def attribute_key(name: str) -> str:
    """The name of an attribute as a form may write it: plain letters, so that rules can read it."""
    key = attribute_name(name)
    return key if re.fullmatch(r"[a-z_][a-z0-9_]*", key) else "field"


def quoted(path: str, *, within: bool = False) -> str:
    """A text as YAML writes it, in quotes where it needs them; `within` a list in brackets."""
    is_plain = _PLAIN.fullmatch(path) is not None and path.lower() not in _WORDS
    if is_plain and not (within and "," in path):
        return path
    return json.dumps(path, ensure_ascii=not path.isprintable())
