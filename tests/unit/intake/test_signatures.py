"""A vendor's post passes by the vendor's own scheme, over the bytes as sent; nothing else does."""

import base64
import hashlib
import hmac
import random
import string
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from intake.domain.refusals import Refusal
from intake.domain.signatures import HEADERS, SCHEMES, hubspot_uri, matches
from intake.posts import Posted
from intake.senders import Senders, delivery_id, without_secret, without_secrets
from rulebook.models import Form
from rulebook.models.forms import Signature
from service_kit.clock import ManualClock
from service_kit.secrets import Secrets

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = "the-apps-secret-0123456789"
URL = "https://leads.example.com"
PATH = f"{URL}/v1/forms/pk_vendor_1/submissions"
BODY = '{"email":"inigo@example.com","name":"Íñigo 🌸","note":"a\\u001Bb","score":1.0}'.encode()


def form(scheme: str, **more: Any) -> Form:
    document = {
        "name": "Vendor",
        "key": "pk_vendor_1",
        "source": "ads",
        "fields": {"email": "email"},
        "signature": {"scheme": scheme, "secret": "vendor-key"} | more,
    }
    return Form.model_validate(document)


def secrets(*values: str) -> Secrets:
    return Secrets(environ={"BATON_SECRET_VENDOR_KEY": "\n".join(values)})


def senders(*values: str, public_url: str = URL) -> Senders:
    return Senders(secrets(*values), ManualClock(NOW), public_url=public_url)


def posted(body: Any = BODY, query: Any = b"", **headers: str) -> Posted:
    named = {name.replace("_", "-").lower().encode(): value.encode() for name, value in headers.items()}
    return Posted("pk_vendor_1", b"application/json", body, [], headers=named, query=query)


def mac(key: str, signed: bytes) -> bytes:
    return hmac.new(key.encode(), signed, hashlib.sha256).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


Headers = dict[str, str]


def of_standard_webhooks(body: bytes, at: datetime = NOW, secret: str = WHSEC) -> Headers:
    signature = Webhook(secret).sign("msg_1", at, body.decode())
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


def of_typeform(body: bytes, at: datetime = NOW, secret: str = KEY) -> Headers:
    return {"typeform-signature": f"sha256={b64(mac(secret, body))}"}


def of_meta(body: bytes, at: datetime = NOW, secret: str = KEY) -> Headers:
    return {"x-hub-signature-256": f"sha256={mac(secret, body).hex()}"}


def of_linkedin(body: bytes, at: datetime = NOW, secret: str = KEY) -> Headers:
    return {"x-li-signature": mac(secret, b"hmacsha256=" + body).hex()}


def of_hubspot(body: bytes, at: datetime = NOW, secret: str = KEY) -> Headers:
    stamp = str(int(at.timestamp() * 1000))
    signed = f"POST{PATH}".encode() + body + stamp.encode()
    return {"x-hubspot-signature-v3": b64(mac(secret, signed)), "x-hubspot-request-timestamp": stamp}


def of_header(body: bytes, at: datetime = NOW, secret: str = KEY) -> Headers:
    return {"x-key": secret}


Sign = Callable[..., Headers]
SIGNERS: list[tuple[str, Sign, str, dict[str, str]]] = [
    ("standard_webhooks", of_standard_webhooks, WHSEC, {}),
    ("typeform", of_typeform, KEY, {}),
    ("meta", of_meta, KEY, {}),
    ("linkedin", of_linkedin, KEY, {}),
    ("hubspot_v3", of_hubspot, KEY, {}),
    ("shared_secret", of_header, KEY, {"header": "X-Key"}),
]
every_signer = pytest.mark.parametrize(
    ("scheme", "sign", "secret", "more"), SIGNERS, ids=[s[0] for s in SIGNERS]
)


def refusal(senders: Senders, posted: Posted, form: Form) -> Refusal:
    with pytest.raises(Refusal) as refused:
        senders.verify(posted, form)
    return refused.value


@every_signer
def test_the_bytes_as_sent_pass_with_escapes_accents_and_emoji(
    scheme: str, sign: Sign, secret: str, more: dict[str, str]
) -> None:
    assert senders(secret).verify(posted(**sign(BODY)), form(scheme, **more)) == scheme


@every_signer
def test_one_space_more_or_another_secret_is_401(
    scheme: str, sign: Sign, secret: str, more: dict[str, str]
) -> None:
    other = (
        "whsec_" + b64(b"another secret of good length...") if scheme == "standard_webhooks" else KEY + "x"
    )
    refused = refusal(senders(secret), posted(**sign(BODY, secret=other)), form(scheme, **more))
    assert (refused.status, "secret" in refused.detail) == (401, True)
    if scheme != "shared_secret":
        assert refusal(senders(secret), posted(BODY + b" ", **sign(BODY)), form(scheme, **more)).status == 401


@every_signer
def test_every_value_of_a_secret_is_good_while_it_is_replaced(
    scheme: str, sign: Sign, secret: str, more: dict[str, str]
) -> None:
    new = (
        "whsec_" + b64(b"the new secret of good length...") if scheme == "standard_webhooks" else "new-secret"
    )
    assert senders(new, secret).verify(posted(**sign(BODY)), form(scheme, **more)) == scheme


@every_signer
def test_without_its_headers_a_post_is_told_their_names(
    scheme: str, sign: Sign, secret: str, more: dict[str, str]
) -> None:
    refused = refusal(senders(secret), posted(), form(scheme, **more))
    assert refused.status == 401
    assert all(name in refused.detail for name in HEADERS.get(scheme, ("X-Key",)))


@every_signer
def test_a_secret_without_a_value_asks_the_vendor_to_come_again(
    scheme: str, sign: Sign, secret: str, more: dict[str, str]
) -> None:
    nothing = Senders(Secrets(environ={}), ManualClock(NOW), public_url=URL)
    refused = refusal(nothing, posted(**sign(BODY)), form(scheme, **more))
    assert (refused.status, refused.retry_after) == (503, 60)
    assert "vendor-key" not in refused.detail


@pytest.mark.parametrize(
    ("scheme", "sign", "secret"),
    [("standard_webhooks", of_standard_webhooks, WHSEC), ("hubspot_v3", of_hubspot, KEY)],
)
@pytest.mark.parametrize(("minutes", "is_good"), [(-6, False), (-4, True), (0, True), (4, True), (6, False)])
def test_a_signed_time_counts_for_five_minutes_either_way(
    scheme: str, sign: Sign, secret: str, minutes: int, is_good: bool
) -> None:
    request = posted(**sign(BODY, at=NOW + timedelta(minutes=minutes)))
    if is_good:
        assert senders(secret).verify(request, form(scheme)) == scheme
    else:
        refused = refusal(senders(secret), request, form(scheme))
        assert (refused.status, "too long ago" in refused.detail) == (401, True)


def test_the_forms_own_tolerance_counts() -> None:
    request = posted(**of_hubspot(BODY, at=NOW - timedelta(minutes=6)))
    assert senders(KEY).verify(request, form("hubspot_v3", tolerance="10m")) == "hubspot_v3"


def test_the_official_vector_of_standard_webhooks() -> None:
    """From the reference implementations' own tests."""
    at = datetime.fromtimestamp(1614265330, UTC)
    request = posted(
        b'{"test": 2432232314}',
        webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        webhook_timestamp="1614265330",
        webhook_signature="v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    )
    verifier = Senders(secrets(WHSEC), ManualClock(at))
    assert verifier.verify(request, form("standard_webhooks")) == "standard_webhooks"


@pytest.mark.parametrize(
    ("sentence", "signatures", "proof"),
    [
        ("one of several", "v1,AAAA v2,whatever {good}", True),
        ("an unknown version alone", "v2,{bare}", False),
        ("no version", "{bare}", False),
        ("an empty one", "v1,", False),
        ("a comma too many", "v1,,{bare}", False),
        ("the seventeenth", "v1,AAAA " * 16 + "{good}", False),
    ],
)
def test_several_signatures(sentence: str, signatures: str, proof: bool) -> None:
    headers = of_standard_webhooks(BODY)
    good = headers["webhook-signature"]
    headers["webhook-signature"] = signatures.format(good=good, bare=good.removeprefix("v1,"))
    request = posted(**headers)
    if proof:
        assert senders(WHSEC).verify(request, form("standard_webhooks")), sentence
    else:
        assert refusal(senders(WHSEC), request, form("standard_webhooks")).status == 401, sentence


@given(st.binary(max_size=300), st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=40))
def test_our_own_code_and_the_reference_agree(body: bytes, identity: str) -> None:
    text = body.decode("utf-8", "replace")
    signature = Webhook(WHSEC).sign(identity, NOW, text)
    stamp = str(int(NOW.timestamp()))
    request = posted(text.encode(), webhook_id=identity, webhook_timestamp=stamp, webhook_signature=signature)
    assert senders(WHSEC).verify(request, form("standard_webhooks")) == "standard_webhooks"
    assert delivery_id(request, "standard_webhooks") == identity


@pytest.mark.parametrize("secret", ["whsec_not base64!", "whsec_"])
def test_a_secret_that_the_scheme_cannot_use_is_the_operators_to_mend(secret: str) -> None:
    refused = refusal(senders(secret), posted(**of_standard_webhooks(BODY)), form("standard_webhooks"))
    assert refused.status == 503


def test_the_full_stop_that_divides_what_is_signed_stands_in_no_id() -> None:
    headers = of_standard_webhooks(b"1772452800.x")
    headers["webhook-id"] = "msg_1." + headers["webhook-timestamp"]
    assert refusal(senders(WHSEC), posted(b"x", **headers), form("standard_webhooks")).status == 401


def test_hubspot_signs_the_public_address_with_its_query() -> None:
    stamp = str(int(NOW.timestamp() * 1000))
    signed = f"POST{PATH}?portal=1&at=a:b%20c".encode() + BODY + stamp.encode()
    headers = {"x-hubspot-signature-v3": b64(mac(KEY, signed)), "x-hubspot-request-timestamp": stamp}
    request = posted(query=b"portal=1&at=a%3Ab%20c", **headers)
    assert senders(KEY).verify(request, form("hubspot_v3")) == "hubspot_v3"
    assert refusal(senders(KEY, public_url=""), request, form("hubspot_v3")).status == 503
    elsewhere = senders(KEY, public_url="https://other.example.com")
    assert refusal(elsewhere, request, form("hubspot_v3")).status == 401


def test_hubspot_undoes_these_escapes_and_no_others() -> None:
    assert hubspot_uri("https://e.example/%3a%2F%3F%40%21%24%27%28%29%2A%2C%3B?%20%C3%B1%25") == (
        "https://e.example/:/?@!$'()*,;?%20%C3%B1%25"
    )


def test_linkedins_prefix_may_stand_before_the_value_too() -> None:
    value = "hmacsha256=" + of_linkedin(BODY)["x-li-signature"]
    assert senders(KEY).verify(posted(x_li_signature=value), form("linkedin")) == "linkedin"


def test_a_signature_over_the_body_alone_is_not_linkedins() -> None:
    assert refusal(senders(KEY), posted(x_li_signature=mac(KEY, BODY).hex()), form("linkedin")).status == 401


def test_a_bearer_token_is_a_shared_secret_too() -> None:
    bearer = form("shared_secret", header="Authorization")
    assert senders(KEY).verify(posted(authorization=f"Bearer {KEY}"), bearer) == "shared_secret"
    assert refusal(senders(KEY), posted(authorization="Bearer other"), bearer).status == 401


def test_a_form_that_asks_for_nothing_gets_none() -> None:
    plain = form("meta").model_copy(update={"signature": None})
    assert Senders(Secrets(environ={}), ManualClock(NOW)).verify(posted(), plain) is None


# -- keys among the fields -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"google_key":"k-123","email":"ana@example.com"}', 200),
        (b'{"google_key":123456,"email":"ana@example.com"}', 200),
        (b'{"google_key":"K-123"}', 401),
        (b'{"google_key":""}', 401),
        (b'{"google_key":null}', 401),
        (b'{"google_key":["other","k-123"]}', 401),
        (b'{"google_key":{"a":"k-123"}}', 401),
        (b"{}", 401),
        (b'{"google_key":', 400),
    ],
)
def test_googles_key_stands_in_the_body(body: bytes, status: int) -> None:
    verifier, google = senders("k-123", "123456"), form("google_key")
    if status == 200:
        assert verifier.verify(posted(body), google) == "google_key"
    else:
        assert refusal(verifier, posted(body), google).status == status


def test_a_shared_secret_may_stand_behind_the_question_mark() -> None:
    shared = form("shared_secret", field="token")
    assert senders(KEY).verify(posted(query=b"a=1&token=" + KEY.encode()), shared) == "shared_secret"
    assert refusal(senders(KEY), posted(query=b"token=x"), shared).status == 401
    assert senders(KEY).verify(posted(f'{{"token":"{KEY}"}}'.encode()), shared) == "shared_secret"


@pytest.mark.parametrize(
    ("field", "fields", "kept"),
    [
        ("google_key", {"google_key": "s", "a": 1}, {"google_key": "[removed]", "a": 1}),
        ("meta.key", {"meta": {"key": "s", "b": 2}}, {"meta": {"key": "[removed]", "b": 2}}),
        ("a[1].key", {"a": [{"key": "x"}, {"key": "s"}]}, {"a": [{"key": "x"}, {"key": "[removed]"}]}),
        (
            "a[name=key].value",
            {"a": [{"name": "key", "value": "s"}, {"name": "b", "value": "t"}]},
            {"a": [{"name": "key", "value": "[removed]"}, {"name": "b", "value": "t"}]},
        ),
        ("raw|json.key", {"raw": '{"key":"s","c":3}'}, {"raw": '{"key":"[removed]","c":3}'}),
        ("google_key", {"google_key": {"deep": "s"}}, {"google_key": "[removed]"}),
        ("absent.key", {"a": 1}, {"a": 1}),
        ("raw|json.key", {"raw": "{broken"}, {"raw": "{broken"}),
        (
            "key",
            {"webhookURL": "https://leads.example.com/?a=1&key=s#b", "a": "monkey=s", "n": 1},
            {"webhookURL": "https://leads.example.com/?a=1&key=[removed]#b", "a": "monkey=s", "n": 1},
        ),
    ],
)
def test_the_key_is_taken_out_before_anything_is_kept(
    field: str, fields: dict[str, Any], kept: dict[str, Any]
) -> None:
    before = repr(fields)
    assert without_secret(form("google_key", field=field), fields) == kept
    assert repr(fields) == before


def test_a_secret_in_bytes_that_cannot_be_read_is_taken_out_too() -> None:
    assert without_secrets(b"{broken s3cret", ["s3cret"]) == b"{broken [removed]"


# -- nothing else passes ---------------------------------------------------------------------------


def _mutated(chance: random.Random, text: str) -> str:
    """`text` with a little of it changed; never the same."""
    place = chance.randrange(len(text) + 1)
    other = chance.choice(string.ascii_letters + string.digits + "+/=,. -_")
    changed = chance.choice(
        [
            text[:place] + other + text[place:],
            text[:place] + text[place + 1 :],
            text[:place] + other + text[place + 1 :],
            text[::-1],
            text.upper(),
            text.swapcase(),
            text + text,
            "",
            text[:place] + "é" + text[place:],
        ]
    )
    return changed if changed.strip() != text else text + "x"


def _attempts(chance: random.Random, scheme: str, sign: Sign, count: int) -> Sequence[Posted]:
    attempts = []
    for _ in range(count):
        headers, body = sign(BODY), BODY
        target = chance.choice([*headers, "body"])
        if scheme == "shared_secret":
            target = "x-key"
        if target == "body":
            place = chance.randrange(len(body) + 1)
            body = body[:place] + bytes([chance.randrange(256)]) + body[place + chance.randrange(2) :]
            body = body if body != BODY else BODY + b"\n"
        else:
            headers[target] = _mutated(chance, headers[target])
        attempts.append(posted(body, **headers))
    return attempts


@every_signer
def test_of_ten_thousand_mutations_none_passes(
    scheme: str, sign: Sign, secret: str, more: dict[str, str]
) -> None:
    chance = random.Random(20260302)
    verifier, vendor = senders(secret), form(scheme, **more)
    assert verifier.verify(posted(**sign(BODY)), vendor) == scheme
    for attempt in _attempts(chance, scheme, sign, 10_000):
        with pytest.raises(Refusal) as refused:
            verifier.verify(attempt, vendor)
        assert refused.value.status == 401


@settings(max_examples=300)
@given(st.binary(max_size=80), st.sampled_from([signer[0] for signer in SIGNERS]))
def test_no_header_whatever_passes_or_breaks(value: bytes, scheme: str) -> None:
    names = [name.lower().encode() for name in HEADERS.get(scheme, ("x-key",))]
    request = posted()._replace(headers=dict.fromkeys(names, value))
    vendor = form(scheme, **({"header": "X-Key"} if scheme == "shared_secret" else {}))
    secret = WHSEC if scheme == "standard_webhooks" else KEY
    assert refusal(senders(secret), request, vendor).status == 401


def test_every_value_is_compared() -> None:
    assert matches(b"a", iter([b"a", b"b"]))
    assert matches(b"b", iter([b"a", b"b"]))
    assert not matches(b"c", iter([b"a", b"b"]))
    assert not matches(b"c", [])


def test_every_scheme_of_the_rulebook_is_known() -> None:
    assert set(SCHEMES) == set(get_args(Signature.model_fields["scheme"].annotation))
