"""Postcodes as people write them, and ranges of them, so that texts of one country compare in order.

A postcode is kept as a text: 08001 is no number. Spaces and signs go and letters are capitals: `1000-205` is
1000205. Where a country's postcodes are digits, a country's mark before them goes (`D-80331`), and one that
is a digit short has lost its first zero in a spreadsheet and gets it back. British ones get a zero before a
district of one digit, so that M1 is not the beginning of M11.
"""

import re
from dataclasses import dataclass

_LENGTHS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("AT", "BE", "BG", "CH", "CY", "DK", "HU", "LU", "NO", "SI", "AU", "NZ", "LI"), (4,)),
    **dict.fromkeys(("DE", "EE", "ES", "FI", "FR", "GR", "HR", "IT", "LT", "MX", "SM", "TR", "UA"), (5,)),
    **dict.fromkeys(("CZ", "SE", "SK", "PL"), (5,)),
    **dict.fromkeys(("CN", "CO", "IN", "RO", "RU", "SG"), (6,)),
    **dict.fromkeys(("CL", "IL", "JP"), (7,)),
    "RS": (5, 6),
    "PT": (4, 7),
    "BR": (5, 8),
    "US": (5, 9),
}
"""Digits of a whole postcode, and of the part of it that people write alone, by the Universal Postal Union's
lists. Elsewhere postcodes have letters, several lengths, or none at all."""
_BEGIN_WITH_TWO_ZEROS = frozenset({"IT", "FI", "LT", "US"})
"""Countries of five digits with a `00118`, of which a spreadsheet leaves `118`."""
_WITH_A_DASH = frozenset({"PT", "BR", "US", "JP", "PL", "CL"})
_BRITISH = frozenset({"GB", "GG", "GI", "IM", "JE"})
_OUTWARD = re.compile(r"([A-Z]{1,2})(\d{1,2})([A-Z]?)")
_INWARD = re.compile(r"\d[A-Z]{2}$")
_AREA = re.compile(r"[A-Z]{1,2}")
_DECIMAL = re.compile(r"(\d+)[.,]0+")
LONGEST = 12
"""Signs of a postcode that are compared."""
AFTER = "~"
"""Sorts after every sign of a postcode."""
_AFTER_DIGITS = ":"
"""Sorts after the digits and before the letters."""


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """From `start` to before `end`, as texts compare; what begins as the last one does is in it, too."""

    start: str
    end: str

    def __contains__(self, postcode: str) -> bool:
        return self.start <= postcode < self.end

    def is_inside(self, other: "Range") -> bool:
        """Whether the other has all of this and more."""
        return self != other and other.start <= self.start and self.end <= other.end


def postcode_key(text: str, country: str | None) -> str:
    """How a lead's postcode compares with those of its country; "" where nothing is left of it."""
    key = _key(text, country)
    return f"00{key}" if _is_two_short(key, country) else key


def postcode_range(first: str | None, last: str | None, country: str | None) -> Range | None:
    """The range of a table's row; None where it names none. One end alone means all that begin as it does.

    Of two of different lengths in digits the shorter has lost its zeros. Raises ValueError saying what to
    write instead.
    """
    low, high = (_key(text, country) if text else "" for text in (first, last))
    low, high = low or high, high or low
    if not low:
        return None
    low, high = _of_one_length(_from_the_part(low, country), high, country)
    if low > high and not low.startswith(high):
        raise ValueError(f"`{first}` comes after `{last}`; write the lower postcode in postcode_from")
    is_area = country in _BRITISH and _AREA.fullmatch(high) is not None
    return Range(low, high + (_AFTER_DIGITS if is_area else AFTER))


def postcode_fault(text: str, country: str | None) -> str | None:
    """Why a cell of a table can be no postcode of its country, and what to write instead; None: it may be."""
    if _DECIMAL.fullmatch(text.strip()) is None and any(sign in text for sign in ",;/"):
        return f"`{text}` is more than one postcode; write a row for each, or the two ends of a range"
    lengths = _LENGTHS.get(country or "")
    if lengths is None:
        return None
    key = _key(text, country)
    if not key.isdigit():
        return f"`{text}` is no postcode of {country}; write its digits, such as {'1' * lengths[-1]}"
    if len(key) > lengths[-1]:
        if "-" in text:
            return f"`{text}` is a range; write its ends in postcode_from and postcode_to"
        return f"`{text}` has {len(key)} digits, and postcodes of {country} have {lengths[-1]}; correct it"
    is_whole = sum(sign.isdigit() for sign in text) in lengths
    if re.search(r"\d\s*-\s*\d", text) and not is_whole and country not in _WITH_A_DASH:
        return f"`{text}` is a range; write its ends in postcode_from and postcode_to"
    return None


def postcode_doubt(text: str, country: str | None) -> str | None:
    """What is strange in a cell that can be read, and what to write instead."""
    key = _key(text, country)
    if country == "US" or not _is_two_short(key, country):
        return None
    message = (
        f"`{text}` stands for {key}00 to {key}99, and may have been 00{key} before a spreadsheet read it"
    )
    return f"{message}; write 00{key}, or {key}00 in postcode_from and {key}99 in postcode_to"


def _key(text: str, country: str | None) -> str:
    if country in _BRITISH:
        return _british(text)
    plain = _plain(text)
    if country in _LENGTHS:
        plain = plain.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") or plain
    return f"0{plain}" if plain.isdigit() and _is_one_short(plain, country) else plain


def _british(text: str) -> str:
    """`M1 1AA` as M011AA and `EC1A 1BB` as EC01A1BB; an area or district alone likewise."""
    first, *more = (_plain(part) for part in text.split()) if text.strip() else ("",)
    outward, inward = first, "".join(more)
    if not inward and len(first) > 4 and _INWARD.search(first):
        outward, inward = first[:-3], first[-3:]
    found = _OUTWARD.fullmatch(outward)
    if found is None:
        return (outward + inward)[:LONGEST]
    area, district, letter = found.groups()
    return f"{area}{district:0>2}{letter}{inward}"[:LONGEST]


def _from_the_part(low: str, country: str | None) -> str:
    """`1000001`, the first of Portugal's 1000, as 1000: who tells only that part is in it, too."""
    lengths = _LENGTHS.get(country or "", ())
    if len(lengths) < 2 or len(low) != lengths[1]:
        return low
    tail = low[lengths[0] :]
    return low[: lengths[0]] if tail.isdigit() and int(tail) <= 1 else low


def _is_one_short(digits: str, country: str | None) -> bool:
    lengths = _LENGTHS.get(country or "", ())
    return len(digits) not in lengths and len(digits) + 1 in lengths


def _is_two_short(key: str, country: str | None) -> bool:
    return country in _BEGIN_WITH_TWO_ZEROS and key.isdigit() and len(key) == 3


def _of_one_length(low: str, high: str, country: str | None) -> tuple[str, str]:
    if len(low) == len(high) or not (low.isdigit() and high.isdigit()):
        return low, high
    lengths = _LENGTHS.get(country or "")
    if lengths is None:
        return low.zfill(len(high)), high.zfill(len(low))
    if min(len(low), len(high)) in lengths:
        return low, high
    raise ValueError(f"`{low}` and `{high}` have two lengths; write both with all their digits")


def _plain(text: str) -> str:
    decimal = _DECIMAL.fullmatch(text.strip())
    if decimal is not None:  # 28001.0, as a column of numbers with a gap is saved
        text = decimal.group(1)
    if not (text.isascii() and text.isalnum()):
        text = "".join(sign for sign in text if sign.isascii() and sign.isalnum())
    return text.upper()[:LONGEST]
