"""The scorecards of each version of the rulebook, compiled once a process."""

from datetime import datetime

from rulebook.versions import History, Versioned
from scorecard.compiled import compile_scorecard
from scoring.domain.publications import Cards, CardsAt


class CompiledCards:
    """Compiled scorecards by version. Not thread-safe: conditions are evaluated on the event loop."""

    def __init__(self) -> None:
        self._by_version: dict[int, tuple[Versioned, Cards]] = {}

    def of(self, history: History) -> CardsAt:
        """The scorecards in force at a moment, by event time."""

        def cards_at(moment: datetime) -> Cards:
            return self._compiled(history.at(moment))

        return cards_at

    def _compiled(self, versioned: Versioned) -> Cards:
        """A store restored to an earlier moment may give a number to other content: then compiled anew."""
        known = self._by_version.get(versioned.version)
        if known is not None and known[0] is versioned:
            return known[1]
        rulebook = versioned.rulebook
        stages = {form: each.buyer_stage for form, each in rulebook.forms.items() if each.buyer_stage}
        by_line = {line: compile_scorecard(card, stages) for line, card in rulebook.scorecards.items()}
        cards = Cards(versioned.version, by_line, rulebook.currency)
        self._by_version[versioned.version] = versioned, cards
        return cards
