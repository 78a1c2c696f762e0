"""What an outcome and a lead given back come to: why it was lost, and when nobody's answer wakes up."""

from datetime import timedelta
from typing import Any

from tests.integration.router.worlds import World, rulebook


def with_wake_up(after: str) -> dict[str, Any]:
    document = rulebook()
    document["agreement"]["sales"]["recycle_no_answer_after"] = after
    return document


async def test_a_lost_lead_says_why_by_a_code_or_by_its_words(routing: World) -> None:
    await routing.take("ada", "eva")
    for name, body in (("ada", {"code": "Too expensive"}), ("eva", {"reason": "competitor"})):
        answer = await routing.act(routing.holder(name) or "", name, "outcome", {"result": "lost"} | body)
        assert answer.status_code == 200, answer.text
    assert [routing.progressed(name)[-1].code for name in ("ada", "eva")] == ["price", "competitor"]


async def test_without_a_day_it_wakes_up_when_the_agreement_says_if_nobody_answered(routing: World) -> None:
    await routing.publish_rulebook(with_wake_up("30d"), 2)
    await routing.take("ada")
    rep, body = routing.holder("ada") or "", {"reason": "three calls", "code": "no_answer"}
    refused = await routing.act(rep, "ada", "recycle", {"reason": "busy", "code": "not_now"})
    assert (refused.status_code, "write wake_at" in refused.json()["detail"]) == (422, True)
    first = await routing.act(rep, "ada", "recycle", body, key="k")
    again = await routing.act(rep, "ada", "recycle", body, key="k")
    assert (first.status_code, again.json()) == (200, first.json())
    told = routing.progressed("ada")[-1]
    assert told.wake_at is not None
    assert told.wake_at - told.at == timedelta(days=30)


async def test_an_agreement_that_names_no_time_asks_for_a_day(routing: World) -> None:
    await routing.take("ada")
    body = {"reason": "three calls", "code": "no_answer"}
    answer = await routing.act(routing.holder("ada") or "", "ada", "recycle", body)
    assert answer.status_code == 422
    assert routing.holder("ada") is not None
