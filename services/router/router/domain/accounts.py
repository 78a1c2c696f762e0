"""What a lead's account means for its routing: requests of ours go to whom they know, rivals to nobody."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from lead_events.words import AccountStanding

OURS = frozenset({AccountStanding.CUSTOMER, AccountStanding.PARTNER, AccountStanding.OPEN_DEAL})
"""Standings whose requests go to the account's owner first."""
IN_WORDS = {
    AccountStanding.CUSTOMER: "a customer",
    AccountStanding.PARTNER: "a partner",
    AccountStanding.OPEN_DEAL: "in an open deal",
    AccountStanding.COMPETITOR: "a competitor",
    AccountStanding.NONE: "an account",
}


class Named(Protocol):
    """A rep as the CRM may name them."""

    @property
    def id(self) -> str: ...  # noqa: D102 - named as it is
    @property
    def email(self) -> str: ...  # noqa: D102 - named as it is


def standing_of(account: Mapping[str, Any] | None) -> AccountStanding:
    """What an account is to us; none where no account is known."""
    return AccountStanding(account["standing"]) if account else AccountStanding.NONE


def named_owner(account: Mapping[str, Any] | None) -> str | None:
    """Whoever the CRM names as an account's owner, whatever it is to us."""
    owner: str | None = account.get("owner") if account else None
    return owner


def owner_of(account: Mapping[str, Any] | None) -> str | None:
    """As the CRM names whoever looks after one of ours; nobody looks after a lead of the others yet."""
    if account is None or standing_of(account) not in OURS:
        return None
    return named_owner(account)


def rep_named(named: str | None, reps: Iterable[Named]) -> str | None:
    """The rep's id, by id or e-mail; None for whom the roster does not know."""
    wanted = (named or "").strip().casefold()
    return next((rep.id for rep in reps if wanted in (rep.id.casefold(), rep.email.casefold())), None)


def reps_named(named: Iterable[str], reps: Iterable[Named]) -> dict[str, str]:
    """The reps' ids by these names, as `rep_named` finds them; whom the roster does not know is left out."""
    ids: dict[str, str] = {}
    for rep in reps:
        ids.setdefault(rep.id.casefold(), rep.id)
        ids.setdefault(rep.email.casefold(), rep.id)
    found = {name: ids.get(name.strip().casefold()) for name in named}
    return {name: rep for name, rep in found.items() if rep is not None}
