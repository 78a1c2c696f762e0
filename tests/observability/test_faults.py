"""Ten faults planted in a real run: each raises its own alert, and nobody is woken for anything else."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from baton_dev.faults.__main__ import SPEED
from baton_dev.faults.drill import Told, drill
from baton_dev.faults.site import Site
from baton_dev.faults.table import FAULTS
from baton_dev.observability.pace import Pace
from baton_dev.observability.servers import RULES

NAMES = [fault.name for fault in FAULTS]
HELD_BACK = {
    "stalled-consumer": {"BatonNotReady"},
    "full-spool": {"BatonKafkaAway", "BatonNotReady", "BatonLeadsRefused"},
    "postgres-away": {"BatonNotReady"},
}
"""What Alertmanager held in a fault and told nobody, by the inhibition of its cause."""


@cache
def severities() -> dict[str, set[str]]:
    """Of each alert; one may be a page in the worse of two cases."""
    files = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in RULES.glob("*.yml")]
    groups: list[dict[str, Any]] = [group for file in files for group in file["groups"]]
    rules = [rule for group in groups for rule in group["rules"]]
    found: dict[str, set[str]] = {}
    for rule in rules:
        if "alert" in rule:
            found.setdefault(rule["alert"], set()).add(rule["labels"]["severity"])
    return found


def test_the_ten_faults_name_alerts_there_are_with_their_severity() -> None:
    assert len(set(NAMES)) == len({fault.alert for fault in FAULTS}) == len(FAULTS) == 10
    for fault in FAULTS:
        assert fault.severity in severities()[fault.alert]
        assert [name for name in fault.tickets if severities()[name] != {"ticket"}] == []


@pytest.mark.stack
class TestPlanted:
    @pytest.fixture(scope="class")
    @staticmethod
    def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Told]]:
        """All ten, in order; whatever each led to."""
        site = Site(tmp_path_factory.mktemp("faults"), Pace(SPEED))
        with site.running():
            yield {each.fault.name: each for each in drill(site, FAULTS, lambda _: None)}

    @pytest.mark.parametrize("name", NAMES)
    def test_a_fault_raises_its_own_alert_and_wakes_for_nothing_else(
        self, told: dict[str, Told], name: str
    ) -> None:
        assert told[name].troubles == []
        assert told[name].fault.alert in told[name].seen.active[told[name].fault.severity]

    @pytest.mark.parametrize(("name", "alerts"), HELD_BACK.items(), ids=HELD_BACK)
    def test_what_comes_behind_a_cause_is_held_back_while_it_lasts(
        self, told: dict[str, Told], name: str, alerts: set[str]
    ) -> None:
        seen = told[name].seen
        assert alerts <= seen.suppressed
        assert not alerts & (seen.woken | seen.stayed)
