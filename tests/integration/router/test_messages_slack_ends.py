"""When a round ends, what was posted in Slack loses its buttons and says who has the lead now."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.router.test_messages import deliveries, tell
from tests.integration.router.test_messages_slack import Server, elements, press, server, slack
from tests.integration.router.worlds import World

__all__ = ["server", "slack"]


def updates(server: Server) -> list[dict[str, Any]]:
    return server.of("/chat.update")


def shown(update: dict[str, Any]) -> str:
    return str(update["text"])


async def decline(world: World, server: Server) -> None:
    options = elements(server, 0)[1]["options"]
    chosen = next(each["value"] for each in options if each["value"].endswith(":no_time"))
    await press(world, server, "U1", chosen)


@pytest.mark.parametrize("how", ["declined", "timed_out", "to_pool", "closed"])
async def test_the_message_of_an_ended_round_is_replaced_without_its_buttons(
    slack: World, server: Server, how: str
) -> None:
    await slack.take("ada")
    await tell(slack)
    accept = elements(server, 0)[0]["value"]
    match how:
        case "declined":
            await decline(slack, server)
        case "timed_out":
            slack.clock.advance(1800)
            slack.breach("ada", rep_id="ana")
            await slack.read()
        case "to_pool":
            path = f"/v1/leads/{slack.routed('ada')[0].lead_id}/to-pool"
            answer = await slack.operate("POST", path, json={"reason": "she knows them"})
            assert answer.status_code == 200, answer.text
        case "closed":
            await press(slack, server, "U1", elements(server, 0)[3]["options"][0]["value"])
    await tell(slack)
    (update,) = updates(server)
    assert (update["channel"], update["ts"]) == ("D1", "1.1"), "the message that arrived"
    blocks = json.loads(update["blocks"]) if isinstance(update["blocks"], str) else update["blocks"]
    assert {block["type"] for block in blocks} == {"header", "section"}
    says = "The lead is closed." if how == "closed" else "Bea has it now."
    assert says in shown(update)
    assert accept not in json.dumps(blocks)
    await tell(slack)
    assert len(updates(server)) == 1, "once is enough"


async def test_a_message_that_never_arrived_is_replaced_by_none(
    slack: World, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "slack-token").unlink()
    await slack.take("ada")
    await tell(slack)
    slack.clock.advance(1800)
    slack.breach("ada", rep_id="ana")
    await slack.read()
    (tmp_path / "slack-token").write_text("xoxb-1")
    slack.clock.advance(7200)
    await tell(slack)
    assert updates(server) == []
    rows = {(row["kind"], row["detail"]) for row in await deliveries(slack) if row["state"] == "dropped"}
    assert ("settled", "the message with the buttons never arrived") in rows
    assert ("assigned", "the round is over: timed_out") in rows


async def test_what_was_posted_about_an_erased_person_is_replaced_too(slack: World, server: Server) -> None:
    await slack.take("ada", first_name="Ada", last_name="Byron")
    await tell(slack)
    slack.erase("ada")
    await slack.read()
    await tell(slack)
    (update,) = updates(server)
    assert "Over: a buyer" in shown(update)
    assert "Ada" not in json.dumps(update)


async def test_a_buyer_who_asked_again_leaves_no_buttons_behind_either(slack: World, server: Server) -> None:
    await slack.take("ada")
    await slack.take("ada")
    await tell(slack)
    await decline(slack, server)
    await tell(slack)
    assert len(updates(server)) == 2, "the first message and the one about the ask"


async def test_a_team_lead_decides_on_a_decline_by_a_button(slack: World, server: Server) -> None:
    """Bea leads the team: the buttons are hers, and nobody else's."""
    document = slack.published("rulebook-published")[-1].model_dump(mode="json")["rulebook"]
    document["agreement"]["sales"]["declines_a_week"] = 0
    document["roster"]["teams"]["north"]["lead"] = "bea"
    await slack.publish_rulebook(document, 2)
    answer = await slack.operate("PUT", "/v1/teams/north", json={"name": "North", "lead": "bea"})
    assert answer.status_code == 200, answer.text
    await slack.take("ada")
    await tell(slack)
    await decline(slack, server)
    assert server.of("/response")[-1]["text"].startswith("Your team lead decides")
    await tell(slack)
    confirm, refuse = elements(server)
    assert ("style" in confirm, "style" in refuse) == (True, False)
    await press(slack, server, "U1", confirm["value"])
    assert slack.holder("ada") == "ana"
    await press(slack, server, "U2", confirm["value"])
    assert slack.holder("ada") == "bea"
    assert server.of("/response")[-1]["text"].startswith("The decline is confirmed.")
