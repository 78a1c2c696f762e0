"""What reps do, through the API."""

import asyncio
from itertools import product

import pytest

from lead_events.words import CauseKind
from tests.integration.router.worlds import World, lead_id, rep, rulebook
from tests.patience import HANGS_AFTER


@pytest.mark.parametrize(
    ("act", "body", "kind"),
    [
        ("accept", None, "accepted"),
        ("decline", {"reason": "on a train"}, "declined"),
        ("contacted", {"channel": "phone", "result": "reached"}, "contacted"),
        ("reject", {"reason": "wrong number"}, "rejected"),
        ("recycle", {"reason": "next year", "wake_at": "2027-01-10T09:00:00+01:00"}, "recycled"),
        ("outcome", {"result": "won", "value": {"minor": 120000, "currency": "EUR"}}, "outcome"),
        ("outcome", {"result": "meeting"}, "outcome"),
    ],
)
async def test_an_act_said_twice_is_one_event_with_one_answer(
    routing: World, act: str, body: dict[str, object] | None, kind: str
) -> None:
    await routing.take("ada")
    first = await routing.act("ana", "ada", act, body)
    again = await routing.act("ana", "ada", act, body)
    assert first.status_code == 200, first.text
    assert (again.status_code, again.json()) == (200, first.json())
    assert [event.kind for event in routing.progressed("ada")] == [kind]
    await routing.loads()


async def test_who_wins_without_an_amount_is_told_how_to_say_it(routing: World) -> None:
    await routing.take("ada")
    rep = routing.holder("ada")
    assert rep is not None
    silent = await routing.act(rep, "ada", "outcome", {"result": "won"})
    assert "send won again with `value`" in silent.json()["note"]
    body = {"result": "won", "value": {"minor": 120000, "currency": "EUR"}}
    said = await routing.act(rep, "ada", "outcome", body)
    assert (said.status_code, "note" in said.json()) == (200, False)
    told = routing.progressed("ada")[-1].outcome
    assert told is not None
    assert told.value is not None
    assert told.value.minor == 120000


async def test_another_value_of_a_lead_that_was_won_is_published_and_closes_nothing_again(
    routing: World,
) -> None:
    await routing.take("ada")
    for minor in (120_000, 90_000, 90_000):
        body = {"result": "won", "value": {"minor": minor, "currency": "EUR"}}
        answer = await routing.act("ana", "ada", "outcome", body)
        assert (answer.status_code, answer.json()["state"]) == (200, "closed")
    told = [
        each.outcome.value.minor for each in routing.progressed("ada") if each.outcome and each.outcome.value
    ]
    assert told == [120_000, 90_000]
    assert routing.kinds("ada").count("closed") == 1
    await routing.loads()


async def test_a_declined_lead_goes_to_the_next_rep_at_once(routing: World) -> None:
    await routing.take("ada")
    response = await routing.act("ana", "ada", "decline", {"reason": "my cousin"})
    assert response.json()["state"] == "taken_back"
    assert routing.kinds("ada") == ["assigned", "taken_back", "assigned"]
    assert [event.round for event in routing.routed("ada")] == [1, 1, 2]
    assert routing.holder("ada") == "bea"
    assert await routing.loads() == {"ana": 0, "bea": 1, "carla": 0}


async def test_who_declined_a_lead_is_not_offered_it_again(routing: World) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "decline", {"reason": "no"})
    await routing.act("bea", "ada", "decline", {"reason": "no"})
    last = routing.routed("ada")[-1]
    assert (last.kind, last.hold_reason) == ("held", "pool_empty")
    await routing.operate("PATCH", "/v1/reps/ana", json={"capacity": 9})
    assert await routing.drain() == 0
    await routing.take("bob")
    assert routing.kinds("bob") == ["assigned"], "a lead nobody may take stops nobody"


@pytest.mark.parametrize(
    ("act", "body", "reason"),
    [
        ("reject", {"reason": "student"}, "rejected"),
        ("recycle", {"reason": "not now", "wake_at": "2027-01-10T09:00:00Z"}, "recycled"),
        ("outcome", {"result": "won"}, "won"),
        ("outcome", {"result": "lost", "reason": "price"}, "lost"),
    ],
)
async def test_an_end_frees_the_rep_and_says_why(
    routing: World, act: str, body: dict[str, object], reason: str
) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", act, body)
    last = routing.routed("ada")[-1]
    assert (last.kind, last.close_reason, last.seq) == ("closed", reason, 2)
    assert await routing.loads() == {"ana": 0, "bea": 0, "carla": 0}
    late = await routing.act("ana", "ada", "accept")
    assert late.status_code == 409
    assert f"closed as {reason}" in late.json()["detail"]
    assert "nothing more" in late.json()["instead"]


async def test_a_freed_rep_gets_the_best_waiting_lead(routing: World) -> None:
    await routing.take("a", "b", "c", "d")
    await routing.take("warm", quadrant="warm")
    routing.clock.advance(60)
    await routing.take("first")
    routing.clock.advance(60)
    await routing.take("second")
    freed = await routing.end("b")
    assert await routing.drain() == 1
    assert routing.holder("first") == freed
    assert routing.kinds("second") == routing.kinds("warm") == ["held"]
    assert await routing.drain() == 0


async def test_new_leads_do_not_overtake_those_that_wait(routing: World) -> None:
    await routing.take("a", "b", "c", "d")
    await routing.take("waiting")
    freed = await routing.end("b")
    await routing.take("new")
    assert routing.routed("new")[0].hold_reason == "queue_ahead"
    assert await routing.drain() == 1
    assert routing.holder("waiting") == freed
    assert routing.kinds("new") == ["held"]


async def test_more_capacity_brings_waiting_leads_at_once(routing: World) -> None:
    await routing.take("a", "b", "c", "d", "e", "f", "g")
    response = await routing.operate("PATCH", "/v1/reps/ana", json={"capacity": 4})
    assert response.json()["capacity"] == 4
    assert await routing.drain() == 2
    assert (await routing.loads())["ana"] == 4


async def test_absences_are_published_and_keep_leads_away(routing: World) -> None:
    body = {"absences": [{"first_day": "2026-03-03", "last_day": "2026-03-04", "reason": "flu"}]}
    assert (await routing.operate("PATCH", "/v1/reps/ana", json=body)).status_code == 200
    change = routing.availability()[-1]
    assert (change.rep_id, change.revision) == ("ana", 2)
    assert change.calendar["absences"] == [["2026-03-03T00:00:00+01:00", "2026-03-05T00:00:00+01:00"]]
    await routing.take("a", "b")
    assert {routing.holder("a"), routing.holder("b")} == {"bea"}
    assert "1 away" in routing.routed("a")[0].why


async def test_each_rep_is_announced_once_by_the_first_rulebook(routing: World) -> None:
    assert sorted(event.rep_id for event in routing.availability()) == ["ana", "bea", "carla"]


ACTS: dict[str, dict[str, object]] = {
    "accept": {},
    "decline": {"reason": "no"},
    "contacted": {"channel": "phone", "result": "reached"},
    "reject": {"reason": "no"},
    "recycle": {"reason": "later", "wake_at": "2030-01-01T00:00:00Z"},
    "outcome": {"result": "won"},
    "pause": {"code": "buyer_asked_to_wait"},
    "resume": {},
    "rating": {"rating": 1},
}


async def test_anothers_lead_is_not_found_whatever_is_done_or_read(routing: World) -> None:
    await routing.take("ada")
    bea = {"Authorization": f"Bearer {await routing.token('bea')}"}
    async with routing.client() as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
        known = {path.rpartition("/")[2] for path in paths if path.startswith("/v1/assignments/")}
        assert known == set(ACTS)
        for lead in (lead_id("ada"), lead_id("nobody")):
            for path in (f"/v1/leads/{lead}", f"/v1/leads/{lead}/decisions"):
                assert (await client.get(path, headers=bea)).status_code == 404, path
    for name, (act, body) in product(("ada", "nobody"), ACTS.items()):
        refused = await routing.act("bea", name, act, body)
        assert (refused.status_code, refused.json()["title"]) == (404, "No such lead"), (name, act)
    assert routing.progressed("ada") == []


async def test_what_was_declined_cannot_be_accepted(routing: World) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "decline", {"reason": "no"})
    response = await routing.act("ana", "ada", "accept")
    assert response.status_code == 409
    assert "declined by you" in response.json()["state"]


async def test_an_accepted_lead_cannot_be_declined(routing: World) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "accept")
    response = await routing.act("ana", "ada", "decline", {"reason": "no"})
    assert response.status_code == 409
    assert "use reject" in response.json()["instead"]


async def test_tries_to_reach_a_buyer_each_count_and_double_clicks_do_not(routing: World) -> None:
    await routing.take("ada")
    body = {"channel": "phone", "result": "no_answer"}
    await routing.act("ana", "ada", "contacted", body)
    await routing.act("ana", "ada", "contacted", body)
    routing.clock.advance(3600)
    await routing.act("ana", "ada", "contacted", body)
    await routing.act("ana", "ada", "contacted", body, key="k1")
    await routing.act("ana", "ada", "contacted", body, key="k1")
    assert [event.seq for event in routing.progressed("ada")] == [1, 2, 3]
    reused = await routing.act("ana", "ada", "accept", key="k1")
    assert reused.status_code == 422


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("decline", {}, "body.reason"),
        ("decline", {"reason": "  "}, "body.reason"),
        ("contacted", {"channel": "phone"}, "body.result"),
        ("outcome", {"result": "maybe"}, "body.result"),
        ("recycle", {"reason": "later", "wake_at": "2027-01-10T09:00:00"}, "body.wake_at"),
        ("accept", {"sure": True}, "body.sure"),
    ],
)
async def test_a_report_that_lacks_something_says_what(
    routing: World, act: str, body: dict[str, object], field: str
) -> None:
    await routing.take("ada")
    response = await routing.act("ana", "ada", act, body)
    assert (response.status_code, response.json()["field"]) == (422, field)


async def test_a_wake_up_in_the_past_is_refused(routing: World) -> None:
    await routing.take("ada")
    response = await routing.act("ana", "ada", "recycle", {"reason": "x", "wake_at": "2020-01-01T00:00:00Z"})
    assert response.status_code == 422
    assert "moment to come" in response.json()["detail"]


async def test_a_token_is_needed_and_is_only_the_reps_own(routing: World) -> None:
    async with routing.client() as client:
        assert (await client.get("/v1/me/assignments")).status_code == 401
        wrong = {"Authorization": "Bearer rep_nope"}
        assert (await client.get("/v1/me/assignments", headers=wrong)).status_code == 401
        assert (await client.get("/v1/reps", headers=wrong)).status_code == 401
    assert (await routing.operate("POST", "/v1/reps/nobody/tokens")).status_code == 404


async def test_an_ask_on_a_closed_lead_is_answered_once_and_other_news_is_not(routing: World) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "reject", {"reason": "student"})
    await routing.take("ada", cause=CauseKind.RESCORE)
    asked = routing.score("ada")
    await routing.read()
    late = routing.progressed("ada")[-1]
    assert (late.kind, late.cause_id, late.seq) == ("arrived_after_close", asked, 2)
    assert late.closing is not None
    assert (late.closing.reason, late.closing.seq) == ("rejected", 1)
    assert routing.kinds("ada") == ["assigned", "closed"]
    hops = (await routing.operate("GET", "/v1/conservation")).json()["hops"]
    [hop] = [hop for hop in hops if hop["topic"] == "lead-scored"]
    assert hop["effects"] == {"assigned": 1, "recorded_late_news": 1, "answered_late_ask": 1}


async def test_an_ask_that_joined_another_lead_is_answered_there_too(routing: World) -> None:
    await routing.take("ada")
    await routing.end("ada")
    await routing.take("ada", cause=CauseKind.AFTER_CLOSE)
    assert routing.progressed("ada")[-1].kind == "arrived_after_close"


async def test_an_operator_sees_a_lead_with_its_rounds(routing: World) -> None:
    await routing.take("ada")
    await routing.act("ana", "ada", "decline", {"reason": "no"})
    lead = (await routing.operate("GET", f"/v1/leads/{lead_id('ada')}")).json()
    assert [(each["rep_id"], each["ended_by"]) for each in lead["assignments"]] == [
        ("ana", "declined"),
        ("bea", None),
    ]
    assert (await routing.operate("GET", f"/v1/leads/{lead_id('none')}")).status_code == 404
    assert len((await routing.operate("GET", "/v1/pools")).json()["pools"]) == 3
    assert (await routing.operate("GET", "/v1/held")).json() == {"held": []}


async def test_a_freed_rep_is_noticed_at_once_by_the_same_process(
    routing: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await routing.take("a", "b", "c", "d")
    await routing.take("waiting")
    lifecycle = routing.app.state.lifecycle
    drainer = next(part for part in lifecycle.parts if part.name == "drain")
    monkeypatch.setattr(drainer, "_every", 3600.0)  # so that it does not look by itself
    running = asyncio.create_task(drainer.run())
    assert routing.kinds("waiting") == ["held"]
    await routing.end("b")
    async with asyncio.timeout(HANGS_AFTER):
        while routing.kinds("waiting") != ["held", "assigned"]:
            await asyncio.wait({running}, timeout=0.005)
    drainer.stop()
    await running


async def test_leads_held_for_a_new_rep_go_to_them_once_the_version_takes_effect(routing: World) -> None:
    await routing.take("a", "b", "c", "d")
    await routing.take("waiting")
    assert await routing.drain() == 0
    document = rulebook()
    document["roster"]["reps"]["dan"] = rep("Dan")
    await routing.publish_rulebook(document, version=2)
    assert [event.rep_id for event in routing.availability()][3:] == ["dan"]
    assert await routing.drain() == 1
    assert routing.holder("waiting") == "dan"


async def test_a_calendar_that_changes_moves_the_reps_hours_and_nothing_else(routing: World) -> None:
    await routing.operate("PATCH", "/v1/reps/ana", json={"capacity": 7})
    document = rulebook()
    document["calendars"]["office"]["holidays"] = ["2026-03-03"]
    await routing.publish_rulebook(document, version=2)
    moved = {event.rep_id: event for event in routing.availability()[4:]}
    assert sorted(moved) == ["ana", "bea", "carla"]
    assert "2026-03-03" in moved["ana"].calendar["holidays"]
    await routing.take("ada")
    assert routing.routed("ada")[0].hold_reason == "nobody_open"
    reps = (await routing.operate("GET", "/v1/reps")).json()["reps"]
    assert (reps[0]["id"], reps[0]["capacity"], reps[0]["revision"]) == ("ana", 7, 3)


async def test_a_version_that_cannot_be_used_changes_nothing(routing: World) -> None:
    document = rulebook()
    document["routing"]["plans"]["main"]["rules"] = [
        {"id": "x", "when": "lead.country = 'ES'", "pool": "north"}
    ]
    await routing.publish_rulebook(document, version=2)
    await routing.take("ada")
    assert routing.routed("ada")[0].rulebook_version == 1


async def test_odd_bytes_and_shapes_are_refused_never_an_error_of_ours(routing: World) -> None:
    await routing.take("ada")
    headers = {"Authorization": f"Bearer {await routing.token('ana')}", "Content-Type": "application/json"}
    bodies = (b"{", b"[]", b'{"reason": "\\u0000"}', b'{"reason": "\\ud83c"}', b'{"reason": 5}', b"\xff", b"")
    async with routing.client() as client:
        for body in bodies:
            path = f"/v1/assignments/{lead_id('ada')}/decline"
            response = await client.post(path, headers=headers, content=body)
            assert response.status_code in (400, 422), (body, response.text)
        assert (await client.post("/v1/assignments/no-id/accept", headers=headers)).status_code == 422
    assert routing.progressed() == []


async def test_accepting_needs_no_body(routing: World) -> None:
    await routing.take("ada")
    headers = {"Authorization": f"Bearer {await routing.token('ana')}"}
    async with routing.client() as client:
        response = await client.post(f"/v1/assignments/{lead_id('ada')}/accept", headers=headers)
    assert response.status_code == 200, response.text
    assert response.json()["state"] == "assigned"


@pytest.mark.parametrize(
    "body",
    [
        {"capacity": -1},
        {"capacity": 10**9},
        {"weight": 1.5},
        {"hours": {}},
        {"absences": [{"first_day": "2026-03-05", "last_day": "2026-03-03"}]},
        {"absences": [{"first_day": "2026-03-05", "last_day": "2026-03-06", "reason": "\x00"}]},
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(routing: World, body: dict[str, object]) -> None:
    response = await routing.operate("PATCH", "/v1/reps/ana", json=body)
    assert response.status_code == 422, response.text
    assert len(routing.availability()) == 3
