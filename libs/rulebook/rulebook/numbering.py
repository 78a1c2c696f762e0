"""Whether a number is valid, by phonenumbers' metadata, compiled once for each country instead of looked up
anew for each kind of number.

Where several regions share a calling code nothing is said here: which of them decides is phonenumbers' work.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_KINDS = (
    "mobile",
    "fixed_line",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)
"""Of these a number has to be one; most leads leave a mobile."""
_NON_GEOGRAPHIC = "001"


class _Kind(NamedTuple):
    """What numbers of one kind look like; no `lengths`: as long as any of the country's."""

    lengths: frozenset[int]
    fits: Callable[[str], Any]

    def holds(self, national: str) -> bool:
        return (not self.lengths or len(national) in self.lengths) and self.fits(national) is not None


def is_valid(code: int, national: str) -> bool | None:
    """Whether these digits are a number behind the calling code; None where it cannot be said here."""
    kinds = _kinds(code)
    if kinds is None:
        return None
    if not kinds[0].holds(national):
        return False
    for kind in kinds[1:]:  # noqa: SIM110 - nearly always the first, and any() costs more than all the rest
        if kind.holds(national):
            return True
    return False


@lru_cache(maxsize=1024)
def plain_code(region: str) -> int | None:
    """The calling code of a region that has it alone and dials nothing before its own numbers."""
    metadata = PhoneMetadata.metadata_for_region(region)
    code = metadata.country_code if metadata is not None else None
    if metadata is None or code is None or metadata.national_prefix_for_parsing or _kinds(code) is None:
        return None
    return code


def dials_abroad(region: str, digits: str) -> bool:
    """Whether digits dialled in the region begin with its prefix of calls abroad."""
    return _abroad(region).match(digits) is not None


@lru_cache(maxsize=1024)
def _abroad(region: str) -> re.Pattern[str]:
    metadata = PhoneMetadata.metadata_for_region(region)
    return re.compile((metadata.international_prefix if metadata is not None else None) or "00")


@lru_cache(maxsize=1024)
def _kinds(code: int) -> tuple[_Kind, ...] | None:
    """What any number of the country looks like, then each kind."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    if len(regions) != 1 or regions[0] == _NON_GEOGRAPHIC:
        return None
    metadata = PhoneMetadata.metadata_for_region(regions[0])
    if metadata is None:
        return None
    described = [metadata.general_desc, *(getattr(metadata, kind) for kind in _KINDS)]
    return tuple(
        _Kind(frozenset(each.possible_length), re.compile(each.national_number_pattern).fullmatch)
        for each in described
        if each is not None and each.national_number_pattern
    )
