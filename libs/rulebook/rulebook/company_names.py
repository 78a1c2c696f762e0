"""Company names as people type them, compared without the form of the company, accents and signs."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

SIMILAR = 0.8
"""Names at least this alike, 0 to 1, are put before a person. Found on the tables of the tests: below it, the
pairs are other companies; above, typing errors, plurals and left-out words."""
INCLUDED = 0.85
"""How alike a name is that begins with all of the other: "Aurora" and "Aurora Software Iberia"."""
SHORTEST = 4
"""Letters that a name must have to be compared other than for equality."""
LONGEST = 200
BLOCK = 4
"""Names are compared where these many first letters are the same."""

_FORMS = """
sl slu slp sll slne sa sau sad scp sc scoop coop aie ute sociedad limitada anonima
lda ltda unipessoal sgps eireli srl srls spa snc sas sapa scarl scrl sarl sasu eurl sca pfa
gmbh mbh ug haftungsbeschrankt ag kg kgaa ohg gbr se bv nv vof bvba
ltd limited llc llp lp inc incorporated corp corporation plc pty co company
ab as asa aps oy oyj ky sp zoo z oo sro kft zrt doo dd ood eood jsc
"""
"""Of Spain; Portugal, Italy, Romania and France; Germany, Austria, Switzerland and the Low Countries; where
English is spoken; the north and the east."""
_LEGAL_FORMS = frozenset(_FORMS.split())
_BEFORE = frozenset({"sc", "the"})
"""Romanian companies write SC before their name."""
_JOINS = frozenset(
    {"and", "y", "e", "et", "und", "i", "de", "di", "of", "group", "grupo", "gruppo", "holding"}
)
"""Words that somebody leaves out as easily as the legal form, where they end a name."""
_NOTHING = """
na no none nothing null test testing nada ninguna ninguno nessuna nessuno nenhuma nenhum niciuna private
privat privado particular privato persoana fizica freelance freelancer autonomo autonoma selfemployed self
student estudiante estudante studente company empresa azienda firma name
"""
_NO_NAMES = frozenset(_NOTHING.split())
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class CompanyName:
    """`words` as written, without the legal form; `key` is equal for names that only order them otherwise.

    `block`: what names must share to be compared; None for one that is compared for equality only. `pairs`:
    of its letters, ends counted as letters.
    """

    words: tuple[str, ...]
    key: str
    block: str | None
    pairs: frozenset[str]

    @classmethod
    def of(cls, words: Sequence[str]) -> "CompanyName":
        """The name of these words."""
        letters = "".join(words)
        framed = f"^{letters}$"
        return cls(
            tuple(words),
            " ".join(sorted(words)),
            letters[:BLOCK] if len(letters) >= SHORTEST else None,
            frozenset(framed[at : at + 2] for at in range(len(framed) - 1)),
        )


@lru_cache(maxsize=16_384)
def company_name(text: str) -> CompanyName | None:
    """The name in a text; None where it names no company, as "n/a" and "freelance" do."""
    words = _joined_letters(_WORD.findall(_plain(text[:LONGEST])))
    core = _without_form(words)
    if not core or len("".join(core)) < 2 or _NO_NAMES.issuperset(core):
        return None
    return CompanyName.of(core)


def likeness(one: CompanyName, other: CompanyName) -> float:
    """How alike two names are, 0 to 1: the share of letter pairs that they have in common (Dice 1945)."""
    if one.key == other.key:
        return 1.0
    if one.block is None or other.block is None:
        return 0.0
    alike = 2 * len(one.pairs & other.pairs) / (len(one.pairs) + len(other.pairs))
    if alike >= INCLUDED:
        return alike
    shorter, longer = sorted((one.words, other.words), key=len)
    return max(alike, INCLUDED) if longer[: len(shorter)] == shorter else alike


def _plain(text: str) -> str:
    """Small letters without accents; what stands between letters of an abbreviation is taken out."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    bare = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return re.sub(r"['’`´.]", "", re.sub(r"(?<=\w\w)[.](?=\w\w)", " ", bare)).replace("&", " and ")


def _joined_letters(words: list[str]) -> list[str]:
    """`s r l`, as in "S. r. l.", as one word."""
    joined: list[str] = []
    is_open = False
    for word in words:
        if is_open and len(word) == 1:
            joined[-1] += word
        else:
            joined.append(word)
        is_open = len(word) == 1
    return joined


def _without_form(words: list[str]) -> list[str]:
    """Never less than one word: a company may be called like a legal form."""
    first, last = 0, len(words)
    while last - first > 1 and words[last - 1] in _LEGAL_FORMS | _JOINS:
        last -= 1
    while last - first > 1 and words[first] in _BEFORE:
        first += 1
    return words[first:last]
