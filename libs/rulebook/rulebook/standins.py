"""What the check goes on with where something cannot be read, so that one run finds everything else.

A stand-in is chosen so that no check has anything to say about it; what that hides is named in `left_out`.
"""

from collections.abc import Callable
from itertools import count
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lead_events.words import TimerKind
from rulebook.documents import Loc
from rulebook.models import FieldMapping, Rulebook
from rulebook.models.agreement import Paused
from rulebook.sentences import type_at

UNREAD = "0-0"
"""Stands for an id that cannot be read; a reference to it is resolved or passed over, never reported."""

_FIXED: dict[str, Any] = {
    **dict.fromkeys(("source", "team", "calendar", "pool", "fallback"), UNREAD),
    "time_zone": "UTC",
    "tz": "UTC",
    "currency": "EUR",
    "when": "false",
    "line_field": "-",
    "half_life": "1d",
    "kinds": ["custom_unread"],
    "most": 1,
    "mean_deal": 1,
    "first_day": "0001-01-01",
    "last_day": "9999-12-31",
}
_COLLECTIONS = {
    ("lines",): ("lines",),
    ("sources",): ("sources",),
    ("calendars",): ("calendars",),
    ("forms",): ("forms",),
    ("roster",): ("teams", "reps"),
    ("roster", "teams"): ("teams",),
    ("roster", "reps"): ("reps",),
    ("routing",): ("pools", "plans"),
    ("routing", "pools"): ("pools",),
    ("routing", "plans"): ("plans",),
    ("agreement",): ("promises", "agreements"),
    ("agreements",): ("promises", "agreements"),
    ("scorecards",): ("rules",),
    ("shadow_scorecards",): ("rules",),
}


class StandIns:
    """Mends one rulebook, in place. `left_out` holds the ids that are gone, and marks: `all reps` where none
    can be known, `some reps` where one is missing or not what it will be."""

    def __init__(self, value: dict[str, Any]) -> None:
        self._value = value
        self._numbers = count(1)
        self.left_out: set[str] = {UNREAD}
        self._unique: dict[str, Callable[[], str]] = {
            "key": lambda: f"unread-{next(self._numbers):06}",
            "id": lambda: f"0-0-{next(self._numbers)}",
            "email": lambda: f"unread-{next(self._numbers)}@example.com",
        }

    def mend(self, loc: Loc, kind: str) -> bool:
        """Take out or replace what pydantic's error of this kind at `loc` is about; False when it cannot."""
        if not loc:
            return False
        if loc[-1] == "[key]":
            return self._leave_out(loc[:-1])
        if kind == "extra_forbidden":
            return self._pop(loc)
        if loc[0] == "calendars" and "week" in loc:
            return self._leave_out(loc[:2])
        return self._replace(loc)

    def _replace(self, loc: Loc) -> bool:
        """A stand-in at `loc`, else around it."""
        if not loc:
            return False
        holder, around, last = self._at(loc[:-1]), type_at(Rulebook, loc[:-1]), loc[-1]
        if isinstance(holder, list) and isinstance(last, int) and _is_model(_item_of(around)):
            holder[last] = {}
            self._mark(loc)
            return True
        if isinstance(holder, list) and isinstance(last, int) and _item_of(around) is Paused:
            holder[last] = TimerKind.OUTCOME.value  # may be paused: no check objects to it
            return True
        if isinstance(holder, dict) and _is_model(around):
            return self._replace_field(holder, around, loc)
        if isinstance(holder, dict) and get_origin(around) is dict:
            if _item_of(around) is FieldMapping:
                holder[last] = {"from": ["-"]}
                return True
            return self._leave_out(loc)
        return self._replace(loc[:-1])

    def _replace_field(self, holder: dict[Any, Any], model: Any, loc: Loc) -> bool:
        name = str(loc[-1])
        field = _field(model, name)
        if field is None:
            return False
        self._mark(loc)
        made = self._made(name, field, loc)
        if made is not None:
            holder[name] = made
        elif field.is_required():
            return self._replace(loc[:-1])
        else:
            holder.pop(name, None)
        if loc[0] == "forms" and name == "fields":
            holder["required"] = []
        return True

    def _made(self, name: str, field: FieldInfo, loc: Loc) -> Any:
        """A value no check objects to; None where a default will do, or nothing does."""
        if name == "lines" and "sales" in loc:
            return None
        if name == "lines":
            return dict.fromkeys(self._lines(), "-") if len(loc) == 1 else [UNREAD]
        if name == "reps" and loc[:2] == ("routing", "pools"):
            return [UNREAD]
        if name == "required":
            return []
        if name in self._unique and (name != "email" or loc[0] == "roster"):
            return self._unique[name]()
        if name in _FIXED:
            return _FIXED[name]
        if not field.is_required():
            return None
        kind = type_at(Rulebook, loc)
        if name == "from":
            return ["-"]
        if _is_model(kind):
            return {}
        empty: dict[Any, Any] = {str: "-", int: 0, float: 0.0, dict: {}, list: []}
        return empty.get(get_origin(kind) or kind)

    def _lines(self) -> list[str]:
        """The lines that the rest speaks of."""
        routing = self._value.get("routing")
        plans = routing.get("plans") if isinstance(routing, dict) else None
        scorecards = self._value.get("scorecards")
        found = [*(scorecards or {}), *(plans if isinstance(plans, dict) else {})]
        return found or ["main"]

    def _leave_out(self, loc: Loc) -> bool:
        self.left_out.add(str(loc[-1]))
        self._mark(loc)
        return self._pop(loc)

    def _pop(self, loc: Loc) -> bool:
        holder = self._at(loc[:-1])
        return isinstance(holder, dict) and holder.pop(loc[-1], loc) is not loc

    def _mark(self, loc: Loc) -> None:
        for place, names in _COLLECTIONS.items():
            if loc[: len(place)] == place:
                self.left_out |= {f"some {name}" for name in names}
            if loc == place:
                self.left_out |= {f"all {name}" for name in names}

    def _at(self, loc: Loc) -> Any:
        found: Any = self._value
        for part in loc:
            if isinstance(found, dict):
                found = found.get(part)
            elif isinstance(found, list) and isinstance(part, int) and part < len(found):
                found = found[part]
            else:
                return None
        return found


def _field(model: type[BaseModel], name: str) -> FieldInfo | None:
    for known, field in model.model_fields.items():
        if name in (known, field.alias):
            return field
    return None


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _item_of(kind: Any) -> Any:
    args = get_args(kind)
    return args[-1] if args else None
