"""What a visitor is told about versions of the rulebook: when they hold, and how to keep the demo's hours."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from baton_dev.demo import has_other_hours
from baton_dev.onboarding import Published

LONGEST_WAIT = 60.0
"""Seconds for which samples wait for a version; one that takes effect later is only named."""


@dataclass
class Publications:
    """Notes the versions that others publish while the demo runs. `rulebook` is the demo's own."""

    scoring: str
    operator: dict[str, str]
    rulebook: dict[str, Any]
    folder: Path
    newest: int
    as_written: bool

    async def look(self, client: httpx.AsyncClient) -> str | None:
        """Return what to say about a version published since the last look."""
        url = f"{self.scoring}/v1/rulebooks"
        answer = await client.get(url, params={"limit": 1}, headers=self.operator)
        versions = answer.json()["versions"] if answer.is_success else []
        if not versions or versions[0]["version"] <= self.newest:
            return None
        whole = await client.get(f"{url}/{versions[0]['version']}", headers=self.operator)
        if not whole.is_success:
            return None
        self.newest = versions[0]["version"]
        return self.about(whole.json())

    def about(self, published: dict[str, Any]) -> str:
        """Return the news of one version as scoring tells it."""
        at = clock(datetime.fromisoformat(published["effective_from"]))
        said = f"Rulebook version {published['version']}, published by {published['published_by']}, "
        said += f"takes effect at {at}."
        if self.as_written or not has_other_hours(published["rulebook"], self.rulebook):
            return said
        return (
            f"{said} It ends the demo's hours: offices close, and promises last, as it says. "
            f"To publish the same with the demo's hours:\n{how_to_keep_hours(self.folder)}"
        )


def how_to_keep_hours(folder: Path) -> str:
    """Return the command that publishes an edited rulebook with the demo's hours."""
    return f"  .venv/bin/baton rulebook publish {folder}"


def why_samples_wait(published: Published, now: datetime) -> str:
    """Return the sentence about a version that is not in force yet, as `make run` starts."""
    what = "differs from the one before" if published.is_new else "was published before"
    away = (published.effective_from - now).total_seconds()
    said = f"Rulebook version {published.version} {what} and takes effect at "
    if away > LONGEST_WAIT:
        return (
            f"{said}{published.effective_from.astimezone():%a %d %b %H:%M}: until then the older one holds."
        )
    return f"{said}{clock(published.effective_from)}, in {away:.0f} s: the samples wait for it."


def clock(moment: datetime) -> str:
    """Return a moment as this machine's clock shows it."""
    return f"{moment.astimezone():%H:%M:%S}"
