"""Rules and routes at another pace: their order and their meaning stay."""

from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from baton_dev.observability.pace import REAL, Pace, seconds_of
from baton_dev.observability.servers import ALERTMANAGER, RULES

FAST = Pace(20)


def rules(folder: Path) -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


@pytest.mark.parametrize(
    ("written", "seconds", "why"),
    [
        ("15s", 0.75, "a twentieth"),
        ("5m", 15.0, "up to five minutes a twentieth"),
        ("10m", 18.75, "what goes beyond passes four times as fast"),
        ("1h", 56.25, "the same"),
        ("1h30m", 78.75, "two units of one duration"),
    ],
)
def test_a_duration_is_shortened(written: str, seconds: float, why: str) -> None:
    assert seconds_of(FAST.duration(written)) == pytest.approx(seconds), why


def test_what_is_longer_stays_longer() -> None:
    written = ["1s", "15s", "1m", "5m", "301s", "10m", "1h", "6h", "3d", "30d"]
    shortened = [seconds_of(FAST.duration(each)) for each in written]
    assert shortened == sorted(set(shortened))


@pytest.mark.parametrize(
    ("promql", "shortened", "why"),
    [
        ("sum(rate(a[5m])) > 0.5", "sum(rate(a[15000ms])) > 0.5", "a range, and no threshold"),
        ("a offset 1h", "a offset 56250ms", "an offset"),
        (
            "max(predict_linear(a[30m], 14400)) > 1",
            "max(predict_linear(a[33750ms], 191.25)) > 1",
            "how far ahead it looks",
        ),
        ("a > 600 and b:c:rate5m > 2", "a > 600 and b:c:rate5m > 2", "thresholds in seconds, and names"),
    ],
)
def test_an_expression_is_shortened_where_it_says_how_long(promql: str, shortened: str, why: str) -> None:
    assert FAST.expression(promql) == shortened, why


def test_every_rule_is_an_expression_still_and_nothing_else_of_it_changes(tmp_path: Path) -> None:
    fast = rules(FAST.copy_rules(RULES, tmp_path / "rules"))
    for before, after in zip(rules(RULES), fast, strict=True):
        promql_parser.parse(after["expr"])
        timed = {"expr", "for", "keep_firing_for"}
        assert {k: v for k, v in before.items() if k not in timed} == {
            k: v for k, v in after.items() if k not in timed
        }
        assert ("[" in before["expr"] or "for" in before) == (before != after)


def test_waits_of_routes_are_shortened_and_who_hears_of_what_is_not() -> None:
    before = yaml.safe_load(ALERTMANAGER.read_text(encoding="utf-8"))
    after = FAST.routes(before)
    assert after["route"]["routes"][0]["group_wait"] == "750ms"
    assert after["receivers"] == before["receivers"]
    assert after["inhibit_rules"] == before["inhibit_rules"]


def test_at_speed_one_the_very_files_are_used(tmp_path: Path) -> None:
    assert REAL.copy_rules(RULES, tmp_path) == RULES
    before = yaml.safe_load(ALERTMANAGER.read_text(encoding="utf-8"))
    assert REAL.routes(before) == before


@pytest.mark.parametrize("written", ["", "5", "m", "five minutes", "1h-5m"])
def test_what_is_no_duration_is_told_what_to_write(written: str) -> None:
    with pytest.raises(ValueError, match=r"write 15s, 5m, 1h or 1h30m"):
        seconds_of(written)


def test_a_speed_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="write 1 for the real thing"):
        Pace(0.5)
