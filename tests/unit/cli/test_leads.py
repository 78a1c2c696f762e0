"""A lead by its id, the beginning of it, or an e-mail; and what `baton` tells of it."""

import json
from typing import Any

import pytest

from tests.unit.cli.conftest import Run, Services

LEAD = "3f2a1b00-0000-4000-8000-000000000001"
TWIN = "3f2a1b00-0000-4000-8000-000000000002"
OTHER = "9c000000-0000-4000-8000-000000000003"


def lead(identity: str = LEAD, **more: Any) -> dict[str, Any]:
    return {
        "lead_id": identity,
        "line": "main",
        "state": "open",
        "opened_at": "2026-11-26T10:00:00+00:00",
        "quadrant": "perfect",
        "stage": "sql",
        "fit": 80,
        "interest": 60,
        "profile": {"name": "Nerea Ibáñez", "email": "nerea@example.com", "company": "Conservas"},
        **more,
    }


def contribution(dimension: str, points: int, rule: str = "size") -> dict[str, Any]:
    return {"dimension": dimension, "points": points, "rule": rule, "reason": "50 people or more"}


ROUTED = {
    "id": LEAD,
    "state": "assigned",
    "line": "main",
    "quadrant": "perfect",
    "stage": "sql",
    "hold_reason": None,
    "next_try_at": None,
    "closed_at": None,
    "close_reason": None,
    "is_test": False,
    "assignments": [
        {
            "round": 1,
            "rep_id": "ana",
            "rep_name": "Ana",
            "assigned_at": "2026-11-26T10:00:01+00:00",
            "accept_by": "2026-11-26T10:15:01+00:00",
            "respond_by": None,
            "accepted_at": None,
            "contacted_at": None,
            "ended_at": None,
            "ended_by": None,
        }
    ],
    "acts": [
        {"at": "2026-11-26T10:01:00Z", "rep_id": "ana", "kind": "contacted", "content": {"channel": "phone"}}
    ],
    "timers": [],
}
CANDIDATE = {"rep": "ana", "standing": "chosen", "open": 3, "capacity": 20, "weight": 1, "credit": 0.5}
DECISION = {
    "at": "2026-11-26T10:00:01+00:00",
    "kind": "assigned",
    "why": "Ana of Spain: next in turn of 2 by weight; rule spain",
    "rule": "spain",
    "pool_id": "spain",
    "hold_reason": None,
    "next_try_at": None,
    "rulebook_version": 1,
    "rule_errors": [{"rule": "broken", "message": "no such key"}],
    "candidates": [CANDIDATE, CANDIDATE | {"rep": "ion", "standing": "outside_hours"}],
}
TIMER = {
    "lead_id": LEAD,
    "id": "t1",
    "kind": "first_response",
    "round": 1,
    "rep_id": "ana",
    "is_trial": False,
    "opened_at": "2026-11-26T10:00:01+00:00",
    "due_at": "2026-11-26T11:00:01+00:00",
    "state": "pending",
    "ended_by": None,
    "remaining_working_seconds": 1800.0,
}
SLA: dict[str, Any] = {
    "lead_id": LEAD,
    "line": "main",
    "quadrant": "perfect",
    "first_contact_at": None,
    "speed_to_lead_seconds": 0.25,
    "timers": [TIMER],
    "firings": [
        {
            "timer_id": "t1",
            "level": "warning:0.5",
            "outcome": "fired",
            "fired_at": "2026-11-26T10:30:01+00:00",
        }
    ],
    "attribution": {
        "from": "2026-11-26T10:00:00+00:00",
        "to": "2026-11-26T10:30:00+00:00",
        "parts": [{"part": "rep", "detail": "ana", "microseconds": 1_800_000_000}],
    },
}

CARD = {"fit": [], "interest": [], "fit_threshold": 50, "interest_threshold": 40}
SIGNAL = {
    "signal_id": OTHER,
    "kind": "page_view",
    "at": "2026-11-26T09:58:00Z",
    "received_at": "2026-11-26T09:58:00Z",
    "line": None,
    "url": "https://www.example.com/pricing",
    "form_id": "demo",
    "source": None,
    "attributes": {"seconds": 42},
}


@pytest.fixture
def known(services: Services) -> Services:
    """One lead that everybody has heard of."""
    services.answer("GET /v1/leads", {"leads": [lead()]})
    services.answer(f"GET /v1/leads/{LEAD}", lead(id=LEAD) | ROUTED)
    services.answer(f"GET /v1/leads/{LEAD}/decisions", {"lead_id": LEAD, "decisions": [DECISION]})
    services.answer(f"GET /v1/leads/{LEAD}/timers", SLA)
    score = {
        "fit": 80,
        "interest": 60,
        "quadrant": "perfect",
        "stage": "sql",
        "rulebook_version": 1,
        "at": "2026-11-26T10:00:00+00:00",
        "cause_kind": "explicit_ask",
        "contributions": [
            contribution("fit", 90),
            contribution("fit", -10, "(cut)"),
            contribution("interest", 60, "asks"),
        ],
    }
    services.answer(f"GET /v1/leads/{LEAD}/score", score)
    services.answer("GET /v1/rulebooks/1", {"version": 1, "rulebook": {"scorecards": {"main": CARD}}})
    services.answer(f"GET /v1/leads/{LEAD}/signals", {"signals": [SIGNAL]})
    return services


@pytest.mark.parametrize(
    ("named", "asked"),
    [
        (LEAD, None),
        (LEAD.upper(), None),
        ("3f2a", "id_prefix=3f2a"),
        ("3F2A1B00-00", "id_prefix=3f2a1b00-00"),
        ("Nerea@Example.com", "email=nerea%40example.com"),
    ],
)
def test_a_lead_goes_by_its_id_a_beginning_or_an_email(
    named: str, asked: str | None, baton: Run, known: Services
) -> None:
    done = baton("why", named, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["lead"]["id"] == LEAD
    searches = [query for request, query in known.asked if request == "GET /v1/leads"]
    assert searches == ([] if asked is None else [f"limit=200&{asked}"])


def test_a_beginning_that_two_leads_share_is_refused_with_both(baton: Run, known: Services) -> None:
    known.answer("GET /v1/leads", {"leads": [lead(), lead(TWIN)]})
    done = baton("why", "3f2a")
    assert done.exit_code == 2
    assert LEAD in done.stderr
    assert TWIN in done.stderr


def test_of_a_persons_leads_the_open_one_is_meant(baton: Run, known: Services) -> None:
    known.answer("GET /v1/leads", {"leads": [lead(TWIN, state="closed"), lead()]})
    assert baton("why", "nerea@example.com", "--json").exit_code == 0


@pytest.mark.parametrize(("named", "code"), [("nobody@example.com", 1), ("abcd", 1), ("x!", 2), ("3f", 2)])
def test_a_name_that_means_no_lead_says_what_to_write(
    named: str, code: int, baton: Run, known: Services
) -> None:
    known.answer("GET /v1/leads", {"leads": []})
    done = baton("why", named)
    assert done.exit_code == code
    assert "`baton leads` lists leads" in done.stderr


@pytest.mark.parametrize("command", ["why", "why-late", "explain", "sla"])
def test_a_submissions_id_for_a_lead_points_to_both(command: str, baton: Run, known: Services) -> None:
    known.answer(f"GET /v1/submissions/{OTHER}", {"submission_id": OTHER, "lead_ids": [LEAD]})
    done = baton(command, OTHER)
    assert done.exit_code == 1
    assert f"`baton submission {OTHER}` tells; its lead is {LEAD}." in done.stderr
    assert "baton submission" in baton(command, "9c00").stderr + baton(command, OTHER).stderr


def test_of_an_unknown_email_it_is_said_where_posts_wait_that_are_no_leads(
    baton: Run, known: Services
) -> None:
    known.answer("GET /v1/leads", {"leads": []})
    done = baton("why", "luz@example.com")
    assert done.exit_code == 1
    assert "`baton quarantine list`" in done.stderr


def test_an_unknown_whole_id_says_what_lists_leads(baton: Run, known: Services) -> None:
    done = baton("why", OTHER)
    assert done.exit_code == 1
    assert done.stderr == f"There is no lead {OTHER}; `baton leads` lists leads.\n"


def test_why_goes_by_a_whole_id_while_scoring_is_away(
    baton: Run, known: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_SCORING_URL", "http://127.0.0.1:1")
    assert baton("why", LEAD, "--json").exit_code == 0


def test_submission_says_when_the_id_is_a_leads_or_only_the_beginning(baton: Run, known: Services) -> None:
    done = baton("submission", LEAD)
    assert done.exit_code == 1
    assert f"it is a lead's id, which `baton why {LEAD}` tells" in done.stderr
    begun = baton("submission", "301")
    assert begun.exit_code == 2
    assert "at least its first four characters" in begun.stderr
    assert "is still on its way" in tell_unknown(baton, known)


def tell_unknown(baton: Run, services: Services) -> str:
    problem = {"title": "Unknown submission", "detail": "it was not accepted, or is still on its way"}
    services.answer(f"GET /v1/submissions/{OTHER}", problem, status=404)
    return baton("submission", OTHER).stderr


def test_credit_is_explained_and_every_time_says_utc(baton: Run, known: Services) -> None:
    ahead = CANDIDATE | {"rep": "ion", "credit": -0.4167}
    held = {"kind": "held", "next_try_at": "2026-11-27T08:00:00Z", "candidates": [CANDIDATE, ahead]}
    known.answer(f"GET /v1/leads/{LEAD}/decisions", {"decisions": [DECISION | held]})
    waiting = {"state": "held", "hold_reason": "nobody_open", "next_try_at": "2026-11-27T08:00:00Z"}
    known.answer(f"GET /v1/leads/{LEAD}", lead(id=LEAD) | ROUTED | waiting)
    done = baton("why", LEAD)
    assert "+0.50" in done.stdout
    assert "-0.42" in done.stdout
    assert "owed: leads its share still owes a rep (+) or has given ahead of it (-)" in done.stdout
    assert done.stdout.count("2026-11-27 08:00:00 UTC") == 2
    known.answer(f"GET /v1/leads/{LEAD}/timers", SLA | {"first_contact_at": "2026-11-26T10:20:00Z"})
    assert "2026-11-26 10:20:00 UTC" in baton("sla", LEAD).stdout


def test_columns_that_say_nothing_are_left_out(baton: Run, known: Services) -> None:
    assert "error" not in baton("explain", LEAD).stdout
    status, score = known.answers[f"GET /v1/leads/{LEAD}/score"]
    broken = contribution("interest", 0, "broken") | {"error": "no such key"}
    score["contributions"].append(broken)
    known.answer(f"GET /v1/leads/{LEAD}/score", score, status)
    told = baton("explain", LEAD).stdout
    assert "error" in told
    assert "no such key" in told
    rounds = baton("why", LEAD).stdout.partition("Rounds (UTC)")[2].splitlines()[1].split("  ")
    assert [name.strip() for name in rounds if name.strip()] == ["round", "rep", "assigned", "accept by"]


def test_why_tells_decisions_candidates_rounds_acts_and_timers(baton: Run, known: Services) -> None:
    done = baton("why", LEAD)
    assert done.exit_code == 0, done.output
    for said in (
        "Ana of Spain: next in turn of 2 by weight",
        "outside hours",
        "rule broken could not be evaluated: no such key",
        "channel phone",
        "first response",
        "Ana, round 1",
    ):
        assert said in done.stdout


def nurtured(services: Services, fit: int, interest: int, **more: Any) -> None:
    """The lead is not for sales, with this score."""
    found = lead(id=LEAD) | ROUTED | {"state": "nurturing", "stage": "mql", "assignments": []} | more
    services.answer(f"GET /v1/leads/{LEAD}", found)
    services.answer(f"GET /v1/leads/{LEAD}/decisions", {"decisions": []})
    _, score = services.answers[f"GET /v1/leads/{LEAD}/score"]
    services.answer(f"GET /v1/leads/{LEAD}/score", score | {"fit": fit, "interest": interest, "stage": "mql"})


@pytest.mark.parametrize(
    ("quadrants", "fit", "interest", "said"),
    [
        (["perfect", "warm"], 35, 10, "no SQL: fit 35, 50 needed."),
        (["perfect", "warm"], 35, 90, "no SQL: fit 35, 50 needed."),
        (["perfect"], 35, 10, "no SQL: fit 35, 50 needed and interest 10, 40 needed."),
        (["perfect"], 80, 10, "no SQL: interest 10, 40 needed."),
        (["perfect", "warm", "curious"], 0, 0, "no SQL: fit 0, 50 needed; or interest 0, 40 needed."),
        (["warm"], 35, 90, "Not for sales yet: no decision is made until it becomes an SQL."),
    ],
)
def test_why_says_what_an_mql_lacks_to_be_handed_to_a_rep(
    quadrants: list[str], fit: int, interest: int, said: str, baton: Run, known: Services
) -> None:
    nurtured(known, fit, interest)
    card = CARD | {"sql_quadrants": quadrants}
    known.answer("GET /v1/rulebooks/1", {"version": 1, "rulebook": {"scorecards": {"main": card}}})
    done = baton("why", LEAD)
    assert done.exit_code == 0, done.output
    assert said in done.stdout
    assert said in json.loads(baton("why", LEAD, "--json").stdout)["waits_for"]


def test_why_says_that_an_imported_sql_waits_for_its_person(baton: Run, known: Services) -> None:
    nurtured(known, 80, 60, stage="sql")
    assert "imported to be nurtured: it goes to a rep once its person asks" in baton("why", LEAD).stdout


def test_why_names_the_account_and_that_a_competitors_lead_is_for_no_rep(baton: Run, known: Services) -> None:
    account = {"crm_id": "A-1", "name": "Acme", "standing": "open_deal", "owner": "ana"}
    nurtured(known, 80, 60, account=account)
    assert "Acme (A-1): open deal, owner ana" in baton("why", LEAD).stdout
    nurtured(known, 80, 60, stage="sql", account={"crm_id": "A-2", "name": "Rival", "standing": "competitor"})
    told = baton("why", LEAD).stdout
    assert "Rival (A-2): competitor" in told
    assert "For no rep: its account is a competitor" in told


def test_why_and_explain_go_on_where_scoring_does_not_know_the_scorecard(baton: Run, known: Services) -> None:
    nurtured(known, 35, 10)
    del known.answers["GET /v1/rulebooks/1"], known.answers[f"GET /v1/leads/{LEAD}/signals"]
    done = baton("why", LEAD)
    assert (done.exit_code, "until it becomes an SQL" in done.stdout) == (0, True)
    assert "What it lacks is left out" in done.stderr
    assert "What its person did is left out" in baton("explain", LEAD).stderr


def test_explain_shows_what_its_person_did_and_from_where_a_score_is_high(
    baton: Run, known: Services
) -> None:
    told = baton("explain", LEAD).stdout
    for said in ("Fit 80, high from 50", "Interest 60, high from 40", "What its person did (UTC)"):
        assert said in told
    assert "2026-11-26 09:58:00  page view  https://www.example.com/pricing  seconds 42" in told
    assert json.loads(baton("explain", LEAD, "--json").stdout)["signals"] == [SIGNAL]
    known.answer(f"GET /v1/leads/{LEAD}/signals", {"signals": [SIGNAL], "next": "abc"})
    assert "Only the newest 1 are shown." in baton("explain", LEAD).stdout
    known.answer(f"GET /v1/leads/{LEAD}/signals", {"signals": []})
    assert "What its person did" not in baton("explain", LEAD).stdout


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        ({"state": "closed"}, "closed"),
        ({"state": "merged", "merged_into": "other"}, "merged into other"),
    ],
)
def test_explain_says_that_a_lead_is_open_no_more(
    ended: dict[str, str], said: str, baton: Run, known: Services
) -> None:
    known.answer(f"GET /v1/leads/{LEAD}", lead(id=LEAD) | ended)
    assert f"state             {said}" in baton("explain", LEAD).stdout


def test_why_goes_on_without_the_timers_of_a_monitor_that_is_away(
    baton: Run, known: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_SLA_MONITOR_URL", "http://127.0.0.1:1")
    done = baton("why", LEAD)
    assert done.exit_code == 0
    assert "Timers are left out: sla-monitor does not answer" in done.stderr


def test_promises_of_an_agreement_on_trial_are_told_from_those_that_bind(baton: Run, known: Services) -> None:
    tried = TIMER | {"id": "t2", "is_trial": True}
    said = [SLA["firings"][0], SLA["firings"][0] | {"timer_id": "t2"}]
    known.answer(f"GET /v1/leads/{LEAD}/timers", SLA | {"timers": [TIMER, tried], "firings": said})
    known.answer("GET /v1/timers", {"timers": [TIMER, tried], "next_cursor": None})
    assert baton("sla", LEAD).stdout.count("first response (on trial)") == 2
    assert baton("timers").stdout.count("first response (on trial)") == 1
    assert baton("why", LEAD).stdout.count("first response (on trial)") == 1


def test_explain_adds_up_to_the_score(baton: Run, known: Services) -> None:
    done = baton("explain", LEAD)
    assert done.exit_code == 0, done.output
    assert "+90" in done.stdout
    assert "-10" in done.stdout
    assert "=80" in done.stdout
    assert json.loads(baton("explain", LEAD, "--json").stdout)["adds_up"] is True


def test_explain_exits_1_when_it_does_not_add_up(baton: Run, known: Services) -> None:
    status, score = known.answers[f"GET /v1/leads/{LEAD}/score"]
    known.answer(f"GET /v1/leads/{LEAD}/score", score | {"fit": 79}, status)
    assert baton("explain", LEAD).exit_code == 1


def test_sla_tells_promises_firings_and_who_had_the_time(baton: Run, known: Services) -> None:
    done = baton("sla", LEAD)
    assert done.exit_code == 0, done.output
    for said in ("first response", "0:30:00", "0.250 s", "rep"):
        assert said in done.stdout


# a level as it is stored, what became of it, how it is told
FIRED = [
    ("warning:0.5", "fired", "first response  1      ana  warning, 50% of the time gone"),
    ("warning:0.8", "skipped_breached", "warning, 80% of the time gone, not said: broken already"),
    ("reminder:2", "fired", "reminder 2"),
    ("breach", "fired", "breach"),
    ("breach:2", "fired", "breach 2"),
    ("reminder:1:2", "skipped_reminded", "reminder 1 (of breach 2), not said: a later one was due"),
]


@pytest.mark.parametrize(("level", "outcome", "told"), FIRED)
def test_a_firing_tells_its_round_its_rep_and_what_was_said(
    baton: Run, known: Services, level: str, outcome: str, told: str
) -> None:
    fired = SLA["firings"][0] | {"level": level, "outcome": outcome}
    known.answer(f"GET /v1/leads/{LEAD}/timers", SLA | {"firings": [fired]})
    done = baton("sla", LEAD)
    assert done.stdout.partition("Warnings and breaches")[2].splitlines()[2].endswith(told)


def test_a_reason_for_holding_is_told_in_words_and_a_reps_id_as_it_is(baton: Run, known: Services) -> None:
    parts = [
        {"part": "held", "detail": "nobody_open", "microseconds": 60_000_000},
        {"part": "rep", "detail": "ana_b", "microseconds": 60_000_000},
    ]
    path = SLA["attribution"] | {"parts": parts}
    known.answer(f"GET /v1/leads/{LEAD}/timers", SLA | {"attribution": path})
    shown = baton("sla", LEAD).stdout
    assert "nobody open" in shown
    assert "ana_b" in shown
    known.answer("GET /v1/timers", {"timers": [TIMER], "next_cursor": None})
    assert LEAD in baton("timers").stdout
    assert json.loads(baton("timers", "--state", "kept", "--json").stdout)["timers"]


def test_timers_are_narrowed_as_typed(baton: Run, known: Services) -> None:
    known.answer("GET /v1/timers", {"timers": [], "next_cursor": None})
    done = baton(
        "timers", "--team", "iberia", "--rep", "ana", "--line", "main", "--kind", "accept", "--trial"
    )
    assert done.stdout == "No such timer is pending.\n"
    query = next(sent for asked, sent in known.asked if asked == "GET /v1/timers")
    for said in ("team=iberia", "rep=ana", "line=main", "kind=accept", "trial=true"):
        assert said in query


def test_sla_tells_why_and_until_when_a_promise_stands_still_and_how_its_due_time_moved(
    baton: Run, known: Services
) -> None:
    spans = [
        {"from": "2026-11-26T10:10:00Z", "until": "2026-11-26T10:20:00Z", "reason": "waits_for_buyer"},
        {"from": "2026-11-26T10:40:00Z", "until": None, "reason": "buyer_is_away"},
    ]
    paused = TIMER | {"state": "paused", "due_at": None, "pauses": spans}
    move = {
        "timer_id": "t1",
        "moved_at": "2026-11-26T10:40:02Z",
        "why": "paused",
        "due_before": "2026-11-26T11:10:01Z",
        "due_after": None,
    }
    known.answer(f"GET /v1/leads/{LEAD}/timers", SLA | {"timers": [paused], "moves": [move]})
    done = baton("sla", LEAD)
    assert done.exit_code == 0, done.output
    for said in ("waits for buyer", "10:20:00", "until resumed", "buyer is away", "11:10:01"):
        assert said in done.stdout


def test_why_late_tells_whose_every_minute_was_and_who_answers(baton: Run, known: Services) -> None:
    stretch = {
        "part": "held",
        "detail": "no_capacity",
        "side": "sales_team",
        "from": "2026-11-26T10:00:00+00:00",
        "to": "2026-11-26T10:15:00+00:00",
        "microseconds": 900_000_000,
    }
    sides = {"sales_team": 900_000_000, "rep": 0}
    breach = {
        "kind": "accept",
        "round": 1,
        "rep_id": "ana",
        "is_trial": False,
        "is_withdrawn": False,
        "target_seconds": 900.0,
        "opened_at": "2026-11-26T10:00:00+00:00",
        "due_at": "2026-11-26T10:15:00+00:00",
        "ended_by": "contacted",
        "ended_at": "2026-11-26T10:20:00Z",
        "own_working_seconds": 900.0,
        "charged_to": "rep",
        "rule": "the rep's own working time alone used up what was promised",
        "sides": sides,
    }
    path = {
        "from": stretch["from"],
        "to": stretch["to"],
        "is_above_volume": False,
        "stretches": [stretch],
        "sides": sides,
        "breaches": [breach],
    }
    known.answer(f"GET /v1/leads/{LEAD}/path", path)
    done = baton("why-late", LEAD)
    assert done.exit_code == 0, done.output
    for said in (
        "held",
        "sales team",
        "0:15:00",
        "contacted, 2026-11-26 10:20:00 UTC",
        "own working time alone",
    ):
        assert said in done.stdout
    assert json.loads(baton("why-late", LEAD, "--json").stdout)["breaches"]
    known.answer(f"GET /v1/leads/{LEAD}/path", path | {"breaches": [breach | {"said_charged_to": "nobody"}]})
    assert "rep, by what is known now; when it was said: nobody" in baton("why-late", LEAD).stdout
    excuse = {"excused_by": "objection", "excused_why": "the line was dead", "objection_id": OTHER}
    known.answer(
        f"GET /v1/leads/{LEAD}/path",
        path | {"breaches": [breach | excuse | {"objection_verdict": "excused"}]},
    )
    assert f"nobody: excused by objection {OTHER} (the line was dead)" in baton("why-late", LEAD).stdout
    known.answer(f"GET /v1/leads/{LEAD}/path", path | {"stretches": [], "breaches": []})
    assert "Nothing has happened to it yet." in baton("why-late", LEAD).stdout


def test_leads_shows_state_and_rep_and_survives_without_the_router(
    baton: Run, known: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = baton("leads", "--quadrant", "perfect")
    assert done.exit_code == 0, done.output
    assert "Nerea Ibáñez (Conservas)" in done.stdout
    assert "assigned" in done.stdout
    assert "Ana" in done.stdout
    monkeypatch.setenv("BATON_ROUTER_URL", "http://127.0.0.1:1")
    done = baton("leads", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["leads"][0]["routing"] is None
    assert "State and rep are left out" in done.stderr


def test_held_leads_and_quarantine_exit_1_when_there_are_any(baton: Run, services: Services) -> None:
    services.answer("GET /v1/held", {"held": []})
    services.answer("GET /v1/quarantine", {"quarantine": []})
    assert baton("held").exit_code == 0
    assert baton("quarantine", "list").exit_code == 0
    waiting = {
        "id": LEAD,
        "line": "main",
        "pool_id": "spain",
        "quadrant": "warm",
        "hold_reason": "nobody_open",
        "held_since": "2026-11-26T20:00:00Z",
        "next_try_at": "2026-11-27T08:00:00Z",
    }
    services.answer("GET /v1/held", {"held": [waiting]})
    services.answer(
        "GET /v1/quarantine",
        {
            "quarantine": [
                {"submission_id": OTHER, "received_at": "2026-11-26T10:00:00Z", "reason": "honeypot"}
            ]
        },
    )
    done = baton("held")
    assert done.exit_code == 1
    assert "nobody open" in done.stdout
    assert baton("quarantine", "list").exit_code == 1
