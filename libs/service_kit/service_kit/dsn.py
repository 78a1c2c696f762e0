"""PostgreSQL's address as one line: read, and completed. Nothing said here quotes any of it."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

FORM = "postgresql://role:password@host:port/database"
_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(:\d{1,5})?")


def checked(dsn: str) -> str:
    """The DSN itself. Raises ValueError, without quoting it, where a driver would misread it."""
    try:
        parts = urlsplit(dsn)
    except ValueError:
        raise ValueError(f"the DSN cannot be read: write {FORM}") from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError(f"the DSN must read {FORM}")
    login, _, hosts = parts.netloc.rpartition("@")
    if "@" in login or not all(_HOST.fullmatch(host) for host in hosts.split(",")):
        raise ValueError(
            f"the DSN cannot be read: write {FORM}, and in a password %40 for @, %3A for :, %2F for /, "
            "%3F for ?, %23 for # and %25 for %"
        )
    return dsn


def with_password(dsn: str, password: str) -> str:
    """The same with another password."""
    parts = urlsplit(checked(dsn))
    login, _, hosts = parts.netloc.rpartition("@")
    role = login.partition(":")[0]
    return parts._replace(netloc=f"{role}:{quote(password, safe='')}@{hosts}").geturl()


def unreadable_file(dsn: str) -> tuple[str, str] | None:
    """The first parameter that names a file which cannot be read, and that file."""
    said = dict(parse_qsl(urlsplit(dsn).query))
    for parameter in ("sslrootcert", "sslcert", "sslkey"):
        path = said.get(parameter)
        if path is not None and path != "system" and not os.access(path, os.R_OK):
            return parameter, path
    return None


def with_missing(dsn: str, query: Mapping[str, str | Path | None]) -> str:
    """The same with parameters that it does not have itself."""
    parts = urlsplit(dsn)
    said = dict(parse_qsl(parts.query))
    more = {name: str(value) for name, value in query.items() if value is not None and name not in said}
    if not more:
        return dsn
    separator = "&" if parts.query else ""
    return parts._replace(query=parts.query + separator + urlencode(more, safe="/")).geturl()
