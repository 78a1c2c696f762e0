"""What pages ask PostgreSQL can be asked: tables, columns and functions are there."""

import re
from collections.abc import Iterator

import psycopg
import pytest

from router.main import PACKAGES as ROUTER
from scoring.main import PACKAGES as SCORING
from service_kit.migrate import migrate
from sla_monitor.main import PACKAGES as SLA_MONITOR
from tests.contract.documents import ROOT, documents

STORES = {"scoring": SCORING, "router": ROUTER, "sla_monitor": SLA_MONITOR}
QUERY = re.compile(
    r"`(SELECT [^`]+)`|\"(SELECT [^\"]+)\"|^ *(SELECT .+?)(?:;|\n *\n|\n *```|\Z)", re.MULTILINE | re.DOTALL
)
"""In a line, behind `psql -c`, or on lines of its own."""
AT_LEAST = 15
"""So many are there; fewer are found when pages are written in another way."""


def _queries() -> Iterator[tuple[str, str]]:
    """Where one begins, and its text with a number for each word in capitals that stands for one."""
    for file in documents():
        if file.name == "CHANGELOG.md" or file.parent.name == "decisions":
            continue
        text = file.read_text(encoding="utf-8")
        for found in QUERY.finditer(text):
            (query,) = (each for each in found.groups() if each)
            line = text[: found.start()].count("\n") + 1
            asked = query.partition("\\")[0]  # behind it a word for psql
            yield f"{file.relative_to(ROOT)}:{line}", re.sub(r"\([A-Z]+\)", "(0)", asked).strip(" ;\n")


@pytest.fixture
def stores(database_dsn: str) -> str:
    """A database in which all three stores are, empty."""
    for schema, packages in STORES.items():
        migrate(database_dsn, schema=schema, packages=packages)
    return database_dsn


def test_a_query_that_a_page_shows_is_understood_by_the_stores(stores: str) -> None:
    found = dict(_queries())
    assert len(found) >= AT_LEAST
    wrong = {}
    with psycopg.connect(stores, autocommit=True) as conn:
        for place, query in found.items():
            try:
                conn.execute(f"EXPLAIN {query}".encode())
            except psycopg.Error as error:
                wrong[place] = f"{query}: {error}"
    assert wrong == {}
