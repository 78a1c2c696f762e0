"""Tokens with roles, scopes and expiry; who sees what; and the audit log."""

from typing import Any

import asyncpg
import httpx
import pytest

from router.main import build_app
from service_kit.clock import ManualClock
from tests.integration.router.worlds import World, lead_id, rulebook
from tests.unit.service_kit.test_oidc import NOW, Issuer

ALL_DAYS = 400


async def made(world: World, **wish: Any) -> dict[str, Any]:
    response = await world.operate("POST", "/v1/tokens", json={"name": "somebody", **wish})
    assert response.status_code == 201, response.text
    told: dict[str, Any] = response.json()
    return told


async def ask(world: World, token: str, method: str, path: str, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
    async with world.client() as client:
        response = await client.request(method, path, headers=headers, **more)
    await world.runtime.published()
    return response


async def held_by(world: World, name: str) -> str:
    await world.take(name)
    holder = world.holder(name)
    assert holder is not None
    return holder


async def audit_log(world: World) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = (await world.operate("GET", "/v1/audit")).json()["audit"]
    return entries


async def test_a_token_is_shown_once_and_only_its_hash_is_kept(routing: World) -> None:
    told = await made(routing, role="manager")
    assert told["token"].startswith("mgr_")
    listed = (await routing.operate("GET", "/v1/tokens")).json()["tokens"]
    assert [each["id"] for each in listed] == [told["id"]]
    async with routing.runtime.database.acquire() as conn:
        kept = await conn.fetchval("SELECT t::text FROM tokens t")
    assert told["token"] not in kept
    assert told["token"] not in str(listed)


async def test_a_token_opens_nothing_once_it_is_revoked_or_has_expired(routing: World) -> None:
    revoked, short = await made(routing, role="manager"), await made(routing, role="manager", days=1)
    assert (await ask(routing, revoked["token"], "GET", "/v1/reps")).status_code == 200
    await routing.operate("POST", f"/v1/tokens/{revoked['id']}/revoke")
    assert (await ask(routing, revoked["token"], "GET", "/v1/reps")).status_code == 401
    assert (await ask(routing, short["token"], "GET", "/v1/reps")).status_code == 200
    routing.clock.advance(86_401)
    assert (await ask(routing, short["token"], "GET", "/v1/reps")).status_code == 401


@pytest.mark.parametrize(
    "wish",
    [
        {"role": "manager", "days": ALL_DAYS + 1},
        {"role": "rep"},
        {"role": "manager", "rep": "ana"},
        {"role": "machine"},
        {"role": "machine", "scopes": ["leads:act"]},
        {"role": "manager", "scopes": ["everything"]},
    ],
)
async def test_a_token_that_cannot_be_is_refused(routing: World, wish: dict[str, Any]) -> None:
    response = await routing.operate("POST", "/v1/tokens", json={"name": "x", **wish})
    assert response.status_code == 422, response.text


async def test_a_machine_does_what_its_scopes_name_and_nothing_else(routing: World) -> None:
    token = (await made(routing, role="machine", scopes=["roster:read"]))["token"]
    assert token.startswith("mach_")
    assert (await ask(routing, token, "GET", "/v1/reps")).status_code == 200
    refused = await ask(routing, token, "GET", "/v1/pools")
    assert refused.status_code == 403
    assert "routing:read" in refused.json()["detail"]
    assert (await ask(routing, token, "GET", "/v1/me")).status_code == 403
    assert (await ask(routing, token, "GET", "/v1/dead-letters")).status_code == 403


async def test_a_rep_sees_own_leads_only(routing: World) -> None:
    holder = await held_by(routing, "lead")
    other = "carla"
    assert holder != other
    path = f"/v1/leads/{lead_id('lead')}"
    assert (await ask(routing, await routing.token(holder), "GET", path)).status_code == 200
    assert (await ask(routing, await routing.token(other), "GET", path)).status_code == 404
    asked = {"leads": [str(lead_id("lead"))]}
    owners = await ask(routing, await routing.token(other), "POST", "/v1/leads/owners", json=asked)
    assert owners.json() == {"owners": []}
    for path in ("/v1/reps", "/v1/held", "/v1/audit", "/v1/tokens", "/v1/deliveries"):
        assert (await ask(routing, await routing.token(other), "GET", path)).status_code == 403, path


async def test_a_team_lead_sees_and_moves_what_is_of_their_team(routing: World) -> None:
    holder = await held_by(routing, "lead")
    reps = (await routing.operate("GET", "/v1/reps")).json()["reps"]
    team = next(rep["team"] for rep in reps if rep["id"] == holder)
    token = (await made(routing, role="team_lead", rep=holder))["token"]
    assert (await ask(routing, token, "GET", f"/v1/teams/{team}/unattended")).status_code == 404
    await routing.operate("PUT", f"/v1/teams/{team}", json={"name": "Team", "lead": holder})
    assert (await ask(routing, token, "GET", f"/v1/teams/{team}/unattended")).status_code == 200
    seen = (await ask(routing, token, "GET", "/v1/reps")).json()["reps"]
    assert {rep["id"] for rep in seen} == {rep["id"] for rep in reps if rep["team"] == team}
    path = f"/v1/leads/{lead_id('lead')}"
    assert (await ask(routing, token, "POST", f"{path}/lock", json={"reason": "mine"})).status_code == 200
    away = await ask(routing, token, "POST", f"{path}/assign", json={"reason": "x", "rep": "nobody-of-mine"})
    assert away.status_code == 404
    assert (await ask(routing, token, "PATCH", f"/v1/reps/{holder}", json={"weight": 2})).status_code == 403
    assert (await ask(routing, token, "POST", "/v1/simulate", json={})).status_code == 403


@pytest.mark.parametrize("word", ["confirm", "refuse"])
async def test_a_team_lead_does_not_decide_on_their_own_decline(world: World, word: str) -> None:
    document = rulebook()
    document["agreement"]["sales"]["declines_a_week"] = 0
    document["roster"]["teams"]["north"]["lead"] = "ana"
    await world.publish_rulebook(document)
    await world.take("ada")
    await world.act("ana", "ada", "decline", {"reason": "no"})
    [waiting] = (await world.operate("GET", "/v1/declines")).json()["declines"]
    path = f"/v1/declines/{waiting['id']}/{word}"
    own = (await made(world, role="team_lead", rep="ana"))["token"]
    refused = await ask(world, own, "POST", path)
    assert (refused.status_code, refused.json()["title"]) == (403, "Your own decline")
    assert "ask another team lead, a manager or an operator" in refused.json()["detail"]
    assert world.holder("ada") == "ana"
    assert not [each for each in await audit_log(world) if each["action"].startswith("decline.")]
    manager = (await made(world, role="manager"))["token"]
    assert (await ask(world, manager, "POST", path)).status_code == 200
    assert world.holder("ada") == ("bea" if word == "confirm" else "ana")


async def test_a_team_lead_sees_and_gives_out_what_is_held_in_pools_of_their_team(routing: World) -> None:
    names = [f"lead-{number}" for number in range(5)]  # room for four
    for name in names:
        await routing.take(name)
    held = next(name for name in names if routing.holder(name) is None)
    path = f"/v1/leads/{lead_id(held)}"
    for team, lead in (("north", "ana"), ("school", "carla")):
        await routing.operate("PUT", f"/v1/teams/{team}", json={"name": team, "lead": lead})
    north, school = [(await made(routing, role="team_lead", rep=rep))["token"] for rep in ("ana", "carla")]
    rep = await routing.token("bea")

    async def sees(token: str) -> tuple[int, list[str]]:
        listed = await ask(routing, token, "GET", "/v1/held")
        waiting = [each["id"] for each in listed.json().get("held", [])]
        return (await ask(routing, token, "GET", path)).status_code, waiting

    assert await sees(north) == (200, [str(lead_id(held))])
    assert await sees(school) == (404, [])
    assert await sees(rep) == (404, [])
    pools = (await ask(routing, north, "GET", "/v1/pools")).json()["pools"]
    assert [each["id"] for each in pools] == ["north", "spare"]
    order = {"rep": "bea", "reason": "knows them", "force": True}
    assert (await ask(routing, school, "POST", f"{path}/assign", json=order)).status_code == 404
    given = await ask(routing, north, "POST", f"{path}/assign", json=order)
    assert (given.status_code, given.json().get("rep_id")) == (200, "bea"), given.text


async def test_every_change_is_audited_by_whom_without_what_was_sent(routing: World) -> None:
    token = (await made(routing, role="manager", name="eva"))["token"]
    headers = {"X-Operator": "not-eva", "X-Request-Id": "r-1"}
    body = {"email": "ana.new@example.com"}
    done = await ask(routing, token, "PATCH", "/v1/reps/ana", json=body, headers=headers)
    assert done.status_code == 200, done.text
    newest = (await audit_log(routing))[0]
    assert (newest["action"], newest["object_kind"], newest["object_id"]) == ("rep.change", "rep", "ana")
    assert (newest["role"], newest["name"], newest["request_id"]) == ("manager", "manager:eva", "r-1")
    assert newest["detail"] == {"fields": ["email"]}
    changes = (await routing.operate("GET", "/v1/reps/ana/changes")).json()["changes"]
    assert changes[0]["changed_by"] == "manager:eva"


async def test_a_change_that_is_refused_leaves_no_entry(routing: World) -> None:
    refused = await routing.operate("PATCH", "/v1/reps/ana", json={"team": "no-such-team"})
    assert refused.status_code == 422
    assert await audit_log(routing) == []


@pytest.mark.parametrize("change", ["UPDATE audit SET name = 'x'", "DELETE FROM audit", "TRUNCATE audit"])
async def test_the_audit_log_is_only_added_to(routing: World, change: str) -> None:
    await made(routing, role="manager")
    async with routing.runtime.database.acquire() as conn:
        with pytest.raises(asyncpg.PostgresError, match="only added to"):
            await conn.execute(change)


async def test_an_address_that_guesses_is_stopped_and_known_tokens_still_pass(routing: World) -> None:
    known = (await made(routing, role="manager"))["token"]
    assert (await ask(routing, known, "GET", "/v1/reps")).status_code == 200
    answers = [(await ask(routing, f"guess-{n}", "GET", "/v1/reps")).status_code for n in range(21)]
    assert answers == [401] * 20 + [429]
    assert (await ask(routing, known, "GET", "/v1/reps")).status_code == 200


async def test_who_signed_in_with_the_company_is_the_rep_of_their_address(
    routing: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer()
    try:
        monkeypatch.setattr(routing.settings, "oidc_issuer", issuer.address)
        monkeypatch.setattr(routing.settings, "oidc_audience", "baton")
        monkeypatch.setattr(routing.settings, "oidc_roles", {"sales": "rep", "heads": "manager"})
        routing.runtime.clock = ManualClock(NOW)
        routing.app = build_app(routing.settings, routing.runtime)
        email = (await routing.operate("GET", "/v1/reps/ana")).json()["email"]
        me = await ask(routing, issuer.token(email=email.upper()), "GET", "/v1/me")
        assert (me.status_code, me.json().get("id")) == (200, "ana")
        await routing.operate("PATCH", "/v1/reps/bea", json={"email": "kim@example.com"})
        unknown = [
            {"email": "nobody@example.com"},
            {"email": "\u212aim@example.com"},
            {"email": email, "email_verified": False},
        ]
        for claims in unknown:
            assert (await ask(routing, issuer.token(**claims), "GET", "/v1/me")).status_code == 401
        head = issuer.token(roles="heads", email="head@example.com")
        assert (await ask(routing, head, "GET", "/v1/reps")).status_code == 200
        assert (await ask(routing, head, "GET", "/v1/tokens")).status_code == 403
    finally:
        issuer.stop()


async def test_when_a_token_was_used_is_kept_to_the_hour(routing: World) -> None:
    token = (await made(routing, role="manager"))["token"]
    await ask(routing, token, "GET", "/v1/reps")
    first = (await routing.operate("GET", "/v1/tokens")).json()["tokens"][0]["last_used_at"]
    assert first is not None
    routing.clock.advance(600)
    await ask(routing, token, "GET", "/v1/reps")
    assert (await routing.operate("GET", "/v1/tokens")).json()["tokens"][0]["last_used_at"] == first


async def test_a_rep_who_has_left_gets_in_no_more(routing: World) -> None:
    token = await routing.token("carla")
    assert (await ask(routing, token, "GET", "/v1/me")).status_code == 200
    assert (await routing.operate("POST", "/v1/reps/carla/left")).status_code == 200
    assert (await ask(routing, token, "GET", "/v1/me")).status_code == 401


async def test_a_rep_who_says_that_they_are_away_stands_in_the_audit_log(routing: World) -> None:
    body = {"until": "2026-03-20"}
    said = await ask(routing, await routing.token("carla"), "POST", "/v1/me/absences", json=body)
    assert said.status_code == 201, said.text
    newest = (await audit_log(routing))[0]
    assert (newest["action"], newest["role"], newest["subject"]) == ("rep.away", "rep", "carla")


async def test_nobody_gives_what_they_do_not_have(routing: World) -> None:
    narrow = (await made(routing, role="operator", scopes=["tokens:write", "leads:read"]))["token"]
    wish = {"name": "more", "role": "operator", "scopes": ["tokens:write", "roster:write"]}
    refused = await ask(routing, narrow, "POST", "/v1/tokens", json=wish)
    assert refused.status_code == 403
    assert "roster:write" in refused.json()["detail"]
    given = await ask(routing, narrow, "POST", "/v1/tokens", json={**wish, "scopes": ["leads:read"]})
    assert given.status_code == 201


async def test_another_service_is_told_whether_a_rep_sees_what_its_path_names(routing: World) -> None:
    holder = await held_by(routing, "lead")
    token = (await made(routing, role="machine", scopes=["tokens:check"]))["token"]

    async def look(subject: str, **named: str) -> dict[str, Any]:
        asked = {"role": "rep", "subject": subject, "named": named}
        answer = await ask(routing, token, "POST", "/v1/tokens/sight", json=asked)
        told: dict[str, Any] = answer.json()
        return told

    lead = str(lead_id("lead"))
    assert await look(holder, lead_id=lead) == {"sees": True}
    for subject, named in (("carla", lead), (holder, str(lead_id("none"))), ("nobody", lead)):
        told = await look(subject, lead_id=named)
        assert (told["sees"], told["status"]) == (False, 404), subject
    assert (await look(holder, person_id=lead))["status"] == 403
    assert (await look(holder))["status"] == 403


async def test_a_token_that_gives_tokens_gives_no_rep_what_it_lacks(routing: World) -> None:
    narrow = (await made(routing, role="operator", scopes=["tokens:write"]))["token"]
    refused = await ask(routing, narrow, "POST", "/v1/reps/ana/tokens")
    assert refused.status_code == 403, refused.text
    assert "leads:act" in refused.json()["detail"]


@pytest.mark.parametrize("role", ["rep", "team_lead", "manager", "machine"])
async def test_only_an_operator_gives_tokens(routing: World, role: str) -> None:
    of_a_rep = {"rep": "ana"} if role in ("rep", "team_lead") else {}
    scopes = {"scopes": ["roster:write"]} if role == "machine" else {}
    token = (await made(routing, role=role, **of_a_rep, **scopes))["token"]
    wish = {"name": "more", "role": "manager"}
    for path in ("/v1/tokens", "/v1/reps/ana/tokens"):
        assert (await ask(routing, token, "POST", path, json=wish)).status_code == 403, path
    assert (await ask(routing, token, "GET", "/v1/tokens")).status_code == 403


async def test_the_audit_log_says_from_what_to_what(routing: World) -> None:
    holder = await held_by(routing, "lead")
    other = next(name for name in ("ana", "bea") if name != holder)
    await routing.operate("PATCH", f"/v1/reps/{other}", json={"weight": 3, "email": "new@example.com"})
    path = f"/v1/leads/{lead_id('lead')}"
    await routing.operate("POST", f"{path}/assign", json={"rep": other, "reason": "asked for"})
    await routing.operate("POST", f"{path}/lock", json={"reason": "knows them"})
    lock, assign, change = (await audit_log(routing))[:3]
    assert lock["detail"]["changes"] == {"locked_by": [None, "operator"]}
    assert assign["detail"]["changes"] == {"rep": [holder, other]}
    assert change["detail"] == {"fields": ["email", "weight"], "changes": {"weight": [1, 3]}}
