"""What an operator does on a new installation: publish the rulebook, give the reps their tokens."""

from dataclasses import dataclass
from typing import Any

import httpx

from baton_dev.errors import PartFailedError


@dataclass(frozen=True)
class Published:
    """The rulebook's version now stored, and whether this run published it."""

    version: int
    is_new: bool
    effective_from: str


class Operator:
    """The operator's calls to one running stack."""

    def __init__(self, token: str, *, scoring: str, router: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._scoring = httpx.Client(base_url=scoring, headers=headers, timeout=20, trust_env=False)
        self._router = httpx.Client(base_url=router, headers=headers, timeout=20, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._scoring.close()
        self._router.close()

    def publish(self, rulebook: dict[str, Any], published_by: str) -> Published:
        """Publish `rulebook` unless the newest version says the same."""
        newest = self._newest()
        if newest is not None and newest["rulebook"] == rulebook:
            return Published(newest["version"], is_new=False, effective_from=newest["effective_from"])
        body = {"rulebook": rulebook, "published_by": published_by}
        answer = _checked(self._scoring.post("/v1/rulebooks", json=body), "publishing the rulebook")
        return Published(answer["version"], is_new=True, effective_from=answer["effective_from"])

    def reps(self) -> dict[str, str]:
        """Return the roster: each rep's id and name."""
        answer = _checked(self._router.get("/v1/reps"), "reading the roster")
        return {rep["id"]: rep["name"] for rep in _items(answer, "reps")}

    def rep_token(self, rep_id: str) -> str:
        """Return a new bearer token of one rep."""
        answer = _checked(self._router.post(f"/v1/reps/{rep_id}/tokens"), f"making a token for {rep_id}")
        return str(answer["token"])

    def _newest(self) -> dict[str, Any] | None:
        versions = _items(_checked(self._scoring.get("/v1/rulebooks"), "reading the rulebooks"), "rulebooks")
        if not versions:
            return None
        newest = max(version["version"] for version in versions)
        answer: dict[str, Any] = _checked(self._scoring.get(f"/v1/rulebooks/{newest}"), "reading a rulebook")
        return answer


def _items(answer: Any, name: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = answer if isinstance(answer, list) else answer[name]
    return items


def _checked(response: httpx.Response, doing: str) -> Any:
    if response.is_error:
        raise PartFailedError(
            f"{doing} failed: {response.request.url} answered {response.status_code} {response.text}"
        )
    return response.json()
