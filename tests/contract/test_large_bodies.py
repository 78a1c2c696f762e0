"""Operators' routes take a whole rulebook of who shows a token, and of nobody else."""

from pathlib import Path

import pytest

from service_kit.body_limit import LARGEST_OF_STRANGERS
from tests.contract.access_world import OPERATOR, bearer, built, client_of

LISTS = b"[" + b"[]," * (LARGEST_OF_STRANGERS // 3) + b"[]]"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("service", "path"),
    [("scoring", "/v1/rulebooks"), ("router", "/v1/routing/moves")],
)
async def test_a_large_body_is_taken_apart_only_for_who_shows_a_token(
    service: str, path: str, database_dsn: str, tmp_path: Path
) -> None:
    async with client_of(built(service, database_dsn, tmp_path)) as client:
        nobody = await client.post(path, content=LISTS, headers=JSON)
        wrong = await client.post(path, content=LISTS, headers=JSON | bearer("wrong"))
        operator = await client.post(path, content=LISTS, headers=JSON | bearer(OPERATOR))
    assert [nobody.status_code, wrong.status_code] == [401, 401]
    assert operator.status_code == 422, operator.text
