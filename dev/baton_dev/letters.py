"""Letters of the demo's mailbox, read from their files."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

_LINK = re.compile(r"https?://\S+/act/\S+")


@dataclass(frozen=True)
class Letter:
    """One e-mail as it came. `text` and `html` are empty where it has none."""

    number: int
    to: str
    subject: str
    sent: str
    text: str
    html: str

    @property
    def link(self) -> str | None:
        """The first link to answer by: of a new lead, the one that accepts it."""
        found = _LINK.search(self.text)
        return found[0] if found else None


def read_letter(path: Path) -> Letter:
    """The letter in a file whose name begins with its number and a hyphen."""
    letter = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=default)
    return Letter(
        int(path.name.partition("-")[0]),
        str(letter["To"] or ""),
        str(letter["Subject"] or "").strip(),  # a folded one begins with the blank of its second line
        str(letter["Date"] or ""),
        _part(letter, "plain"),
        _part(letter, "html"),
    )


def _part(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
