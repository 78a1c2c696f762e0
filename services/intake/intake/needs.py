"""What each form needs of this process beside the rulebook: secrets, and which of them have no value here.

What a post hears whose sender cannot be checked (docs/decisions/0009): 503 with Retry-After where the scheme
is that of a vendor who sends again for hours or days, as the next attempt is proven and goes to a rep;
202 and quarantine (`sender_unchecked`) for `shared_secret`, which is whatever tool one has: many send once.
Nothing is remembered here: secrets are looked up at each question, so a fault ends when the value is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from intake.domain.signatures import SecretUnusable
from intake.forms import Forms
from intake.senders import Senders
from rulebook.models import Form
from rulebook.models.forms import Signature
from service_kit.secrets import SecretMissing, Secrets


class Use(StrEnum):
    """What a secret is for."""

    SIGNATURE = "signature"  # to know that the vendor sends
    CHALLENGE = "challenge"  # to answer a vendor that makes sure of the address
    CAPTCHA = "captcha"
    FETCH = "fetch"  # to ask the vendor for leads


_HEARD = "posts are answered 503, and lost once their vendor gives up"
_KEPT = "posts wait in quarantine (sender_unchecked)"
_EFFECTS = {
    Use.SIGNATURE: _HEARD,
    Use.CHALLENGE: "the vendor's challenge is answered 503, so that its webhook cannot be turned on",
    Use.CAPTCHA: "posts wait in quarantine (captcha_unavailable)",
    Use.FETCH: "no lead is fetched; notices wait for up to ten days",
}


@dataclass(frozen=True, slots=True)
class Lack:
    """A secret without a usable value. `why` says where to put it, `effect` what posts hear until then."""

    use: Use
    secret: str
    why: str
    effect: str


def waits_unchecked(signature: Signature) -> bool:
    """Whether a post that cannot be checked is kept in quarantine rather than answered 503."""
    return signature.scheme == "shared_secret"


class Needs:
    """The forms in force here and what they lack, as of now."""

    def __init__(self, forms: Forms, senders: Senders, secrets: Secrets) -> None:
        self._forms = forms
        self._senders = senders
        self._secrets = secrets

    def count(self, use: Use, at: datetime) -> int:
        """How many forms lack the secret for that use."""
        return sum(
            any(lack.use is use for lack in self.lacks(form)) for form in self._forms.in_force(at).values()
        )

    def as_json(self, at: datetime) -> list[dict[str, Any]]:
        """Every form in force by id."""
        return [self._form(form_id, form) for form_id, form in sorted(self._forms.in_force(at).items())]

    def lacks(self, form: Form) -> list[Lack]:
        """The secrets that are missing. A retired form needs none, unless it takes notices: its posts wait in
        quarantine whoever sends them."""
        if form.status == "retired" and form.fetch is None:
            return []
        return list(self._lacks(form))

    def _lacks(self, form: Form) -> Iterator[Lack]:
        if form.signature is not None:
            yield from self._sender(form, form.signature)
        others = {
            Use.CHALLENGE: form.signature.verify_token if form.signature else None,
            Use.CAPTCHA: form.spam.captcha.secret if form.spam.captcha else None,
            Use.FETCH: form.fetch.token if form.fetch else None,
        }
        for use, name in others.items():
            if name is not None and (why := self._missing(name)) is not None:
                yield Lack(use, name, why, _EFFECTS[use])

    def _sender(self, form: Form, signature: Signature) -> Iterator[Lack]:
        effect = _KEPT if waits_unchecked(signature) and form.fetch is None else _HEARD
        try:
            self._senders.require_usable(signature)
        except (SecretMissing, SecretUnusable) as error:
            yield Lack(Use.SIGNATURE, signature.secret, str(error), effect)

    def _missing(self, name: str) -> str | None:
        try:
            self._secrets.all_of(name)
        except SecretMissing as error:
            return str(error)
        return None

    def _form(self, form_id: str, form: Form) -> dict[str, Any]:
        unproven = self._senders.unproven(form) if form.status == "active" else None
        return {
            "form": form_id,
            "name": form.name,
            "key": form.key,
            "status": form.status,
            "signature": form.signature.scheme if form.signature else None,
            "lacks": [
                self._told(lack) | {"detail": f"form {form_id}: {lack.why}. Until then {lack.effect}."}
                for lack in self.lacks(form)
            ],
            "unproven": {"posts": unproven.posts, "since": unproven.since, "proof": unproven.proof}
            if unproven
            else None,
        }

    def _told(self, lack: Lack) -> dict[str, Any]:
        variable, file = self._secrets.places(lack.secret)
        return {
            "use": lack.use,
            "secret": lack.secret,
            "variable": variable,
            "file": str(file) if file else None,
            "effect": lack.effect,
        }
