"""When what a service was given ends: certificates, and secrets whose end somebody has written down."""

import asyncio
import contextlib
import os
import ssl
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from service_kit import metrics
from service_kit.errors import describe
from service_kit.logs import logger
from service_kit.settings import ServiceSettings

_log = logger(__name__)

ENDING = ".expires"
"""`NAME.expires` beside the secret `NAME` holds the day it ends: 2027-01-31, or a moment with its offset."""
MOST_BYTES = 256 * 1024
MOST_CERTIFICATES = 10
"""A file with more is a bundle of authorities, some of which are always about to end."""
MOST_FILES = 100
SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Ending:
    """When something ends, and how long it holds in all where that is known."""

    at: datetime
    lifetime: timedelta | None = None


class ExpiryWatch:
    """Exports `baton_expires_timestamp_seconds` and `baton_certificate_lifetime_seconds`: files of the
    secrets' folder and of the settings, and the certificate that visitors of `public_url` are shown."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings

    async def work(self) -> None:
        """One round. What cannot be read is logged and left out."""
        found = await asyncio.to_thread(lambda: dict(ends_of(files_of(self._settings))))
        if (shown := await _shown(getattr(self._settings, "public_url", ""))) is not None:
            host, ending = shown
            found["served", host] = ending
        metrics.EXPIRES.clear()
        metrics.LIFETIME.clear()
        for (kind, name), ending in found.items():
            metrics.EXPIRES.labels(kind, name).set(ending.at.timestamp())
            if ending.lifetime is not None:
                metrics.LIFETIME.labels(kind, name).set(ending.lifetime.total_seconds())


def files_of(settings: ServiceSettings) -> list[Path]:
    """Files that the settings name, and those of the secrets' folder; at most MOST_FILES."""
    named = [value for _, value in settings if isinstance(value, Path)]
    found = dict.fromkeys((*named, *_inside(settings.secrets_dir)))
    return [file for file in found if os.path.isfile(file)][:MOST_FILES]  # noqa: PTH113 - false where closed


def _inside(folder: Path | None) -> list[Path]:
    try:
        return sorted(folder.iterdir()) if folder is not None and os.path.isdir(folder) else []  # noqa: PTH112
    except OSError as error:
        _log.warning("cannot tell when secrets end", folder=str(folder), error=str(error))
        return []


def ends_of(files: Collection[Path]) -> Iterator[tuple[tuple[str, str], Ending]]:
    """What ends when, by kind and name: each certificate, the second of a chain as `tls.crt#2`, and the days
    written down.
    """
    names = _names(files)
    for file in files:
        try:
            if file.stat().st_size > MOST_BYTES:
                continue
            if file.name.endswith(ENDING):
                end = read_end(file.read_text("utf-8-sig"))
                yield ("secret", names[file].removesuffix(ENDING)), Ending(end)
                continue
            for number, certificate in enumerate(certificates(file.read_bytes()), start=1):
                name = names[file] if number == 1 else f"{names[file]}#{number}"
                yield ("certificate", name), ending_of(certificate)
        except (OSError, ValueError) as error:
            _log.warning("cannot tell when this ends", file=str(file), error=str(error))


def _names(files: Collection[Path]) -> dict[Path, str]:
    """Each by its name, or with its folder where two have one name, or whole where that does not do."""
    ways: tuple[Callable[[Path], str], ...] = (
        lambda file: file.name,
        lambda file: "/".join(file.parts[-2:]),
        str,
    )
    counts = [Counter(map(way, files)) for way in ways]
    return {
        file: next(
            (way(file) for way, count in zip(ways, counts, strict=True) if count[way(file)] == 1), str(file)
        )
        for file in files
    }


def certificates(content: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file; none of a file that has none, or is a bundle. Raises ValueError."""
    number = content.count(b"-----BEGIN CERTIFICATE-----")
    if not 0 < number <= MOST_CERTIFICATES:
        return []
    return x509.load_pem_x509_certificates(content)


def ending_of(certificate: x509.Certificate) -> Ending:
    """When it ends, and how long it holds in all: for no time where it begins after its end."""
    end = certificate.not_valid_after_utc
    return Ending(end, max(timedelta(0), end - certificate.not_valid_before_utc))


def read_end(text: str) -> datetime:
    """A day (its first moment in UTC) or a moment. Raises ValueError that says what to write."""
    try:
        end = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("write a day such as 2027-01-31, or a moment such as 2027-01-31T12:00:00Z") from None
    return end if end.tzinfo is not None else end.replace(tzinfo=UTC)


async def _shown(public_url: str) -> tuple[str, Ending] | None:
    """The host of a public address, and the end of the certificate that its visitors are shown."""
    try:
        url = urlsplit(public_url)
        if url.scheme != "https" or not url.hostname:
            return None
        ending = await served(url.hostname, url.port or 443)
    except ValueError as error:  # an address that is none, or a certificate that is none
        _log.info("the public address shows no certificate", error=describe(error))
        return None
    return None if ending is None else (url.hostname, ending)


async def served(host: str, port: int) -> Ending | None:
    """The end of the certificate that a server shows, good or not; None where it cannot be asked. Raises
    ValueError for what is no certificate, or no host.
    """
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # only its end is read
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except OSError as error:  # TimeoutError and SSLError among them
        _log.info("the public address cannot be asked for its certificate", host=host, error=str(error))
        return None
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    with contextlib.suppress(OSError):  # a server that does not part is left to asyncio
        async with asyncio.timeout(SECONDS):
            await writer.wait_closed()
    return ending_of(x509.load_der_x509_certificate(shown))
