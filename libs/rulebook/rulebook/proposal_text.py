"""A proposed form as YAML, to look over: what is ready to be written begins with `#`, no blank behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rulebook.form_explain import quoted
from rulebook.models import Input, Unfold
from rulebook.vendor_presets import preset

_HEAD = "# yaml-language-server: $schema=../.schemas/form.schema.json"
_TO_DECIDE = "# To decide: take away the # of a line that shall hold"
_WIDE = 100


@dataclass(frozen=True, slots=True)
class Open:
    """Something a person has to decide: why, and the lines that are ready for it; `inside` those of
    `fields`."""

    why: str
    lines: tuple[str, ...] = ()
    inside: bool = False


def form_yaml(document: Mapping[str, Any], opens: Sequence[Open], labels: Mapping[str, str]) -> str:
    """The form. `labels`: what was asked, by field, told beside a name that says nothing."""
    lines = [_HEAD]
    for key, value in document.items():
        if key == "inputs":
            lines += ["inputs:", *(f"  {quoted(name)}: {_input(each)}" for name, each in value.items())]
        elif key == "unfold":
            lines += ["unfold:", *(f"  - {_unfold(each)}" for each in value)]
        elif key != "fields":
            lines.append(f"{key}: {_value(value)}")
    lines += _fields(document["fields"], document.get("vendor"), labels)
    return "\n".join([*lines, *_to_decide(opens, bool(document["fields"]))]) + "\n"


def _fields(mapping: Mapping[str, Any], vendor: str | None, labels: Mapping[str, str]) -> list[str]:
    head = []
    if vendor is not None:
        ready = ", ".join(preset(vendor).get("fields", {}))
        head = [f"# read by the ready mapping of {vendor}: {ready}"]
    if not mapping:
        return head if vendor is not None else ["fields: {}"]
    return [
        *head,
        "fields:",
        *(f"  {name}: {_mapped(value)}{_asked(value, labels)}" for name, value in mapping.items()),
    ]


def _asked(value: Any, labels: Mapping[str, str]) -> str:
    paths = value["from"] if isinstance(value, Mapping) else value
    label = labels.get(paths[0], paths[0])
    return f"   # {label[:80]}" if label != paths[0] and label.isprintable() else ""


def _mapped(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_mapped(each)}" for key, each in value.items()) + "}"
    if isinstance(value, str):
        return value
    return quoted(value[0], within=True) if len(value) == 1 else _value(value)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(quoted(each, within=True) for each in value)}]"
    return quoted(str(value))


def _unfold(unfold: Unfold) -> str:
    value = unfold.value[0] if len(unfold.value) == 1 else unfold.value
    name = quoted(unfold.name[0], within=True)
    told = quoted(value, within=True) if isinstance(value, str) else _value(value)
    return f"{{at: {quoted(unfold.at, within=True)}, name: {name}, value: {told}}}"


def _input(asked: Input) -> str:
    parts = [] if asked.type == "text" else [f"type: {asked.type}"]
    parts += [f"label: {quoted(asked.label, within=True)}"] if asked.label else []
    parts += [f"value: {quoted(asked.value, within=True)}"] if asked.value else []
    if asked.options and all(sent == shown for sent, shown in asked.options.items()):
        parts.append(f"options: {_value(list(asked.options))}")
    elif asked.options:
        pairs = (
            f"{quoted(sent, within=True)}: {quoted(shown, within=True)}"
            for sent, shown in asked.options.items()
        )
        parts.append(f"options: {{{', '.join(pairs)}}}")
    parts += ["required: true"] if asked.required else []
    return "{" + ", ".join(parts) + "}"


def _to_decide(opens: Sequence[Open], has_fields: bool) -> list[str]:
    """Those of `fields` first, as they go on with it."""
    lines = [_TO_DECIDE] if opens else []
    for each in sorted(opens, key=lambda one: not one.inside):
        lines += [f"# {part}" for part in _wrapped(each.why)]
        if each.inside and not has_fields:
            lines.append("#fields:")
            has_fields = True
        lines += [f"#{'  ' if each.inside else ''}{line}" for line in each.lines]
    return lines


def _wrapped(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > _WIDE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
