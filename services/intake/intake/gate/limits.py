"""How much one form takes, and one address sends. Counted by each process for itself.

Own buckets rather than the package `limits`: its in-memory strategies took 8 to 15 microseconds a hit on the
machine of docs/measurements.md, a tenth of a request for two of them; these take one.
"""

from typing import NamedTuple

from intake import metrics
from intake.domain.buckets import Buckets
from intake.domain.networks import counted_as
from intake.forms import Found

MOST_KEYS = 50_000
"""Addresses remembered at least; a bucket that is forgotten is full again."""


class Admission(NamedTuple):
    """What was taken for one post. `over`: which limit it is beyond, None when within; `wait`: seconds."""

    form_key: str
    form_limit: int
    network: str | None
    address_limit: int
    over: str | None = None
    wait: float = 0.0


class RateLimits:
    """By publishable key (a form's old keys have buckets of their own, so that a flood on a key that leaked
    leaves the form's new one alone), and by form and address.

    The address does not count where the sender has to prove itself, nor when it is private: that is a proxy
    whose visitors stand behind it (settings.trusted_proxies tells them apart).
    """

    def __init__(self, size: int = MOST_KEYS) -> None:
        self._forms = Buckets(1_000)
        self._addresses = Buckets(size)
        self._beyond = Buckets(size)

    def admit(self, found: Found, form_key: str, address: str, now: float) -> Admission:
        """Take one post's worth from every bucket, or from none."""
        form = found.form
        limits = form.limits
        network = None if form.signature else counted_as(address)
        admission = Admission(form_key, limits.per_minute, network, limits.per_address_per_minute)
        if network:
            wait = self._addresses.take((form_key, network), limits.per_address_per_minute, now)
            if wait:
                return self._over(admission, "address", wait)
        wait = self._forms.take(form_key, limits.per_minute, now)
        if not wait:
            return admission
        if network is not None:
            self._addresses.give_back((form_key, network), limits.per_address_per_minute)
        return self._over(admission, "form", wait)

    def is_flood(self, admission: Admission, now: float) -> bool:
        """Whether it is so far beyond the limit (as much again) that it is not even read any more."""
        if admission.over == "address":
            key = (admission.form_key, admission.network)
            return self._beyond.take(key, admission.address_limit, now) > 0
        return self._beyond.take(admission.form_key, admission.form_limit, now) > 0

    def forgive(self, admission: Admission) -> None:
        """It was a repeat of what is known already: whoever clicks twice is no abuser."""
        if admission.over is not None:
            return
        self._forms.give_back(admission.form_key, admission.form_limit)
        if admission.network is not None:
            self._addresses.give_back((admission.form_key, admission.network), admission.address_limit)

    def _over(self, admission: Admission, which: str, wait: float) -> Admission:
        metrics.RATE_LIMITED.labels(which).inc()
        return admission._replace(over=which, wait=wait)
