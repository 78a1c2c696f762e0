"""`baton rep` against a router that answers as set."""

import json
from typing import Any

import pytest

from baton_cli.errors import BadUsage
from router.cli.rep_words import read_week
from tests.unit.cli.conftest import Run, Services

ANA: dict[str, Any] = {
    "id": "ana",
    "name": "Ana",
    "team": "spain",
    "lines": ["main"],
    "open": 3,
    "capacity": 20,
    "weight": 1,
    "calendar": "madrid",
    "is_active": True,
    "own_hours": {"tue": [["09:00", "13:00"]]},
    "absences": [{"first_day": "2026-03-02", "last_day": "2026-03-06", "reason": "flu"}],
    "away_until": "2026-03-06T23:00:00Z",
    "feeds": [
        {"feed": "hr", "failing_since": "2026-03-01T10:00:00Z", "problem": "it answered 503", "unread": 0}
    ],
}
LEAD = {
    "lead_id": "3f2a1b00-0000-4000-8000-000000000001",
    "rep_id": "ana",
    "line": "main",
    "quadrant": "perfect",
    "assigned_at": "2026-03-03T09:00:00Z",
    "accepted_at": "2026-03-03T09:05:00Z",
    "contacted_at": None,
    "respond_by": None,
}


def sent(services: Services, request: str) -> Any:
    return [content for asked, content in services.asked if asked == request][-1]


@pytest.mark.parametrize(
    ("words", "week"),
    [
        ("tue 09:00-13:00", {"tue": [["09:00", "13:00"]]}),
        (
            "mon-tue 09:00-14:00 15:00-18:00",
            {key: [["09:00", "14:00"], ["15:00", "18:00"]] for key in ("mon", "tue")},
        ),
        ("mon,fri 22:00-06:00", {key: [["22:00", "06:00"]] for key in ("mon", "fri")}),
        ("mon 09:00-14:00 sat 10:00-12:00", {"mon": [["09:00", "14:00"]], "sat": [["10:00", "12:00"]]}),
    ],
)
def test_a_week_is_written_as_days_and_shifts(words: str, week: dict[str, list[list[str]]]) -> None:
    assert read_week(words.split()) == week


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("09:00-13:00", "write the days first, as mon-fri 09:00-13:00"),
        ("mon", "mon 09:00-18:00, or leave the day out"),
        ("fri-mon 09:00-13:00", "neither days nor a shift"),
        ("mon 9-13", "neither days nor a shift"),
    ],
)
def test_a_week_that_cannot_be_read_says_what_to_write(words: str, says: str) -> None:
    with pytest.raises(BadUsage, match=says):
        read_week(words.split())


def test_a_rep_is_added_with_limits_and_ramp_up(baton: Run, services: Services) -> None:
    services.answer("POST /v1/reps", ANA, status=201)
    words = ["--name", "Ana", "--email", "ana@example.com", "--team", "spain", "--calendar", "madrid"]
    more = ["--language", "es", "--language", "en", "--per-day", "4", "--ramp-up", "2026-03-02/4/0.25"]
    done = baton("rep", "add", "ana", *words, *more)
    assert done.exit_code == 0, done.output
    body = sent(services, "POST /v1/reps")
    assert (body["id"], body["languages"], body["per_day"]) == ("ana", ["es", "en"], 4)
    assert body["ramp_up"] == {"first_day": "2026-03-02", "weeks": 4, "start": 0.25}
    assert "tue 09:00-13:00" in done.stdout


def test_fields_are_changed_one_by_one(baton: Run, services: Services) -> None:
    services.answer("PATCH /v1/reps/ana", ANA)
    for words, body in (
        (["weight", "ana", "2"], {"weight": 2}),
        (["capacity", "ana", "9", "--per-week", "0"], {"capacity": 9, "per_week": None}),
        (["hours", "ana", "tue", "09:00-13:00"], {"own_hours": {"tue": [["09:00", "13:00"]]}}),
        (["hours", "ana", "--as-calendar"], {"own_hours": None}),
        (["feeds", "ana", "hr", "private"], {"absence_feeds": ["hr", "private"]}),
        (["feeds", "ana"], {"absence_feeds": []}),
        (
            ["notify", "ana", "email", "slack:U1", "webhook:https://x.example/ana#hook"],
            {
                "notify": [
                    {"channel": "email"},
                    {"channel": "slack", "to": "U1"},
                    {"channel": "webhook", "to": "https://x.example/ana", "secret": "hook"},
                ]
            },
        ),
        (["set", "ana", "--line", "main", "--ramp-up", "none"], {"lines": ["main"], "ramp_up": None}),
        (
            ["set", "ana", "--language", "none", "--skill", "none", "--crm-id", "none", "--inactive"],
            {"languages": [], "skills": [], "crm_id": None, "is_active": False},
        ),
    ):
        done = baton("rep", *words)
        assert done.exit_code == 0, done.output
        assert sent(services, "PATCH /v1/reps/ana") == body
    assert baton("rep", "hours", "ana").exit_code == 2
    assert baton("rep", "capacity", "ana").exit_code == 2
    assert baton("rep", "set", "ana", "--ramp-up", "2026-03-02/soon").exit_code == 2


def test_what_is_left_out_of_a_team_stays(baton: Run, services: Services) -> None:
    north = {"id": "north", "name": "North", "lead": "ana", "notify": [{"channel": "email"}]}
    services.answer("GET /v1/teams", {"teams": [north]})
    services.answer("PUT /v1/teams/north", north)
    services.answer("PUT /v1/teams/east", {"id": "east", "name": "east", "lead": None})
    kept = {"name": "North", "lead": "ana", "notify": [{"channel": "email"}]}
    for words, body in (
        (["north", "--name", "Northern"], {**kept, "name": "Northern"}),
        (["north", "--lead", "bea"], {**kept, "lead": "bea"}),
        (["north", "--lead", "none"], {**kept, "lead": None}),
    ):
        assert baton("rep", "team", *words).exit_code == 0
        assert sent(services, "PUT /v1/teams/north") == body
    assert baton("rep", "team", "east").exit_code == 0
    assert sent(services, "PUT /v1/teams/east") == {"name": "east", "lead": None, "notify": []}


def test_who_is_away_leaves_word_of_what_became_of_their_leads(baton: Run, services: Services) -> None:
    gone = {"rep": ANA, "reoffered": [LEAD["lead_id"]], "stay": [LEAD]}
    services.answer("POST /v1/reps/ana/absences", gone, status=201)
    services.answer(
        "POST /v1/reps/ana/left",
        {"rep": ANA | {"left_at": "2026-03-05T10:00:00Z"}, "reoffered": [], "stay": []},
    )
    services.answer("POST /v1/reps/ana/back", ANA)
    done = baton("rep", "away", "ana", "--until", "2026-03-06", "--reason", "flu")
    assert sent(services, "POST /v1/reps/ana/absences") == {"until": "2026-03-06", "reason": "flu"}
    assert "1 unanswered lead of ana went on" in done.stdout
    assert str(LEAD["lead_id"]) in done.stdout
    assert "No lead of ana had to go on" in baton("rep", "left", "ana").stdout
    assert baton("rep", "back", "ana").exit_code == 0
    assert baton("rep", "back", "ana", "--from", "2026-08-10", "--until", "2026-08-14").exit_code == 0
    assert sent(services, "POST /v1/reps/ana/back") == {"from": "2026-08-10", "until": "2026-08-14"}


def test_an_absence_to_come_moves_no_lead_and_who_is_back_hears_of_it(baton: Run, services: Services) -> None:
    ahead = {"first_day": "2999-01-04", "last_day": "2999-01-08", "reason": "leave"}
    here = ANA | {"away_until": None, "absences": [*ANA["absences"], ahead]}
    services.answer("POST /v1/reps/ana/absences", {"rep": here, "reoffered": [], "stay": []}, status=201)
    services.answer("POST /v1/reps/ana/back", here)
    done = baton("rep", "away", "ana", "--from", "2999-01-04", "--until", "2999-01-08", "--reason", "leave")
    assert "No lead of ana" not in done.stdout
    back = baton("rep", "back", "ana")
    assert back.exit_code == 0, back.output
    assert (
        "ana will be away all the same, as said before: 2999-01-04 to 2999-01-08 (leave). "
        "`baton rep back ana --from 2999-01-04` takes that back.\n"
    ) in back.stdout
    assert json.loads(baton("rep", "back", "ana", "--json").stdout)["id"] == "ana"


def test_a_feed_that_fails_is_told_beside_the_roster(baton: Run, services: Services) -> None:
    services.answer("GET /v1/reps", {"reps": [ANA]})
    services.answer("GET /v1/reps/ana", ANA)
    done = baton("rep", "list")
    assert "2026-03-06 23:00" in done.stdout
    assert "ana: the feed hr fails since 2026-03-01 10:00" in done.stderr
    assert "2026-03-02 to 2026-03-06 (flu)" in baton("rep", "show", "ana").stdout


def test_the_audit_of_a_rep_reads_as_a_table(baton: Run, services: Services) -> None:
    change = {
        "changed_at": "2026-03-03T09:00:00Z",
        "changed_by": "eva",
        "before": {"weight": 1, "absences": []},
        "after": {"weight": 2, "absences": [{"first_day": "2026-03-02", "last_day": "2026-03-06"}]},
    }
    services.answer("GET /v1/reps/ana/changes", {"rep_id": "ana", "changes": [change]})
    told = baton("rep", "changes", "ana").stdout
    assert "eva" in told
    assert "none    2026-03-02 to 2026-03-06" in told
    assert json.loads(baton("rep", "changes", "ana", "--json").stdout)["changes"] == [change]


def test_what_a_feed_changed_reads_as_spans(baton: Run, services: Services) -> None:
    span = ["2026-03-09T23:00:00+00:00", "2026-03-10T23:00:00+00:00"]
    changes = [
        {
            "changed_at": "2026-03-03T09:00:00Z",
            "changed_by": "feed hr",
            "before": {key: []},
            "after": {key: [span]},
        }
        for key in ("away", "returned")
    ]
    services.answer("GET /v1/reps/ana/changes", {"rep_id": "ana", "changes": changes})
    told = baton("rep", "changes", "ana").stdout
    assert told.count("2026-03-09 23:00:00 UTC to 2026-03-10 23:00:00 UTC") == 2


def test_a_channel_of_slack_names_who_answers_there(baton: Run, services: Services) -> None:
    services.answer(
        "PATCH /v1/reps/ana", {**ANA, "notify": [{"channel": "slack", "to": "C4", "member": "U1"}]}
    )
    told = baton("rep", "notify", "ana", "slack:C4@U1").stdout
    sent_way = {"channel": "slack", "to": "C4", "member": "U1"}
    assert sent(services, "PATCH /v1/reps/ana") == {"notify": [sent_way]}
    assert "slack:C4@U1" in told


def test_teams_and_what_waits_for_their_lead(baton: Run, services: Services) -> None:
    services.answer(
        "GET /v1/teams", {"teams": [{"id": "spain", "name": "Spain", "lead": None, "notify": []}]}
    )
    services.answer("PUT /v1/teams/spain", {"id": "spain", "name": "Spain", "lead": "ana", "notify": []})
    assert baton("rep", "team", "spain", "--name", "Spain", "--lead", "ana").exit_code == 0
    assert sent(services, "PUT /v1/teams/spain")["lead"] == "ana"
    services.answer("GET /v1/teams/spain/unattended", {"leads": [LEAD]})
    assert baton("rep", "unattended", "spain").exit_code == 1
    services.answer("GET /v1/teams/spain/unattended", {"leads": []})
    assert baton("rep", "unattended", "spain").exit_code == 0


def test_a_subscriber_gets_the_whole_url_of_the_calendar(baton: Run, services: Services) -> None:
    made = {"name": "sales", "token": "cal_x", "path": "/v1/calendar.ics?token=cal_x"}
    services.answer("POST /v1/calendar-tokens", made, status=201)
    done = baton("rep", "calendar-token", "sales")
    assert done.stdout == f"{services.url}/v1/calendar.ics?token=cal_x\n"
