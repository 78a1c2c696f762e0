"""Ready mappings: what each vendor sends, kept as YAML in `vendors/`, put under a form when it is loaded."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from rulebook.documents import read_document

_FOLDER = "vendors"
_ADDED_UP = ("volatile",)
"""Lists that hold what the vendor's say and what the form says; any other list of the form replaces."""


@lru_cache(maxsize=1)
def vendor_names() -> tuple[str, ...]:
    """The vendors with a ready mapping, sorted."""
    entries = files("rulebook").joinpath(_FOLDER).iterdir()
    return tuple(sorted(entry.name[:-5] for entry in entries if entry.name.endswith(".yaml")))


def preset(vendor: str) -> dict[str, Any]:
    """A vendor's part of a form, as YAML says it. Raises KeyError for one that is not known."""
    if vendor not in vendor_names():
        raise KeyError(vendor)
    return _read(vendor)


def with_preset(form: Any) -> Any:
    """A form as written, with its vendor's ready mapping under it; the same where it names none.

    What the form says wins: key by key, and field by field in `fields`. `volatile` holds both. Done a second
    time it changes nothing; but a key that the form sets to null, to be rid of the vendor's, must then still
    be there, so that only what people write is merged, never what is published.
    """
    vendor = form.get("vendor") if isinstance(form, Mapping) else None
    if not isinstance(vendor, str) or vendor not in vendor_names():
        return form
    ready = preset(vendor)
    merged = {**ready, **form}
    if isinstance(form.get("fields"), Mapping):
        merged["fields"] = {**ready.get("fields", {}), **form["fields"]}
        merged["fields"] = {name: field for name, field in merged["fields"].items() if field is not None}
    for key in _ADDED_UP:
        if isinstance(form.get(key), list):
            merged[key] = list(dict.fromkeys([*ready.get(key, []), *map(_hashable, form[key])]))
    return merged


def _hashable(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


@lru_cache(maxsize=32)
def _read(vendor: str) -> dict[str, Any]:
    path = Path(str(files("rulebook").joinpath(_FOLDER, f"{vendor}.yaml")))
    value = read_document(path, path.name, ()).value
    return value if isinstance(value, dict) else {}
