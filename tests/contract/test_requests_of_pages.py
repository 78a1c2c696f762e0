"""What pages ask a service over HTTP, a service answers."""

import re
from functools import cache

from tests.contract.documents import ROOT, documents
from tests.contract.test_openapi import SERVICES, _document, _operations

NAMED = re.compile(
    r"(?:\b(GET|POST|PUT|PATCH|DELETE) (?:http[^\s/]*//[^\s/]+)?)?"
    r"(/v1/(?:\{[^}\s]*\}|[^\s`\"'),;|?{}])*|:8080/[a-z]+\b)"
)
"""A path in a page, with its method where that stands there."""
OTHERS = frozenset({"/v1/query", "/v1/query_range", "/v1/traces"})
"""Prometheus' own (`/api/v1/query`), and that of a collector of traces."""
PROBES = frozenset({"/healthz", "/readyz", "/servez", "/metrics"})
AT_LEAST = 200
"""So many are named; fewer are found when pages are written in another way."""


@cache
def _routes() -> frozenset[tuple[str, str]]:
    """Method and path of each, of all services."""
    of_each = map(_document, SERVICES)
    return frozenset((method, path) for each in of_each for path, method, _ in _operations(each))


def _named() -> list[tuple[str, str, str]]:
    """Page, method if told, and path."""
    pages = [each for each in documents() if each.name != "CHANGELOG.md" and each.parent.name != "decisions"]
    return [
        (str(page.relative_to(ROOT)), method, path.removeprefix(":8080").rstrip("/."))
        for page in pages
        for method, path in NAMED.findall(page.read_text(encoding="utf-8"))
    ]


def _fits(route: str, path: str) -> bool:
    """Whether a path may be of a route: any word stands for a parameter."""
    theirs, ours = route.split("/"), path.split("/")
    return len(theirs) == len(ours) and all(
        word.startswith("{") or word == named for word, named in zip(theirs, ours, strict=True)
    )


def _is_answered(method: str, path: str) -> bool:
    return path in OTHERS | PROBES | {"/v1"} or any(
        method in ("", each) and _fits(route, path) for each, route in _routes()
    )


def test_a_request_that_a_page_names_is_answered_by_a_service() -> None:
    named = _named()
    assert len(named) >= AT_LEAST
    assert [each for each in named if not _is_answered(*each[1:])] == []
