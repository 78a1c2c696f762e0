"""Absences by chat: a slash command of Slack, signed, from the member whom the roster names."""

import asyncio

import httpx
import pytest

from tests.integration.router.test_messages_slack import SIGNING, Server, server, signed_post, slack
from tests.integration.router.worlds import World

__all__ = ["Server", "server", "slack"]


async def write(
    world: World, user: str, text: str, *, secret: str = SIGNING, age: int = 0, **fields: str
) -> httpx.Response:
    posted = {"command": "/baton", "text": text, "user_id": user, "team_id": "T1", **fields}
    return await signed_post(world, "/slack/commands", posted, secret=secret, age=age)


async def said(world: World, user: str, text: str) -> str:
    response = await write(world, user, text)
    assert response.status_code == 200, response.text
    assert response.json()["response_type"] == "ephemeral", "why somebody is away is for them alone"
    return str(response.json()["text"])


async def ana(world: World) -> dict[str, object]:
    found: dict[str, object] = (await world.operate("GET", "/v1/reps/ana")).json()
    return found


async def test_a_rep_who_writes_that_they_are_away_is_away_and_their_leads_go_on(slack: World) -> None:
    await slack.operate("PATCH", "/v1/reps/bea", json={"is_active": False})
    await slack.take("answered", "waiting")
    await slack.act("ana", "answered", "accept")
    await slack.operate("PATCH", "/v1/reps/bea", json={"is_active": True})
    text = await said(slack, "U1", "away 2026-03-04 flu")
    assert text.startswith("You are away until Thursday, 5 March, 00:00")
    await slack.wiring.absentees.look()
    await slack.runtime.published()
    assert (slack.holder("waiting"), slack.holder("answered")) == ("bea", "ana")
    assert (await ana(slack))["away_until"] == "2026-03-05T00:00:00+01:00"
    (change, *_) = (await slack.operate("GET", "/v1/reps/ana/changes")).json()["changes"]
    assert change["changed_by"] == "ana"
    assert "flu" not in str(change)
    (entry, *_) = (await slack.operate("GET", "/v1/audit")).json()["audit"]
    assert (entry["action"], entry["subject"], entry["role"]) == ("rep.away", "ana", "rep")


async def test_days_to_come_and_back_again(slack: World) -> None:
    assert "from Monday, 9 March, 00:00" in await said(slack, "U1", "away 2026-03-09 2026-03-10")
    assert (await ana(slack))["away_until"] is None
    assert "until Wednesday, 4 March, 00:00" in await said(slack, "U1", "away today")
    assert (await ana(slack))["away_until"] is not None
    assert await said(slack, "U1", "back") == "You are back: leads reach you again."
    found = await ana(slack)
    assert found["away_until"] is None
    assert "2026-03-09" in str(found["absences"]), "what is to come stays"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "away 2026-03-03 flu"),
        ("away flu", "Write one of these"),
        ("away 2026-03-02", "write a later moment as until"),
        ("away 2026-03-06 2026-03-04", "swap the two"),
    ],
)
async def test_what_cannot_be_says_what_to_write(slack: World, text: str, says: str) -> None:
    assert says in await said(slack, "U1", text)
    assert (await ana(slack))["absences"] == []


async def test_the_answer_is_in_the_language_of_the_rep(slack: World) -> None:
    await slack.operate("PATCH", "/v1/reps/ana", json={"texts": "it"})
    assert await said(slack, "U1", "back") == "È di nuovo presente: riceve di nuovo lead."


async def test_only_one_rep_whom_the_roster_names_is_believed(slack: World) -> None:
    assert "does not know you" in await said(slack, "U9", "away 2026-03-04")
    await slack.operate("POST", "/v1/reps/bea/left")
    assert "does not know you" in await said(slack, "U2", "away 2026-03-04")
    twice = {"notify": [{"channel": "slack", "to": "U1"}]}
    await slack.operate("PATCH", "/v1/reps/carla", json=twice)
    assert "More than one rep" in await said(slack, "U1", "away 2026-03-04")
    assert (await ana(slack))["absences"] == []


async def test_what_slack_did_not_sign_in_the_last_minutes_changes_nothing(slack: World) -> None:
    answers = await asyncio.gather(
        write(slack, "U1", "away 2026-03-04", secret="another"),
        write(slack, "U1", "away 2026-03-04", age=600),
    )
    assert [each.status_code for each in answers] == [401, 401]
    assert (await write(slack, "", "away 2026-03-04")).status_code == 422
    assert (await write(slack, "U\x001", "back")).status_code == 422
    assert (await ana(slack))["absences"] == []
