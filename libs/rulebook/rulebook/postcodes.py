"""Postcodes as people write them, and ranges of them, so that texts of one country compare in order.

A postcode is kept as a text: 08001 is no number. Spaces and signs go and letters are capitals, so `sw1a 1aa`
is SW1A1AA and `1000-205` is 1000205. Where a country's postcodes are digits of one length, one that is a
digit short has lost its first zero in a spreadsheet and gets it back.
"""

from dataclasses import dataclass

_LENGTHS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("AT", "BE", "BG", "CH", "CY", "DK", "HU", "LU", "NO", "SI", "AU", "NZ", "LI"), (4,)),
    **dict.fromkeys(("DE", "EE", "ES", "FI", "FR", "GR", "HR", "IT", "LT", "MX", "SM", "TR", "UA"), (5,)),
    **dict.fromkeys(("CZ", "SE", "SK", "PL"), (5,)),
    **dict.fromkeys(("CN", "CO", "IN", "RO", "RS", "RU", "SG"), (6,)),
    **dict.fromkeys(("CL", "IL", "JP"), (7,)),
    "PT": (4, 7),
    "BR": (5, 8),
    "US": (5, 9),
}
"""Digits of a whole postcode, and of the part of it that people write alone, by the Universal Postal Union's
lists. Elsewhere postcodes have letters, several lengths, or none at all."""
LONGEST = 12
"""Signs of a postcode that are compared."""
AFTER = "~"
"""Sorts after every sign of a postcode."""


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
    plain = _plain(text)
    return f"0{plain}" if plain.isdigit() and _is_one_short(plain, country) else plain


def postcode_range(first: str | None, last: str | None, country: str | None) -> Range | None:
    """The range of a table's row; None where it names none. One end alone means all that begin as it does.

    Of two of different lengths in digits the shorter has lost its zeros. Raises ValueError saying what to
    write instead.
    """
    low, high = (postcode_key(text, country) if text else "" for text in (first, last))
    low, high = low or high, high or low
    if not low:
        return None
    low, high = _of_one_length(low, high, country)
    if low > high and not low.startswith(high):
        raise ValueError(f"`{first}` comes after `{last}`; write the lower postcode in postcode_from")
    return Range(low, high + AFTER)


def _is_one_short(digits: str, country: str | None) -> bool:
    lengths = _LENGTHS.get(country or "", ())
    return len(digits) not in lengths and len(digits) + 1 in lengths


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
    if not (text.isascii() and text.isalnum()):
        text = "".join(sign for sign in text if sign.isascii() and sign.isalnum())
    return text.upper()[:LONGEST]
