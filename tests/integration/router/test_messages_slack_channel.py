"""A lead told in a channel of many: who answers is its rep alone, and the others are told so privately."""

import json
from typing import Any

import pytest

from tests.integration.router.test_messages import tell
from tests.integration.router.test_messages_slack import Server, elements, press, server, slack
from tests.integration.router.worlds import World

__all__ = ["server", "slack"]


@pytest.fixture
async def shared(slack: World) -> World:
    """Both reps are told in one channel; Bea leads the team, which is told in another."""
    way = {"channel": "slack", "to": "C1"}
    for name, member in MEMBERS.items():
        notify = {"notify": [{**way, "member": member}]}
        assert (await slack.operate("PATCH", f"/v1/reps/{name}", json=notify)).is_success
    team = {"name": "North", "lead": "bea", "notify": [{"channel": "slack", "to": "C2", "member": "U9"}]}
    assert (await slack.operate("PUT", "/v1/teams/north", json=team)).is_success
    return slack


MEMBERS = {"ana": "U1", "bea": "U2"}


def posted(server: Server) -> dict[str, Any]:
    return server.of("/chat.postmessage")[-1]


async def test_in_a_channel_of_many_its_rep_answers_and_nobody_else(shared: World, server: Server) -> None:
    await shared.take("ada")
    await tell(shared)
    holder = shared.holder("ada") or ""
    other = next(each for each in MEMBERS if each != holder)
    message = posted(server)
    assert message["channel"] == "C1"
    blocks = json.loads(message["blocks"]) if isinstance(message["blocks"], str) else message["blocks"]
    assert blocks[1]["text"] == {"type": "mrkdwn", "text": f"<@{MEMBERS[holder]}>"}
    accept = elements(server)[0]["value"]
    for stranger in (MEMBERS[other], ""):
        await press(shared, server, stranger, accept)
        shown = server.of("/response")[-1]
        assert (shown["response_type"], shown["replace_original"]) == ("ephemeral", False)
        assert "Only the rep whose lead it is can answer here" in shown["text"]
    assert shared.progressed("ada") == []
    await press(shared, server, MEMBERS[holder], accept)
    assert [(each.kind, each.rep_id) for each in shared.progressed("ada")] == [("accepted", holder)]
    assert server.of("/response")[-1]["replace_original"] is True


async def test_a_team_lead_decides_in_the_channel_of_the_team(shared: World, server: Server) -> None:
    document = shared.published("rulebook-published")[-1].model_dump(mode="json")["rulebook"]
    document["agreement"]["sales"]["declines_a_week"] = 0
    await shared.publish_rulebook(document, 2)
    await shared.take("ada")
    await shared.act("ana", "ada", "decline", {"reason": "no time"})
    await tell(shared)
    asked = next(each for each in server.of("/chat.postmessage") if each["channel"] == "C2")
    assert "Ana asks to decline" in asked["text"]
    confirm = elements(server, server.of("/chat.postmessage").index(asked))[0]["value"]
    for stranger in ("U1", ""):
        await press(shared, server, stranger, confirm)
        assert shared.holder("ada") == "ana"
    await press(shared, server, "U9", confirm)
    assert shared.holder("ada") == "bea"


async def test_who_asks_to_decline_does_not_decide_on_it_in_the_channel_of_the_team(
    shared: World, server: Server
) -> None:
    document = shared.published("rulebook-published")[-1].model_dump(mode="json")["rulebook"]
    document["agreement"]["sales"]["declines_a_week"] = 0
    await shared.publish_rulebook(document, 2)
    ways = [{"channel": "slack", "to": "C2", "member": MEMBERS["ana"]}]
    team = {"name": "North", "lead": "bea", "notify": ways}
    assert (await shared.operate("PUT", "/v1/teams/north", json=team)).is_success
    await shared.take("ada")
    await shared.act("ana", "ada", "decline", {"reason": "no time"})
    await tell(shared)
    asked = next(each for each in server.of("/chat.postmessage") if each["channel"] == "C2")
    confirm = elements(server, server.of("/chat.postmessage").index(asked))[0]["value"]
    await press(shared, server, MEMBERS["ana"], confirm)
    shown = server.of("/response")[-1]
    assert (shown["response_type"], shown["replace_original"]) == ("ephemeral", False)
    assert "Nobody decides on their own decline" in shown["text"]
    assert shared.holder("ada") == "ana"
    await press(shared, server, MEMBERS["bea"], confirm)
    assert shared.holder("ada") == "bea", "she leads the team and decides"
