"""`baton status --json` is complete, and its exit code says whether something is wrong."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from baton_cli.client import open_client
from baton_cli.status.metrics import Reading, read_metrics, stalled
from baton_cli.status.survey import Survey
from tests.unit.cli.conftest import TOKEN, Run, Services

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
    forms = {"demo": {"name": "Demo", "status": "active", "key": "demo-key-1", "lines": ["main"]}}
    services.answer("GET /v1/rulebooks/active", {"version": 3, "rulebook": {"forms": forms}})
    services.answer("GET /v1/quarantine", {"quarantine": []})
    services.answer("GET /v1/alerts", {"alerts": []})
    services.answer("GET /v1/held", {"held": [{"id": "1", "hold_reason": "nobody_open"}]})
    services.answer("GET /v1/dead-letters", {"dead_letters": [], "stopped": []})
    services.answer("GET /v1/agreement/waiting", {"objections": 0, "months": []})
    services.answer(
        "GET /v1/conservation", {"hops": [HOP | {"repeats": 0, "dead_letters": 0, "unaccounted": 0}]}
    )
    return services


def test_leads_that_nobody_may_take_are_something_to_look_at(baton: Run, well: Services) -> None:
    waiting = [{"id": str(at), "hold_reason": why} for at, why in enumerate(("nobody_open", "pool_empty"))]
    well.answer("GET /v1/held", {"held": waiting})
    done = baton("status")
    assert done.exit_code == 0, done.output
    assert "1 lead waits that nobody of the pool may take: `baton held` lists them" in done.stdout


UNOWNED = """\
# TYPE baton_unowned_breaches_total counter
baton_unowned_breaches_total {breaches}.0
# TYPE baton_unowned_absences_total counter
baton_unowned_absences_total 0.0
# TYPE baton_unowned_holds_total counter
baton_unowned_holds_total 2.0
"""


def test_what_nobody_was_told_of_is_something_to_look_at(baton: Run, well: Services) -> None:
    well.answer("GET /metrics", metrics() + UNOWNED.format(breaches=1))
    done = baton("status", "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["problems"]) == (0, [])
    assert told["unowned"] == {"breaches": 1, "absences": 0, "holds": 2}
    assert told["notes"] == [
        "nobody is named to hear of 1 broken promise and of 2 leads that wait for nobody, since the router "
        "started: `baton rep team TEAM --lead REP` names who leads a team."
    ]


def test_objections_and_months_that_wait_are_something_to_look_at_and_no_fault(
    baton: Run, well: Services
) -> None:
    months = [
        {"period": "2026-09", "sides": ["sales"]},
        {"period": "2026-10", "sides": ["marketing", "sales"]},
    ]
    well.answer("GET /v1/agreement/waiting", {"objections": 2, "months": months})
    done = baton("status", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["notes"] == [
        "2 objections wait for a decision: `baton agreement objections --open` shows what to decide.",
        "2 months wait for signatures (2026-09: sales; 2026-10: marketing, sales): "
        "`baton report close --month 2026-09 --side sales --name NAME` gives the next one.",
    ]
    read = " ".join(baton("status").stdout.split())
    assert "open objections 2" in read
    assert "months to sign 2026-09, 2026-10" in read


def test_an_sla_monitor_that_does_not_tell_what_waits_is_no_fault(baton: Run, well: Services) -> None:
    del well.answers["GET /v1/agreement/waiting"]
    done = baton("status", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["agreement"], told["problems"], told["notes"]) == (None, [], [])


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
    assert told["notes"] == []
    assert told["quarantine"] == {"total": 0, "by_reason": {}, "is_more": False}
    assert told["forms"] == {"demo": {"name": "Demo", "status": "active", "key": "demo-key-1"}}
    assert told["versions"]["services"]["scoring"] == "0.1.0"
    assert told["lag"]["scoring"]["by_consumer"] == {"scoring": {"lead-submitted": 0}}
    assert told["spool"] == {"written": 7, "pending": 2, "refused": 0}
    assert told["held"] == {"total": 1, "by_reason": {"nobody_open": 1}}
    assert told["dead_letters"]["total"] == 0
    assert told["conservation"]["unaccounted"] == 0


def test_a_person_reads_the_same_in_plain_text(baton: Run, well: Services) -> None:
    done = baton("status")
    assert done.exit_code == 0
    for said in ("sla-monitor", "demo-key-1", "intake-scoring", "1 (1 nobody open)", "All is well."):
        assert said in done.stdout
    assert "\x1b" not in done.stdout


def test_a_person_reads_where_the_tokens_are_and_no_secret(
    baton: Run, well: Services, stack_file: Path
) -> None:
    content = json.loads(stack_file.read_text())
    dsn = {
        "scoring": "postgresql://baton:hush@127.0.0.1:5432/baton_scoring",
        "router": "host=127.0.0.1 password=hush dbname=router",
        "sla_monitor": "postgresql:///x?host=/tmp&password=hush",
    }
    stack_file.write_text(json.dumps(content | {"dsn": dsn}))
    read = baton("status").stdout
    assert TOKEN not in read
    assert f"The operator's token and those of 1 rep: {stack_file}" in read
    told = baton("status", "--json")
    assert "hush" not in told.stdout
    assert json.loads(told.stdout)["addresses"]["dsn"] == {
        "scoring": "postgresql://baton@127.0.0.1:5432/baton_scoring",
        "router": "host=127.0.0.1 dbname=router",
        "sla_monitor": "postgresql:///x?host=/tmp&",
    }
    assert json.loads(told.stdout)["credentials"]["operator_token"] == TOKEN


def test_a_form_published_since_the_start_is_told(baton: Run, well: Services, stack_file: Path) -> None:
    assert "webinar" not in stack_file.read_text()
    forms = {"webinar": {"name": "Webinar", "key": "webinar-key"}}
    well.answer("GET /v1/rulebooks/active", {"version": 4, "rulebook": {"forms": forms}})
    assert list(json.loads(baton("status", "--json").stdout)["forms"]) == ["webinar"]
    assert "webinar-key" in baton("status").stdout


def test_what_waits_in_quarantine_is_something_to_look_at_and_no_fault(baton: Run, well: Services) -> None:
    waiting = [{"reason": "mapping_error"}, {"reason": "honeypot"}, {"reason": "mapping_error"}]
    well.answer("GET /v1/quarantine", {"quarantine": waiting})
    done = baton("status", "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["quarantine"]["by_reason"] == {"mapping_error": 2, "honeypot": 1}
    said = (
        "3 submissions wait in quarantine (2 mapping error, 1 honeypot): `baton quarantine list` shows them."
    )
    assert (told["problems"], told["notes"]) == ([], [said])
    read = baton("status").stdout
    assert "All is well." not in read
    assert f"Nothing is wrong. To look at:\n  {said}" in read
    well.answer("GET /readyz", {"ready": False, "reasons": {"kafka": "away"}}, status=503)
    failed = baton("status")
    assert failed.exit_code == 1
    assert said in failed.stdout


def test_an_open_alert_about_a_form_is_something_to_look_at(baton: Run, well: Services) -> None:
    subject = "[Baton] email seems to have been renamed to correo on form demo"
    alert = {"alert": "field_renamed", "form": "demo", "subject": subject}
    well.answer("GET /v1/alerts", {"alerts": [alert]})
    told = json.loads(baton("status", "--json").stdout)
    assert (told["ok"], told["alerts"]) == (True, [alert])
    assert told["notes"] == [
        "email seems to have been renamed to correo on form demo: `baton form health demo` tells more."
    ]


def test_leads_that_a_vendor_does_not_hand_out_are_something_wrong(baton: Run, well: Services) -> None:
    subject = "[Baton] leads cannot be fetched from meta on form meta-leads"
    well.answer(
        "GET /v1/alerts", {"alerts": [{"alert": "fetch_failed", "form": "meta-leads", "subject": subject}]}
    )
    done = baton("status", "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["notes"]) == (1, [])
    assert told["problems"] == [
        "leads cannot be fetched from meta on form meta-leads: `baton form health meta-leads` tells more."
    ]


def test_a_quarantine_without_end_is_counted_so_far(baton: Run, well: Services) -> None:
    well.answer("GET /v1/quarantine", {"quarantine": [{"reason": "honeypot"}], "next": "more"})
    told = json.loads(baton("status", "--json").stdout)
    assert told["quarantine"] == {"total": 10, "by_reason": {"honeypot": 10}, "is_more": True}
    assert told["notes"][0].startswith("at least 10 submissions wait")


def test_the_whole_status_fits_80_characters(baton: Run, well: Services, stack_file: Path) -> None:
    content = {**json.loads(stack_file.read_text()), "dsn": {}}
    stack_file.write_text(json.dumps(content))
    effects = {"opened": 1_200, "joined": 30, "added_to_lead": 1_000, "merged": 4, "quarantined": 12_000}
    long = {
        "hop": "router-sla-monitor",
        "topic": "lead-contact-recorded",
        "read": 14_234,
        "effects": effects,
        "repeats": 10_000,
        "dead_letters": 3,
        "unaccounted": 0,
    }
    well.answer("GET /v1/conservation", {"hops": [long]})
    lines = baton("status").stdout.splitlines()
    assert max(len(line) for line in lines if str(stack_file) not in line) <= 80
    table = " ".join(" ".join(lines).split())
    assert "1200 opened, 30 joined," in table
    assert "added_to_lead" not in table, "names are told in words"


SENTENCE = "form demo: the secret 'hook' has no value: set BATON_SECRET_HOOK. Until then posts wait."


def served(**more: Any) -> dict[str, Any]:
    form = {"form": "demo", "name": "Demo", "signature": "meta", "lacks": [], "unproven": None} | more
    return {"forms": [form]}


def test_a_form_whose_secret_is_missing_is_a_fault_until_it_is_there(baton: Run, well: Services) -> None:
    well.answer("GET /v1/forms", served(lacks=[{"use": "signature", "detail": SENTENCE}]))
    done = baton("status")
    assert done.exit_code == 1
    assert f"Something is wrong:\n  {SENTENCE}" in done.stdout
    well.answer("GET /v1/forms", served())
    assert baton("status").exit_code == 0


def test_a_form_whose_posts_prove_nothing_is_something_to_look_at(baton: Run, well: Services) -> None:
    refused = {"posts": 3, "since": "2026-11-26T10:00:00Z", "proof": "wrong"}
    well.answer("GET /v1/forms", served(unproven=refused))
    done = baton("status", "--json")
    assert done.exit_code == 0
    assert "form demo: its last 3 posts were refused" in json.loads(done.stdout)["notes"][0]
    well.answer("GET /v1/forms", served(unproven=refused | {"posts": 2}))
    assert json.loads(baton("status", "--json").stdout)["notes"] == []


RULEBOOKS = """\
# TYPE baton_rulebook_version gauge
baton_rulebook_version {newest}.0
# TYPE baton_rulebooks_refused_total counter
baton_rulebooks_refused_total {refused}.0
"""


def test_a_rulebook_that_was_refused_is_something_to_look_at(baton: Run, well: Services) -> None:
    well.answer("GET /metrics", metrics() + RULEBOOKS.format(newest=3, refused=2))
    done = baton("status")
    assert done.exit_code == 0
    assert "All is well." not in done.stdout
    told = json.loads(baton("status", "--json").stdout)
    assert told["rulebooks"]["sla_monitor"] == {"newest": 3, "refused": 2}
    assert told["notes"] == [
        "services could not use a version of the rulebook since they started (intake 2, scoring 2, router 2, "
        "sla-monitor 2) and go by the one before until another comes: "
        "docs/operations/runbooks/BatonRulebookRefused.md."
    ]


def test_a_service_that_refused_the_rulebook_in_force_is_a_fault(baton: Run, well: Services) -> None:
    well.answer("GET /metrics", metrics() + RULEBOOKS.format(newest=2, refused=1))
    done = baton("status", "--json")
    assert done.exit_code == 1
    said = "router has version 2 of the rulebook and refused version 3, which is in force"
    assert any(said in problem for problem in json.loads(done.stdout)["problems"])
    well.answer("GET /metrics", metrics() + RULEBOOKS.format(newest=2, refused=0))
    assert baton("status").exit_code == 0


def on_their_way(*minutes: int) -> dict[str, Any]:
    since = [datetime.now(UTC) - timedelta(minutes=each) for each in minutes]
    return {"deliveries": [{"channel": "email", "created_at": each.isoformat()} for each in since]}


@pytest.mark.parametrize(
    ("minutes", "exit_code", "where", "why"),
    [
        ((0, 0), 0, None, "a receiver may take its time"),
        ((0, 9), 0, "notes", "slower than usual is to be looked at"),
        ((0, 3, 31), 1, "problems", "the oldest counts, though the newest stands first"),
        ((), 0, None, "nothing waits"),
    ],
)
def test_messages_that_wait_for_long_are_a_fault(
    minutes: tuple[int, ...], exit_code: int, where: str | None, why: str, baton: Run, well: Services
) -> None:
    well.answer("GET /v1/deliveries", on_their_way(*minutes))
    done = baton("status", "--json")
    told = json.loads(done.stdout)
    said = (
        f"router: {len(minutes)} messages ({len(minutes)} email) have not arrived, the oldest for "
        f"{max(minutes, default=0)} min: GET /v1/deliveries?state=pending there tells why."
    )
    assert done.exit_code == exit_code, why
    assert [each for each in ("notes", "problems") if said in told[each]] == ([where] if where else []), why
    assert told["messages"]["router"]["total"] == len(minutes)
    assert ("GET /v1/deliveries", "state=pending&limit=1000") in well.asked
    assert f"messages router {len(minutes)}" in " ".join(baton("status").stdout.split())


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
