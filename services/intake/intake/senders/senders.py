"""Checks who posts, by the scheme that the form names; tells the operator where nothing can be checked."""

from datetime import datetime
from typing import NamedTuple

from intake import metrics
from intake.domain.bodies import decode
from intake.domain.refusals import Refusal
from intake.domain.signatures import (
    HEADERS,
    SIGNATURES,
    Proof,
    Request,
    SecretUnusable,
    matches,
    require_usable,
)
from intake.posts import Posted
from intake.senders.in_body import secret_path, sent_secret
from rulebook.models import Form
from rulebook.models.forms import Signature
from service_kit.clock import Clock
from service_kit.logs import logger
from service_kit.secrets import SecretMissing, Secrets

_log = logger(__name__)
_RETRY_SECONDS = 60
_TITLE = "The sender is not proven"
_SAYS = {
    Proof.MALFORMED: "is not of the form that this scheme has",
    Proof.STALE: "was signed too long ago, or by a clock that goes wrong: sign each attempt anew",
    Proof.WRONG: "does not belong to this body: sign the bytes exactly as they are sent, with the secret "
    "that this form was given",
}


class Unproven(NamedTuple):
    """Posts refused one after another, with no good one among them. `proof`: what was wrong with the last."""

    posts: int
    since: datetime
    proof: Proof


class SenderUnchecked(Refusal):
    """503: whether the sender is who it should be cannot be checked here, by no fault of its own."""

    def __init__(self) -> None:
        super().__init__(
            503,
            "The sender cannot be checked now",
            f"this form's secret is not set up here yet: send it again in {_RETRY_SECONDS} seconds",
            retry_after=_RETRY_SECONDS,
        )


class Senders:
    """Proves senders. `public_url`: how vendors reach this intake, for schemes that sign the address."""

    def __init__(self, secrets: Secrets, clock: Clock, *, public_url: str = "") -> None:
        self._secrets = secrets
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._unproven: dict[str, Unproven] = {}

    def verify(self, posted: Posted, form: Form) -> str | None:
        """The scheme by which the sender proved itself; None where the form asks for nothing.

        Raises Refusal: 401 for whoever did not prove itself; for a key among the fields also what decoding
        raises. Raises SenderUnchecked, a 503, where this intake cannot check.
        """
        signature = form.signature
        if signature is None:
            return None
        try:
            proof = self._proof(posted, form, signature)
        except (SecretMissing, SecretUnusable) as error:
            metrics.SENDERS.labels(signature.scheme, Proof.UNUSABLE.value).inc()
            _log.error(
                "a form's sender cannot be checked: `baton form list` says what is missing",
                form=form.name,
                scheme=signature.scheme,
                secret=signature.secret,
                why=str(error),
            )
            raise SenderUnchecked from error
        metrics.proved(signature.scheme, proof.value).inc()
        self._note(form, proof)
        if proof is Proof.GOOD:
            return signature.scheme
        raise Refusal(401, _TITLE, _detail(form, signature, proof))

    def require_usable(self, signature: Signature) -> tuple[str, ...]:
        """The values by which senders are checked. Raises SecretMissing or SecretUnusable."""
        values = self._secrets.all_of(signature.secret)
        if signature.scheme == "hubspot_v3" and not self._public_url:
            raise SecretUnusable(
                "the address is signed too: set BATON_PUBLIC_URL to how vendors reach intake"
            )
        try:
            require_usable(signature.scheme, values)
        except SecretUnusable as error:
            raise SecretUnusable(f"the secret {signature.secret!r} cannot be used: {error}") from error
        return values

    def unproven(self, form: Form) -> Unproven | None:
        """What this process has refused since the form's last good post; None for nothing."""
        return self._unproven.get(form.key)

    def _note(self, form: Form, proof: Proof) -> None:
        before = self._unproven.pop(form.key, None)
        if proof is not Proof.GOOD:
            since = before.since if before else self._clock.now()
            self._unproven[form.key] = Unproven(before.posts + 1 if before else 1, since, proof)

    def known_values(self, form: Form) -> tuple[str, ...]:
        """The values of the form's secret that are good now; none where it has none."""
        try:
            return self._secrets.all_of(form.signature.secret) if form.signature else ()
        except SecretMissing:
            return ()

    def _proof(self, posted: Posted, form: Form, signature: Signature) -> Proof:
        values = self.require_usable(signature)
        check = SIGNATURES.get(signature.scheme)
        if check is None:
            return _shared(posted, form, signature, values)
        query = f"?{posted.query.decode('latin-1')}" if posted.query else ""
        uri = f"{self._public_url}/v1/forms/{posted.form_key}/submissions{query}"
        request = Request(posted.headers, posted.body, uri, self._clock.now(), signature.tolerance)
        return check(request, values)


def delivery_id(posted: Posted, sender: str | None) -> str | None:
    """The sender's own id of this delivery, the same in each of its attempts; None where it has none."""
    if sender != "standard_webhooks":
        return None
    return posted.headers[b"webhook-id"].decode("ascii")


def _shared(posted: Posted, form: Form, signature: Signature, values: tuple[str, ...]) -> Proof:
    good = [value.encode() for value in values]
    if signature.header is not None:
        sent = posted.headers.get(signature.header.lower().encode(), b"")
        if signature.header.lower() == "authorization":
            good += [b"Bearer " + value for value in good]
    else:
        path = secret_path(form)
        if path is None:
            raise SecretUnusable("the form does not say where it comes: write `header` or `field`")
        sent = (
            sent_secret(decode(posted.content_type, posted.body).fields, path, posted.query) or ""
        ).encode("utf-8", "replace")
    if not sent:
        return Proof.MISSING
    return Proof.GOOD if matches(sent, good) else Proof.WRONG


def _detail(form: Form, signature: Signature, proof: Proof) -> str:
    """What to send instead. It tells nothing of the secret: what is missing or old anybody sees."""
    path = secret_path(form)
    if path is not None:
        what = "is missing: send the key" if proof is Proof.MISSING else "is not the key: send the one"
        return f"{path} {what} that this form was given"
    headers = HEADERS.get(signature.scheme) or (signature.header or "",)
    names = " and ".join((", ".join(headers[:-1]), headers[-1])) if len(headers) > 1 else headers[0]
    if proof is Proof.MISSING:
        return f"this form takes posts with {names}: turn the vendor's signature on"
    if signature.scheme == "shared_secret":
        return f"{names} does not hold the secret that this form was given"
    return f"{headers[-1] if proof is Proof.STALE else names} {_SAYS[proof]}"
