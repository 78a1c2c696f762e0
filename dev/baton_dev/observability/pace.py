"""Rules and routes whose durations are shortened, so that a drill need not wait for hours.

One factor, `speed`, and one exception that keeps the order of things: up to FAITHFUL a duration is divided
by `speed`, what goes beyond it by BEYOND times as much. So at speed 20 five minutes pass in 15 seconds, ten
in 19, half an hour in 34 and an hour in 56. It divides ranges and offsets of expressions, how far ahead
they look, `for` and `keep_firing_for`, and Alertmanager's waits and repeats. Thresholds stay, those in
seconds too: what is compared with them is measured by the services, whose clocks go as ever.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

FAITHFUL = timedelta(minutes=5)
BEYOND = 4
"""More leaves no time for what is not shortened: clients that connect anew while a cause is still told."""
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_DURATION = re.compile(r"(\d+)(ms|[smhdwy])")
_WRITTEN = r"(?:\d+(?:ms|[smhdwy]))+"
_RANGE = re.compile(rf"\[({_WRITTEN})\]")
_OFFSET = re.compile(rf"\boffset ({_WRITTEN})")
_AHEAD = re.compile(r"(predict_linear\([^()]*,\s*)(\d+)(\s*\))")
_OF_RULES = ("for", "keep_firing_for")
_OF_ROUTES = ("group_wait", "group_interval", "repeat_interval", "resolve_timeout")


def seconds_of(written: str) -> float:
    """Seconds of a duration as Prometheus writes it, such as 1h30m. Raises ValueError for anything else."""
    if not re.fullmatch(_WRITTEN, written):
        raise ValueError(f"{written!r} is no duration: write 15s, 5m, 1h or 1h30m")
    return sum(int(number) * _UNITS[unit] for number, unit in _DURATION.findall(written))


@dataclass(frozen=True)
class Pace:
    """How fast the durations of rules and routes pass; `speed` 1 is as they are written."""

    speed: float = 1.0

    def __post_init__(self) -> None:
        if self.speed < 1:
            raise ValueError(f"speed {self.speed:g}: write 1 for the real thing, or more to shorten it")

    def seconds(self, seconds: float) -> float:
        """So long a duration of so many seconds lasts here."""
        near = min(seconds, FAITHFUL.total_seconds())
        beyond = (seconds - near) / (BEYOND if self.speed > 1 else 1)
        return (near + beyond) / self.speed

    def duration(self, written: str) -> str:
        """The same for a duration as Prometheus writes it; at speed 1 it stays as it is."""
        if self.speed == 1:
            return written
        return f"{max(1, round(self.seconds(seconds_of(written)) * 1000))}ms"

    def expression(self, promql: str) -> str:
        """An expression with its ranges, offsets and looks ahead shortened."""
        if self.speed == 1:
            return promql
        short = _RANGE.sub(lambda found: f"[{self.duration(found[1])}]", promql)
        short = _OFFSET.sub(lambda found: f"offset {self.duration(found[1])}", short)
        return _AHEAD.sub(lambda found: f"{found[1]}{self.seconds(int(found[2])):g}{found[3]}", short)

    def rules(self, document: dict[str, Any]) -> dict[str, Any]:
        """A file of rules, shortened; names, thresholds, labels and words stay."""
        groups = [
            group | {"rules": [self._rule(rule) for rule in group["rules"]]} for group in document["groups"]
        ]
        return document | {"groups": groups}

    def routes(self, document: dict[str, Any]) -> dict[str, Any]:
        """Alertmanager's configuration, shortened."""
        changed = _with(document, _OF_ROUTES, self.duration)
        assert isinstance(changed, dict)  # noqa: S101 - as it came
        return changed

    def copy_rules(self, source: Path, target: Path) -> Path:
        """Write the files of a folder there, shortened; at speed 1 the folder itself is returned."""
        if self.speed == 1:
            return source
        target.mkdir(parents=True, exist_ok=True)
        for file in sorted(source.glob("*.yml")):
            document = self.rules(yaml.safe_load(file.read_text(encoding="utf-8")))
            (target / file.name).write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return target

    def _rule(self, rule: dict[str, Any]) -> dict[str, Any]:
        shortened = {name: self.duration(rule[name]) for name in _OF_RULES if name in rule}
        return rule | shortened | {"expr": self.expression(rule["expr"])}


REAL = Pace()


def _with(value: Any, names: tuple[str, ...], change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {
            name: change(inner) if name in names else _with(inner, names, change)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_with(each, names, change) for each in value]
    return value
