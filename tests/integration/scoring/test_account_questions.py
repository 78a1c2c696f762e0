"""Questions whose account a company is go from the list once they need no answer any more."""

from typing import Any

import httpx

from tests.integration.scoring import test_accounts as base
from tests.integration.scoring.conftest import World
from tests.integration.scoring.test_accounts import bulk, catch_up, put, submit, told

api = base.api


async def unsure(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get("/v1/accounts/unsure")).json()["unsure"]
    return found


async def test_a_question_goes_once_the_domain_makes_the_match_sure(
    world: World, api: httpx.AsyncClient
) -> None:
    await put(api, domains=[])
    await submit(world, email="eva@acme-robotics.example", company="Acme Robotics")
    await submit(world, email="leo@gmail.com", company="Acme Robotics")
    assert len(await unsure(api)) == 2
    await put(api)
    await catch_up(world)
    assert [told(event) for event in bulk(world)] == [("A-1", "customer", "ana")]
    [left] = await unsure(api)
    assert left["domain"] is None, "who has no address of the company is still asked about"


async def test_a_question_goes_once_nobody_is_called_so_and_comes_back_with_the_name(
    world: World, api: httpx.AsyncClient
) -> None:
    await put(api)
    await submit(world, email="leo@gmail.com", company="Acme Robotics")
    await put(api, name="Zeta Foods")
    await catch_up(world)
    assert await unsure(api) == []
    await put(api)
    await catch_up(world)
    assert len(await unsure(api)) == 1


async def test_who_gives_a_tax_id_answers_nothing_for_others_of_the_name(
    world: World, api: httpx.AsyncClient
) -> None:
    await put(api, domains=[], tax_id=None)
    await submit(world, email="eva@gmail.com", company="Acme Robotics", attributes={"nif": "B12345678"})
    await put(api, domains=[])
    await catch_up(world)
    assert [told(event) for event in bulk(world)] == [("A-1", "customer", "ana")]
    assert len(await unsure(api)) == 1
    await submit(world, email="leo@gmail.com", company="Acme Robotics")
    assert len(await unsure(api)) == 1


async def test_zeros_in_a_field_for_tax_ids_are_nobodys(world: World, api: httpx.AsyncClient) -> None:
    refused = await api.put("/v1/accounts/A-1", json={"name": "Zeta", "tax_id": "00000000"})
    assert "is no tax id" in refused.text
    await put(api, domains=[], tax_id="B12345678")
    await submit(world, email="eva@gmail.com", attributes={"nif": "0000-0000"})
    assert told(world.scored()[-1]) is None
