"""What a rep says of a contact, and whether that is a conversation or only a try."""

from lead_events.words import Contact

CONVERSATIONS = frozenset({"reached", "replied", "meeting", "conversation", "talked", "answered"})
"""Results that mean that the buyer answered."""
ATTEMPTS = frozenset({"no_answer", "left_message", "sent", "attempt", "busy", "voicemail"})
"""Results known to be tries. So is a word of a rep's own: nobody is taken at more than they said."""


def contact_of(result: str) -> Contact:
    """What a result comes to, however it is spelled: `Left message` is `left_message`."""
    word = "_".join(result.replace("-", " ").replace("_", " ").lower().split())
    return Contact.CONVERSATION if word in CONVERSATIONS else Contact.ATTEMPT
