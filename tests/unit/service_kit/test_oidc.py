"""Tokens of a company's sign-in, against an issuer that listens here."""

import asyncio
import base64
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from service_kit.auth_oidc import Oidc, Person, Provider, is_safe
from service_kit.auth_principal import Role
from service_kit.clock import ManualClock

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


class Issuer:
    """Publishes keys; counts how often it is asked for them."""

    def __init__(self) -> None:
        self.keys = {"one": _published(RSA, "RS256")}
        self.asked = 0
        issuer = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/.well-known/openid-configuration":
                    told: dict[str, Any] = {"issuer": issuer.address, "jwks_uri": f"{issuer.address}/keys"}
                else:
                    issuer.asked += 1
                    told = {"keys": [{**key, "kid": kid, "use": "sig"} for kid, key in issuer.keys.items()]}
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(told).encode())

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def token(self, key: Any = RSA, algorithm: str = "RS256", kid: str = "one", **claims: Any) -> str:
        now = int(NOW.timestamp())
        usual = {
            "iss": self.address,
            "aud": "baton",
            "sub": "u-1",
            "iat": now,
            "exp": now + 300,
            "roles": ["sales"],
            "email": "ana@example.com",
            "email_verified": True,
        }
        told = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(told, key, algorithm=algorithm, headers={"kid": kid})


def _published(key: Any, algorithm: str) -> dict[str, Any]:
    made: Any = jwt.get_algorithm_by_name(algorithm)
    return {**json.loads(made.to_jwk(key.public_key())), "alg": algorithm}


def _by_shared_secret(token: str, secret: bytes) -> str:
    """The same claims, signed as HS256 with what everybody may know; the library refuses to do it."""
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one","typ":"JWT"}').rstrip(b"=").decode()
    signed = f"{header}.{token.split('.')[1]}"
    digest = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    running = Issuer()
    yield running
    running.stop()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def oidc(issuer: Issuer, clock: ManualClock) -> Oidc:
    roles = {"sales": Role.REP, "heads": Role.MANAGER}
    provider = Provider(issuer.address, ("baton", "baton-web"), "roles", roles)
    return Oidc(provider, now=clock.now, monotonic=clock.monotonic)


async def test_a_token_of_the_provider_says_who_signed_in(issuer: Issuer, oidc: Oidc) -> None:
    assert await oidc.person(issuer.token()) == Person(Role.REP, "u-1", "ana@example.com")
    assert issuer.asked == 1


async def test_the_role_that_may_most_holds(issuer: Issuer, oidc: Oidc) -> None:
    found = await oidc.person(issuer.token(roles=["sales", "heads", "chess"]))
    assert found is not None
    assert found.role is Role.MANAGER


async def test_an_address_that_is_not_verified_is_nobodys(issuer: Issuer, oidc: Oidc) -> None:
    for said in (False, None, "true"):
        found = await oidc.person(issuer.token(email_verified=said))
        assert found is not None
        assert found.email is None


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"aud": None},
        {"aud": ["baton", "another"]},
        {"aud": ["baton", "another"], "azp": "another"},
        {"iss": "https://evil.example"},
        {"exp": int(NOW.timestamp()) - 61},
        {"exp": None},
        {"exp": "never"},
        {"nbf": int(NOW.timestamp()) + 61},
        {"iat": int(NOW.timestamp()) + 61},
        {"sub": None},
        {"roles": None},
        {"roles": ["chess"]},
        {"roles": {"sales": True}},
    ],
)
async def test_a_token_with_a_wrong_claim_is_not_good(
    issuer: Issuer, oidc: Oidc, claims: dict[str, Any]
) -> None:
    assert await oidc.person(issuer.token(**claims)) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(NOW.timestamp()) - 59},
        {"nbf": int(NOW.timestamp()) + 59},
        {"aud": ["baton", "another"], "azp": "baton-web"},
        {"roles": "sales"},
    ],
)
async def test_clocks_may_differ_by_a_minute_and_audiences_be_several(
    issuer: Issuer, oidc: Oidc, claims: dict[str, Any]
) -> None:
    assert await oidc.person(issuer.token(**claims)) is not None


async def test_neither_none_nor_a_shared_secret_nor_anothers_key_signs(issuer: Issuer, oidc: Oidc) -> None:
    public = RSA.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    forged = [
        issuer.token(key="", algorithm="none"),
        _by_shared_secret(issuer.token(), public),
        issuer.token(key=OTHER),
        issuer.token(key=RSA, algorithm="RS512"),
        issuer.token(key=CURVE, algorithm="ES256"),
        issuer.token()[:-8] + "AAAAAAAA",
        "a.b.c",
        "..",
    ]
    assert [await oidc.person(token) for token in forged] == [None] * len(forged)


async def test_a_secret_that_the_provider_publishes_signs_nothing(issuer: Issuer, oidc: Oidc) -> None:
    secret = b"0123456789abcdef0123456789abcdef"
    issuer.keys["shared"] = {"kty": "oct", "alg": "HS256", "k": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}
    assert await oidc.person(issuer.token(key=secret, algorithm="HS256", kid="shared")) is None
    assert await oidc.person(issuer.token()) is not None


async def test_a_new_key_is_found_and_unknown_ones_are_asked_for_once_a_minute(
    issuer: Issuer, oidc: Oidc, clock: ManualClock
) -> None:
    assert await oidc.person(issuer.token()) is not None
    issuer.keys["two"] = _published(CURVE, "ES256")
    rotated = issuer.token(key=CURVE, algorithm="ES256", kid="two")
    assert [await oidc.person(rotated) for _ in range(5)] == [None] * 5
    assert issuer.asked == 1
    clock.advance(60)
    assert await oidc.person(rotated) is not None
    assert issuer.asked == 2


async def test_known_keys_stay_good_while_the_provider_is_down(oidc: Oidc, clock: ManualClock) -> None:
    running = Issuer()
    provider = Provider(running.address, ("baton",), "roles", {"sales": Role.REP})
    checks = Oidc(provider, now=clock.now, monotonic=clock.monotonic)
    assert await checks.person(running.token()) is not None
    running.stop()
    clock.advance(4000)
    late = int(clock.now().timestamp())
    assert await checks.person(running.token(exp=late + 300)) is not None
    assert await checks.person(running.token(kid="new", exp=late + 300)) is None


async def test_a_key_that_is_withdrawn_is_gone_within_the_hour(
    issuer: Issuer, oidc: Oidc, clock: ManualClock
) -> None:
    assert await oidc.person(issuer.token()) is not None
    del issuer.keys["one"]
    issuer.keys["two"] = _published(CURVE, "ES256")
    clock.advance(3600)
    assert await oidc.person(issuer.token(exp=int(clock.now().timestamp()) + 300)) is None


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://login.example.com", True),
        ("http://127.0.0.1:8080", True),
        ("http://login.example.com", False),
        ("ftp://127.0.0.1", False),
    ],
)
def test_keys_come_by_https_or_from_this_machine(address: str, safe: bool) -> None:
    assert is_safe(address) is safe


async def test_whoever_comes_while_keys_are_fetched_waits_for_them(issuer: Issuer, oidc: Oidc) -> None:
    found = await asyncio.gather(*(oidc.person(issuer.token()) for _ in range(20)))
    assert None not in found
    assert issuer.asked == 1


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256"])
async def test_a_key_that_names_no_algorithm_serves_all_of_its_kind(
    issuer: Issuer, oidc: Oidc, algorithm: str
) -> None:
    issuer.keys = {"one": {name: value for name, value in _published(RSA, "RS256").items() if name != "alg"}}
    assert await oidc.person(issuer.token(algorithm=algorithm)) is not None


async def test_a_key_that_names_one_serves_no_other(issuer: Issuer, oidc: Oidc) -> None:
    assert await oidc.person(issuer.token(algorithm="PS256")) is None
