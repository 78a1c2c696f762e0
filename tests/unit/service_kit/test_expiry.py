"""When certificates and secrets end, as files say."""

import asyncio
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from prometheus_client import REGISTRY

from service_kit import expiry
from service_kit.expiry import Ending, ExpiryWatch, read_end
from service_kit.settings import ServiceSettings

SOON = datetime(2027, 1, 31, tzinfo=UTC)
LATER = SOON + timedelta(days=300)
LIFETIME = timedelta(days=400)


class Settings(ServiceSettings):
    service: ClassVar[str] = "scoring"
    authority: Path | None = None
    public_url: str = ""


def pem(end: datetime, *, with_key: bool = False, lifetime: timedelta = LIFETIME) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(end - lifetime)
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    clear = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    secret = key.private_bytes(*clear) if with_key else b""
    return made.public_bytes(serialization.Encoding.PEM) + secret


def end_of(kind: str, name: str) -> datetime | None:
    found = REGISTRY.get_sample_value("baton_expires_timestamp_seconds", {"kind": kind, "name": name})
    return None if found is None else datetime.fromtimestamp(found, UTC)


def lifetime_of(kind: str, name: str) -> timedelta | None:
    found = REGISTRY.get_sample_value("baton_certificate_lifetime_seconds", {"kind": kind, "name": name})
    return None if found is None else timedelta(seconds=found)


async def test_certificates_and_written_days_are_exported_and_nothing_else(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (tmp_path / "authority.pem").write_bytes(pem(LATER))
    (secrets / "tls.crt").write_bytes(pem(LATER))
    (secrets / "bundle.pem").write_bytes(pem(SOON) * 11)
    (secrets / "broken.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nnothing\n")
    (secrets / "meta-token").write_text("EAAB...")
    (secrets / "meta-token.expires").write_text("2027-01-31\n")
    (secrets / "other.expires").write_text("next year")
    watch = ExpiryWatch(Settings(secrets_dir=secrets, authority=tmp_path / "authority.pem"))
    await watch.work()
    assert end_of("certificate", "tls.crt") == LATER
    assert end_of("certificate", "authority.pem") == LATER
    assert end_of("secret", "meta-token") == SOON
    assert lifetime_of("certificate", "tls.crt") == LIFETIME
    assert lifetime_of("secret", "meta-token") is None, "nobody wrote down since when it holds"
    for kind, name in (("certificate", "bundle.pem"), ("certificate", "broken.pem"), ("secret", "other")):
        assert end_of(kind, name) is None
    (secrets / "tls.crt").unlink()
    await watch.work()
    assert end_of("certificate", "tls.crt") is None, "what is gone ends no more"
    assert lifetime_of("certificate", "tls.crt") is None


async def test_each_certificate_of_a_chain_is_told_whichever_ends_first(tmp_path: Path) -> None:
    """One that is renewed each day would hide that its authority ends in a week."""
    a_day = timedelta(days=1)
    (tmp_path / "tls.crt").write_bytes(pem(SOON, lifetime=a_day) + pem(LATER))
    await ExpiryWatch(Settings(secrets_dir=tmp_path)).work()
    assert (end_of("certificate", "tls.crt"), lifetime_of("certificate", "tls.crt")) == (SOON, a_day)
    assert (end_of("certificate", "tls.crt#2"), lifetime_of("certificate", "tls.crt#2")) == (LATER, LIFETIME)


async def test_files_of_one_name_in_two_folders_are_told_apart(tmp_path: Path) -> None:
    """Kafka's authority and PostgreSQL's are both called ca.crt by those who make them."""
    for folder, end in (("kafka", SOON), ("postgres", LATER)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ca.crt").write_bytes(pem(end))
    settings = Settings(
        kafka_ca_file=tmp_path / "kafka" / "ca.crt", postgres_ca_file=tmp_path / "postgres" / "ca.crt"
    )
    await ExpiryWatch(settings).work()
    assert end_of("certificate", "kafka/ca.crt") == SOON
    assert end_of("certificate", "postgres/ca.crt") == LATER


async def test_a_certificate_that_holds_for_no_time_has_a_lifetime_of_none() -> None:
    """Made by hand with its moments the wrong way round: then it has ended, whatever is left."""
    backwards = x509.load_pem_x509_certificate(pem(SOON, lifetime=timedelta(0)))
    assert expiry.ending_of(backwards) == Ending(SOON, timedelta(0))


@pytest.mark.parametrize("url", ["https://leads..example.com/", "https://127.0.0.1:99999/"])
async def test_an_address_that_cannot_be_asked_hides_no_file(url: str, tmp_path: Path) -> None:
    (tmp_path / "tls.crt").write_bytes(pem(SOON))
    await ExpiryWatch(Settings(secrets_dir=tmp_path, public_url=url)).work()
    assert end_of("certificate", "tls.crt") == SOON


async def test_a_folder_that_is_closed_to_us_hides_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "authority.pem").write_bytes(pem(SOON))
    closed = tmp_path / "closed"
    closed.mkdir()

    def refuse(self: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    await ExpiryWatch(Settings(secrets_dir=closed, authority=tmp_path / "authority.pem")).work()
    assert end_of("certificate", "authority.pem") == SOON


async def test_without_a_folder_nothing_is_exported() -> None:
    await ExpiryWatch(Settings()).work()
    assert end_of("certificate", "tls.crt") is None


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2027-01-31", SOON),
        (" 2027-01-31T00:00:00Z\n", SOON),
        ("2027-01-31T02:00:00+02:00", SOON),
    ],
)
def test_a_day_or_a_moment_is_read(text: str, end: datetime) -> None:
    assert read_end(text) == end


def test_anything_else_is_told_what_to_write() -> None:
    with pytest.raises(ValueError, match="write a day such as 2027-01-31"):
        read_end("in spring")


async def test_the_certificate_of_the_public_address_is_asked_for_although_it_is_not_trusted(
    tmp_path: Path,
) -> None:
    (tmp_path / "server.pem").write_bytes(pem(SOON, with_key=True))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await expiry.served("127.0.0.1", port) == Ending(SOON, LIFETIME)
        await ExpiryWatch(Settings(public_url=f"https://127.0.0.1:{port}/leads")).work()
        assert end_of("served", "127.0.0.1") == SOON
    assert await expiry.served("127.0.0.1", port) is None, "nobody answers any more"
