"""What the product says in each language are the glossary's words: one meaning each, wherever it is read."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from router.messages.texts import CATALOGUE as MESSAGES
from router.messages.texts import WHY
from sla_monitor.reports.texts import CATALOGUE as REPORTS
from sla_monitor.rhythm.texts import CATALOGUE as PAGES
from tests.contract.documents import ROOT

LANGUAGES = ("es", "pt", "it", "ro")
CATALOGUES: dict[str, Mapping[str, Mapping[str, str]]] = {
    "messages": MESSAGES,
    "why": WHY,
    "reports": REPORTS,
    "pages": PAGES,
}
EVERYDAY = frozenset({"lead", "rep", "fit", "delivered", "working time", "worked", "pace", "handoff", "lock"})
"""Terms whose English word is said in other senses too (a team lead), or put otherwise elsewhere."""
PARAPHRASED = {
    ("why", "reason.named_account"): "it: a client named in a table is no account yet",
}
FORBIDDEN = {
    "es": ("promesa",),
    "pt": ("promessa", "ensaio", "regulamento"),
    "it": ("promessa", "promesse", "declinat", "respinto"),
    "ro": ("promisiun", "refuz", "firma", "firmă"),
}
"""Other words for a promise, a trial, the rulebook, a decline, a rejection or an account that stood here."""


@cache
def glossary() -> dict[str, dict[str, str]]:
    """Each term in the four languages."""
    lines = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return {
        row[0]: dict(zip(LANGUAGES, row[2:], strict=True)) for row in rows if row[0] not in ("term", "---")
    }


def _said(text: str) -> str:
    """Without places and what is typed as it stands: commands and names of fields."""
    return re.sub(r"\{\w+\}|`[^`]*`|baton [a-z -]+", " ", text).casefold()


def _names(term: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(term.casefold())}s?(?![\w-])", _said(text)) is not None


def _follows(term: str, text: str) -> bool:
    """Whether the term stands in the text, in whatever form and order its language gives it."""
    head = term.casefold().partition(" dal ")[0]  # by whom, the sentence may say otherwise
    words = [word for word in head.split() if len(word) > 3 or " " not in head]
    return all(_stem(word) in text.casefold() for word in words)


def _stem(word: str) -> str:
    return word[: -min(3, max(0, len(word) - 3)) or None]


def _texts() -> Iterator[tuple[str, str, str]]:
    for name, catalogue in CATALOGUES.items():
        for key, text in catalogue["en"].items():
            if (name, key) not in PARAPHRASED:
                yield name, key, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_term_of_the_glossary_is_said_as_the_glossary_says_it(language: str) -> None:
    wrong = {
        (name, key, term): CATALOGUES[name][language][key]
        for name, key, text in _texts()
        for term, said in glossary().items()
        if term not in EVERYDAY and _names(term, text)
        if not _follows(said[language], CATALOGUES[name][language][key])
    }
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_other_word_stands_for_a_term(language: str) -> None:
    found = {
        (name, key): text
        for name, catalogue in CATALOGUES.items()
        for key, text in catalogue[language].items()
        if any(re.search(rf"(?<!\w){word}", text.casefold()) for word in FORBIDDEN[language])
    }
    assert found == {}
