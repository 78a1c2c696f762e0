"""When what a service was given ends: certificates, and secrets whose end somebody has written down."""

import asyncio
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from service_kit import metrics
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
        url = urlsplit(getattr(self._settings, "public_url", ""))
        if url.scheme == "https" and url.hostname:
            end = await served(url.hostname, url.port or 443)
            if end is not None:
                found["served", url.hostname] = end
        metrics.EXPIRES.clear()
        metrics.LIFETIME.clear()
        for (kind, name), ending in found.items():
            metrics.EXPIRES.labels(kind, name).set(ending.at.timestamp())
            if ending.lifetime is not None:
                metrics.LIFETIME.labels(kind, name).set(ending.lifetime.total_seconds())


def files_of(settings: ServiceSettings) -> list[Path]:
    """Files that the settings name, and those of the secrets' folder; at most MOST_FILES."""
    named = [value for _, value in settings if isinstance(value, Path)]
    folder = settings.secrets_dir
    inside = sorted(folder.iterdir()) if folder is not None and folder.is_dir() else []
    return [file for file in dict.fromkeys((*named, *inside)) if file.is_file()][:MOST_FILES]


def ends_of(files: Iterable[Path]) -> Iterator[tuple[tuple[str, str], Ending]]:
    """What ends when, by kind and name: certificates' first end, and the days written down."""
    for file in files:
        try:
            if file.stat().st_size > MOST_BYTES:
                continue
            if file.name.endswith(ENDING):
                end = read_end(file.read_text("utf-8-sig"))
                yield ("secret", file.name.removesuffix(ENDING)), Ending(end)
            elif found := certificates(file.read_bytes()):
                yield ("certificate", file.name), min(map(_ending, found), key=lambda each: each.at)
        except (OSError, ValueError) as error:
            _log.warning("cannot tell when this ends", file=file.name, error=str(error))


def certificates(content: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file; none of a file that has none, or is a bundle. Raises ValueError."""
    number = content.count(b"-----BEGIN CERTIFICATE-----")
    if not 0 < number <= MOST_CERTIFICATES:
        return []
    return x509.load_pem_x509_certificates(content)


def _ending(certificate: x509.Certificate) -> Ending:
    end = certificate.not_valid_after_utc
    return Ending(end, end - certificate.not_valid_before_utc)


def read_end(text: str) -> datetime:
    """A day (its first moment in UTC) or a moment. Raises ValueError that says what to write."""
    try:
        end = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("write a day such as 2027-01-31, or a moment such as 2027-01-31T12:00:00Z") from None
    return end if end.tzinfo is not None else end.replace(tzinfo=UTC)


async def served(host: str, port: int) -> Ending | None:
    """The end of the certificate that a server shows, good or not; None where it cannot be asked."""
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
    return _ending(x509.load_der_x509_certificate(shown))
