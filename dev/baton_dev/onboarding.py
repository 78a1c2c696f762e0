"""What an operator does on a new installation: publish the rulebook, give the reps their tokens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from baton_dev.errors import PartFailedError
from rulebook.publication import checksum


@dataclass(frozen=True)
class Published:
    """The newest version of the rulebook, and whether this run published it."""

    version: int
    is_new: bool
    effective_from: datetime

    def is_awaited(self, now: datetime) -> bool:
        """Tell whether the version takes effect only later; the first one holds from the beginning."""
        return self.version > 1 and self.effective_from > now


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
        versions = _checked(self._scoring.get("/v1/rulebooks"), "reading the rulebooks")["versions"]
        newest = max(versions, key=lambda version: version["version"], default=None)
        if newest is not None and newest["checksum"] == checksum(rulebook):
            return _published(newest, is_new=False)
        body = {"rulebook": rulebook, "published_by": published_by}
        answer = _checked(self._scoring.post("/v1/rulebooks", json=body), "publishing the rulebook")
        return _published(answer, is_new=True)

    def reps(self) -> dict[str, str]:
        """Return the roster: each rep's id and name."""
        answer = _checked(self._router.get("/v1/reps"), "reading the roster")
        return {rep["id"]: rep["name"] for rep in answer["reps"]}

    def rep_token(self, rep_id: str) -> str:
        """Return a new bearer token of one rep."""
        answer = _checked(self._router.post(f"/v1/reps/{rep_id}/tokens"), f"making a token for {rep_id}")
        return str(answer["token"])


def _published(version: dict[str, Any], *, is_new: bool) -> Published:
    return Published(version["version"], is_new, datetime.fromisoformat(version["effective_from"]))


def _checked(response: httpx.Response, doing: str) -> Any:
    if response.is_error:
        raise PartFailedError(
            f"{doing} failed: {response.request.url} answered {response.status_code} {response.text[:500]}"
        )
    return response.json()
