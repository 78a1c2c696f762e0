"""`baton status --json` is complete, and its exit code says whether something is wrong."""

import json
from typing import Any

import pytest

from baton_cli.client import open_client
from baton_cli.status.metrics import Reading, read_metrics, stalled
from baton_cli.status.survey import Survey
from tests.unit.cli.conftest import Run, Services

METRICS = """\
# HELP baton_consumer_lag_records End offset less position of partitions read here.
# TYPE baton_consumer_lag_records gauge
baton_consumer_lag_records{{consumer="scoring",partition="0",topic="lead-submitted"}} {lag}.0
baton_consumer_lag_records{{consumer="scoring",partition="1",topic="lead-submitted"}} 0.0
# HELP baton_records_read_total Records read and settled.
# TYPE baton_records_read_total counter
baton_records_read_total{{consumer="scoring",topic="lead-submitted"}} {read}.0
# HELP baton_intake_spool_records Records of the spool by state; written is the sum of the rest.
# TYPE baton_intake_spool_records gauge
baton_intake_spool_records{{state="written"}} 7.0
baton_intake_spool_records{{state="pending"}} 2.0
baton_intake_spool_records{{state="refused"}} {refused}.0
# HELP baton_build_info Service and version that runs here.
# TYPE baton_build_info gauge
baton_build_info{{service="scoring",version="0.1.0"}} 1.0
"""
HOP = {"hop": "intake-scoring", "topic": "lead-submitted", "read": 5, "effects": {"opened": 5}}
LETTER = {"topic": "lead-submitted-scoring-dlq", "partition": 0, "offset": 3, "reason": "undecodable"}


def metrics(lag: int = 0, read: int = 5, refused: int = 0) -> str:
    return METRICS.format(lag=lag, read=read, refused=refused)


@pytest.fixture
def well(services: Services) -> Services:
    """Everything answers, and nothing is wrong."""
    services.answer("GET /readyz", {"ready": True, "reasons": {}})
    services.answer("GET /metrics", metrics())
    services.answer("GET /v1/rulebooks/active", {"version": 3})
    services.answer("GET /v1/held", {"held": [{"id": "1", "hold_reason": "nobody_open"}]})
    services.answer("GET /v1/dead-letters", {"dead_letters": [], "stopped": []})
    services.answer(
        "GET /v1/conservation", {"hops": [HOP | {"repeats": 0, "dead_letters": 0, "unaccounted": 0}]}
    )
    return services


def test_a_healthy_stack_is_told_whole_and_exits_0(baton: Run, well: Services) -> None:
    done = baton("status", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["ok"] is True
    assert told["problems"] == []
    assert told["addresses"]["scoring"] == well.url
    assert told["credentials"]["reps"]["ana"]["name"] == "Ana"
    assert told["credentials"]["operator_token"]
    assert told["versions"]["rulebook"] == 3
    assert told["versions"]["services"]["scoring"] == "0.1.0"
    assert told["lag"]["scoring"]["by_consumer"] == {"scoring": {"lead-submitted": 0}}
    assert told["spool"] == {"written": 7, "pending": 2, "refused": 0}
    assert told["held"] == {"total": 1, "by_reason": {"nobody_open": 1}}
    assert told["dead_letters"]["total"] == 0
    assert told["conservation"]["unaccounted"] == 0


def test_a_person_reads_the_same_in_plain_text(baton: Run, well: Services) -> None:
    done = baton("status")
    assert done.exit_code == 0
    for said in ("sla-monitor", "operator-token", "intake-scoring", "1 (1 nobody_open)", "All is well."):
        assert said in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("request_line", "answer", "said"),
    [
        (
            "GET /v1/conservation",
            {"hops": [HOP | {"unaccounted": 1}]},
            "intake-scoring: 1 records unaccounted",
        ),
        ("GET /v1/dead-letters", {"dead_letters": [LETTER], "stopped": []}, "3 dead letters wait"),
        ("GET /metrics", metrics(refused=2), "2 spooled records were refused by Kafka"),
    ],
    ids=["a lead is missing", "dead letters wait", "Kafka refused records"],
)
def test_a_figure_that_is_wrong_exits_1(
    request_line: str, answer: Any, said: str, baton: Run, well: Services
) -> None:
    well.answer(request_line, answer)
    done = baton("status", "--json")
    assert done.exit_code == 1
    assert any(said in problem for problem in json.loads(done.stdout)["problems"])


def test_a_dead_letter_that_was_sent_back_is_no_problem(baton: Run, well: Services) -> None:
    letter = LETTER | {"replayed_at": "2026-11-26T10:00:00Z"}
    well.answer("GET /v1/dead-letters", {"dead_letters": [letter], "stopped": []})
    assert baton("status", "--json").exit_code == 0


def test_a_service_that_is_not_ready_says_why(baton: Run, well: Services) -> None:
    well.answer(
        "GET /readyz", {"ready": False, "reasons": {"kafka": "not connected to Kafka yet"}}, status=503
    )
    done = baton("status")
    assert done.exit_code == 1
    assert "router is not ready (kafka: not connected to Kafka yet)." in done.stdout


def test_a_service_that_is_away_is_named_and_the_rest_told(
    baton: Run, well: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_ROUTER_URL", "http://127.0.0.1:1")
    done = baton("status", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["services"]["router"]["answers"] is False
    assert told["held"] is None
    assert told["services"]["scoring"]["ready"] is True
    assert "router does not answer at http://127.0.0.1:1" in told["problems"][0]


def survey(well: Services, later: str) -> list[str]:
    with open_client(None) as client:
        found = Survey(client, pause=lambda _: well.answer("GET /metrics", later))
        found.take()
    return found.problems


@pytest.mark.usefixtures("baton")
def test_a_consumer_that_is_behind_and_reads_nothing_stands_still(
    well: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("INTAKE", "SCORING", "ROUTER", "SLA_MONITOR"):
        monkeypatch.setenv(f"BATON_{name}_URL", well.url)
    monkeypatch.setenv("BATON_OPERATOR_TOKEN", "operator-token")
    well.answer("GET /metrics", metrics(lag=9, read=5))
    assert "scoring: consumer scoring stands still, 9 records behind." in survey(well, metrics(lag=9, read=5))
    well.answer("GET /metrics", metrics(lag=9, read=5))
    assert survey(well, metrics(lag=2, read=12)) == []


def test_metrics_are_summed_over_partitions() -> None:
    reading = read_metrics(metrics(lag=4))
    assert reading.lag == {"scoring": {"lead-submitted": 4}}
    assert reading.behind() == {"scoring": 4}
    assert reading.version == "0.1.0"
    assert stalled(reading, Reading()) == []


def test_without_any_address_it_says_where_to_write_one(
    baton: Run, stack_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_file.write_text("{}")
    done = baton("status")
    assert done.exit_code == 2
    assert "start a stack with `make run`" in done.stderr
    stack_file.unlink()
    done = baton("status")
    assert done.exit_code == 2
    assert "There is no" in done.stderr
