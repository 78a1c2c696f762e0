"""The scorecards of each version of the rulebook, compiled once a process."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from lead_events.words import BuyerStage
from rulebook.models import Rulebook, Scorecard
from rulebook.publication import checksum
from rulebook.versions import History, Versioned
from scorecard.compiled import compile_scorecard
from scoring.domain.publications import Cards, CardsAt
from scoring.domain.rescoring import gives_other_points
from scoring.domain.shadows import ShadowCard


class CompiledCards:
    """Compiled scorecards by version. Not thread-safe: conditions are evaluated on the event loop."""

    def __init__(self) -> None:
        self._by_version: dict[int, tuple[Versioned, Cards]] = {}
        self._history = History()
        self._is_other: dict[tuple[int, str, int], bool] = {}

    def of(self, history: History) -> CardsAt:
        """The scorecards in force at a moment, by event time."""
        self._history = history

        def cards_at(moment: datetime) -> Cards:
            return self._compiled(history.at(moment))

        return cards_at

    def _compiled(self, versioned: Versioned) -> Cards:
        """A store restored to an earlier moment may give a number to other content: then compiled anew."""
        known = self._by_version.get(versioned.version)
        if known is not None and known[0] is versioned:
            return known[1]
        cards = replace(cards_of(versioned), is_other=partial(self._differs, versioned))
        self._by_version[versioned.version] = versioned, cards
        self._is_other.clear()
        return cards

    def _differs(self, versioned: Versioned, line: str, version: int) -> bool:
        """Whether a lead that a version scored is scored otherwise by this one; remembered, as it is asked of
        every lead. A version that is not known any more had another scorecard."""
        if version == versioned.version:
            return False
        key = (versioned.version, line, version)
        if key not in self._is_other:
            other = next((each for each in self._history if each.version == version), None)
            self._is_other[key] = other is None or gives_other_points(
                other.rulebook, versioned.rulebook, line
            )
        return self._is_other[key]


def cards_of(versioned: Versioned) -> Cards:
    """The scorecards of one version, compiled; takes a tenth of a second for a hundred rules or so."""
    rulebook, stages = versioned.rulebook, stages_of(versioned.rulebook)
    by_line = {line: compile_scorecard(card, stages) for line, card in rulebook.scorecards.items()}
    shadows = {
        line: ShadowCard(compile_scorecard(card, stages), card_id(card))
        for line, card in rulebook.shadow_scorecards.items()
    }
    return Cards(versioned.version, by_line, rulebook.currency, shadows)


def stages_of(rulebook: Rulebook) -> dict[str, BuyerStage]:
    """Forms that show how far on their way their senders are."""
    return {form: each.buyer_stage for form, each in rulebook.forms.items() if each.buyer_stage}


def card_id(card: Scorecard) -> str:
    """SHA-256 (hex) of how a scorecard is written: what tells whether it is the same as another."""
    return checksum(card.model_dump(mode="json", by_alias=True, exclude_none=True))
