"""What of a person outlives an erasure: keyed hashes, and by them whether a submission is from before it."""

import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from lead_events import LeadSubmitted
from scoring.domain.people import EMAIL, PHONE, ROLE, KeyName

SHORTEST_NEEDLE = 6
"""Characters. A shorter identity would be found in texts that have nothing to do with the person."""
_CHECK = b"baton erasure key"


@dataclass(frozen=True, slots=True)
class ErasureKeys:
    """The secrets that identity keys are hashed with: the first makes tombstones, all of them are read."""

    secrets: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, setting: str) -> "ErasureKeys":
        """Of BATON_ERASURE_KEY: one secret, or several separated by commas, the newest first."""
        return cls(tuple(each.strip().encode() for each in setting.split(",") if each.strip()))

    def __bool__(self) -> bool:
        return bool(self.secrets)

    def new_hash(self, name: KeyName) -> str:
        """Under the secret in use. Raises IndexError without one."""
        return _hash(self.secrets[0], name)

    def hashes(self, names: Iterable[KeyName]) -> dict[str, KeyName]:
        """Under every secret, by hash."""
        return {_hash(secret, name): name for name in names for secret in self.secrets}

    def checks(self) -> list[str]:
        """By which each secret is known again, in their order; they say nothing about it."""
        return [hmac.new(secret, _CHECK, sha256).hexdigest()[:32] for secret in self.secrets]


def _hash(secret: bytes, name: KeyName) -> str:
    kind, value = name
    kind = EMAIL if kind == ROLE else kind  # whether an address is a role's may change with the rulebook
    return hmac.new(secret, f"{kind}:{value}".encode(), sha256).hexdigest()


def deciding_keys(keys: Collection[KeyName]) -> list[KeyName]:
    """The keys that say whose submission it is: a phone beside an e-mail may be somebody else's too, and a
    role address is wherever it does not stand alone."""
    has_email = any(kind == EMAIL for kind, _ in keys)
    deciding = [name for name in keys if name[0] != ROLE and (name[0] != PHONE or not has_email)]
    return deciding or list(keys)


def is_from_before(
    submission: LeadSubmitted, keys: Collection[KeyName], erased: Mapping[KeyName, datetime]
) -> bool:
    """Whether the submission is from before the erasure of whoever sent it.

    What counts is when we received it, however late it turns up; for an imported row, which somebody else's
    list brings back, the date of the event it tells, and without one it is from before.
    """
    moment = submission.received_at if submission.imported is None else submission.occurred_at
    moments = (erased[name] for name in deciding_keys(keys) if name in erased)
    return any(moment is None or moment <= erased_at for erased_at in moments)


_PHONE_ENDS = r"(?![0-9])"
_EMAIL_BEGINS = r"(?:(?<![a-z0-9._%+-])|(?<=\\[nrt])|(?<=%[0-9a-f]{2}))"
_EMAIL_ENDS = r"(?![a-z0-9-]|\.[a-z0-9])"


def pattern(names: Iterable[KeyName]) -> str | None:
    """What finds the person, and nobody whose address only ends or begins alike, in a text in lower case.

    A regular expression of PostgreSQL; None where nothing is long enough to be looked for. Letters beyond
    ASCII may stand as `encode(..., 'escape')` writes them, `@` and `+` as an address of a page does.
    """
    found = [_spelled(needle) for needle in needles(names)]
    return "|".join(found) if found else None


def _spelled(needle: str) -> str:
    written = "".join(_SIGNS.get(sign) or _sign(sign) for sign in needle)
    if "@" in needle:
        return _EMAIL_BEGINS + written + _EMAIL_ENDS
    return written + _PHONE_ENDS


_SIGNS = {"@": "(?:@|%40)", "+": r"(?:\+|%2b)"}


def _sign(sign: str) -> str:
    if sign.isascii():
        return re.escape(sign)
    octal = "".join(rf"\\{byte:03o}" for byte in sign.encode())
    return f"(?:{sign}|{octal})"


def needles(names: Iterable[KeyName]) -> list[str]:
    """What finds a person in a text: e-mails and phones that are long enough to mean nobody else."""
    return sorted(
        {value for kind, value in names if kind in (EMAIL, PHONE, ROLE) and len(value) >= SHORTEST_NEEDLE}
    )
