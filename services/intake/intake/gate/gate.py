"""Everything that judges who posts rather than what, behind one door."""

import math
from collections.abc import Callable
from datetime import datetime

from intake import metrics
from intake.domain.refusals import Refusal
from intake.domain.submission import Read
from intake.domain.suspicion import Filled, consent_missing, suspicion
from intake.domain.technical import Technical
from intake.domain.verdict import quarantined
from intake.forms import Found
from intake.gate.captcha import Proven, Provider
from intake.gate.limits import Admission, RateLimits
from intake.gate.tokens import FormTokens
from intake.gate.waves import Waves
from intake.posts import Posted
from lead_events import Verdict
from lead_events.words import QuarantineReason
from rulebook.mapping import Mapped
from rulebook.models import Form
from service_kit.clock import Clock

_CAPTCHA = {
    Proven.FAILED: (QuarantineReason.CAPTCHA_FAILED, "without a good proof that a person sent it"),
    Proven.UNAVAILABLE: (
        QuarantineReason.CAPTCHA_UNAVAILABLE,
        "the captcha's provider did not say whether a person sent it",
    ),
}


class Gate:
    """Limits, fill tokens, captcha and waves of one process. Nothing here drops a submission."""

    def __init__(
        self,
        clock: Clock,
        tokens: FormTokens,
        captcha: Provider,
        *,
        is_disposable: Callable[[str], bool],
        limits: RateLimits | None = None,
    ) -> None:
        self._clock = clock
        self._tokens = tokens
        self._captcha = captcha
        self._is_disposable = is_disposable
        self._limits = limits or RateLimits()
        self.waves = Waves()

    def admit(self, posted: Posted, found: Found) -> Admission:
        """Whether the post is within the limits. Raises Refusal (429) when it is far beyond one; what is just
        beyond is read all the same, as it may be a repeat."""
        now = self._clock.monotonic()
        admission = self._limits.admit(found, posted.form_key, posted.address, now)
        if admission.over is not None and self._limits.is_flood(admission, now):
            raise too_many(admission)
        return admission

    def settle(self, admission: Admission, *, is_repeat: bool) -> None:
        """Forgive a repeat. Raises Refusal (429) for anything else beyond a limit."""
        if is_repeat:
            self._limits.forgive(admission)
        elif admission.over is not None:
            raise too_many(admission)

    def suspicion(
        self, form: Form, mapped: Mapped, technical: Technical, received_at: datetime
    ) -> Verdict | None:
        """What speaks against a submission by the form's policy, from the submission alone."""
        filled: Filled | None = None
        if form.spam.min_fill is not None:
            filled = self._tokens.read(form.key, technical.token, received_at)
        return suspicion(form, mapped, filled, is_disposable=self._is_disposable) or consent_missing(
            form, mapped
        )

    async def verdict(
        self, read: Read, technical: Technical, address: str, *, within: float, is_repeat: bool = False
    ) -> Verdict:
        """The verdict in the end: by the captcha's provider, if it answers `within` so many seconds, and by
        what else comes to the form now. A repeat is no other use of its token, and no other suspect."""
        form, verdict = read.form, read.verdict
        if form.spam.min_fill is not None and not is_repeat:
            self._tokens.use(form.key, technical.token)
        if form.spam.captcha is not None and verdict.reason is None:
            proven = await self._captcha.verify(
                form.spam.captcha, technical.captcha, address, read.submission_id, within
            )
            metrics.CAPTCHA.labels(proven.value).inc()
            if proven is not Proven.PERSON:
                verdict = quarantined(*_CAPTCHA[proven])
        if is_repeat and verdict.reason is not None:
            return verdict
        return self.waves.verdict(read.form_id, form, verdict, self._clock.monotonic())


def too_many(admission: Admission) -> Refusal:
    """429, with the time after which one more is taken."""
    seconds = max(1, math.ceil(admission.wait))
    whose, limit = (
        ("this address", admission.address_limit)
        if admission.over == "address"
        else ("this form", admission.form_limit)
    )
    return Refusal(
        429,
        "Too many posts",
        f"more than {limit} posts a minute for {whose}: send it again in {seconds} "
        f"{'second' if seconds == 1 else 'seconds'}",
        retry_after=seconds,
    )
