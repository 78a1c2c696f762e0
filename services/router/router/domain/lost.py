"""Why a lead was lost: a closed list, and the words in which reps say it."""

from lead_events.words import LostCode

_WORDS = {
    LostCode.PRICE: ("price", "expensive", "too expensive", "budget", "no budget", "cost"),
    LostCode.TIMING: ("timing", "not now", "later", "too early", "too late", "postponed"),
    LostCode.COMPETITOR: ("competitor", "competition", "other vendor", "chose another"),
    LostCode.NO_NEED: ("no need", "not needed", "no interest", "not interested"),
    LostCode.NO_ANSWER: ("no answer", "no reply", "unreachable", "ghosted", "silent"),
    LostCode.OTHER: ("other",),
}
_CODES = {word: code for code, words in _WORDS.items() for word in words}


def lost_code(said: str | None) -> LostCode | None:
    """What a word for it comes to, however it is spelled: `Too-Expensive` is price. Free words are `other`;
    nothing said is None."""
    if said is None:
        return None
    word = " ".join(said.replace("-", " ").replace("_", " ").lower().split())
    return _CODES.get(word, LostCode.OTHER)
