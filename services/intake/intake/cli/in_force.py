"""The forms of the rulebook in force, and the wait for one that was published a moment ago, over HTTP."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from baton_cli.client import Client, items
from baton_cli.errors import FoundNothing
from baton_cli.moments import brief_utc
from baton_cli.output import progress
from baton_cli.stack import Service
from intake.cli.served import served_forms

SOON_SECONDS = 90.0
"""So long a form that is published already is waited for; a publication takes 30 s to come into force."""
_BETWEEN_LOOKS = 1.0


def forms_in_force(client: Client) -> dict[str, dict[str, Any]]:
    """The forms of the rulebook in force by id."""
    active = client.get(Service.SCORING, "/v1/rulebooks/active")
    forms: dict[str, dict[str, Any]] = active["rulebook"]["forms"]
    return dict(sorted(forms.items()))


@dataclass
class Arrival:
    """The wait for a form until it is in force and intake serves it.

    Whether it is there the services say: the clock of this machine, which may go wrong, decides nothing.
    """

    client: Client
    seconds: float = SOON_SECONDS
    monotonic: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep

    def of(self, name: str) -> dict[str, Any]:
        """The form. Raises FoundNothing for one that no version in force or to come has, and when time is
        up."""
        found, awaited = self._look(name)
        if awaited is None:
            return found
        until = self.monotonic() + self.seconds
        progress(f"{awaited}: waiting up to {self.seconds:g} s for it ...")
        while self.monotonic() < until:
            self.pause(_BETWEEN_LOOKS)
            found, awaited = self._look(name)
            if awaited is None:
                return found
        raise FoundNothing(
            f"After {self.seconds:g} s form {name} cannot be posted to. {awaited}: try again then, or see "
            "`baton status` for what is behind."
        )

    def _look(self, name: str) -> tuple[dict[str, Any], str | None]:
        """The form, and what it still waits for."""
        active = self.client.get(Service.SCORING, "/v1/rulebooks/active")
        forms = active["rulebook"]["forms"]
        if name not in forms:
            coming = self._coming(active, name)
            if coming is None:
                raise FoundNothing(_unknown(forms, name))
            return {}, (
                f"Form {name} comes with version {coming['version']} of the rulebook, which holds from "
                f"{brief_utc(coming['effective_from'])}"
            )
        served = served_forms(self.client)
        if served and name not in served:
            return {}, f"The rulebook in force has form {name}, and intake has not read that version yet"
        return forms[name], None

    def _coming(self, active: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
        """The first version after the one in force that has the form."""
        versions = items(self.client.get(Service.SCORING, "/v1/rulebooks"), "versions")
        for each in sorted(versions, key=_place):
            if _place(each) > _place(active):
                version = self.client.get(Service.SCORING, f"/v1/rulebooks/{each['version']}")
                if name in version["rulebook"]["forms"]:
                    return each
        return None


def _place(version: Mapping[str, Any]) -> tuple[datetime, int]:
    """In the order in which versions come into force, as `rulebook.versions.History` has it."""
    return datetime.fromisoformat(version["effective_from"]), version["version"]


def _unknown(forms: Mapping[str, Any], name: str) -> str:
    near = get_close_matches(name, forms, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(forms))}."
    return f"The rulebook in force has no form {name!r}; {hint}"
