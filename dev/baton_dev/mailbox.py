"""A mailbox for the demo: a mail server on loopback that keeps each letter as a file."""

import asyncio
import re
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from baton_dev.letters import Letter, read_letter
from baton_dev.mail_page import MailPage

KEPT = 500
"""Letters that stay in the folder; of more the oldest go."""
SENDER = "baton@aurora.example"


class Mailbox:
    """Takes e-mail to anybody at `mail_port` and shows it at `page_port`, both of 127.0.0.1.

    `folder` is for its owner only; it goes on with the letters that are there. `seconds` pass before it
    says that it has a letter.
    """

    def __init__(self, folder: Path, *, mail_port: int, page_port: int) -> None:
        self.folder = folder
        self.mail_port = mail_port
        self.seconds = 0.0
        self._server = Controller(self, hostname="127.0.0.1", port=mail_port)
        self._page = MailPage(self.letters, page_port)
        self._letters: list[Letter] = []

    @property
    def url(self) -> str:
        """Where a browser shows the letters."""
        return self._page.url

    @property
    def settings(self) -> dict[str, str]:
        """What a service is told to send its e-mail here."""
        url = f"smtp://127.0.0.1:{self.mail_port}?starttls=never"
        return {"BATON_SMTP_URL": url, "BATON_SMTP_FROM": SENDER}

    def letters(self) -> list[Letter]:
        """Every letter, the oldest first."""
        return list(self._letters)

    def start(self) -> None:
        """Return once both ports answer."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._letters = [read_letter(path) for path in self._files()]
        self._server.start()
        self._page.start()

    def stop(self) -> None:
        """Letters stay."""
        self._server.stop(no_assert=True)
        self._page.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        """Keep a letter: one file for each receiver."""
        await asyncio.sleep(self.seconds)
        for receiver in envelope.rcpt_tos:
            self._keep(receiver, envelope.content)
        return "250 kept"

    def _keep(self, receiver: str, content: bytes) -> None:
        number = self._letters[-1].number + 1 if self._letters else 1
        path = self.folder / f"{number:06d}-{_as_file_name(receiver)}.eml"
        path.write_bytes(content)
        self._letters.append(read_letter(path))
        for old in self._files()[:-KEPT]:
            old.unlink()
        del self._letters[:-KEPT]

    def _files(self) -> list[Path]:
        """Its own, the oldest first; what else lies there is somebody's."""
        return sorted(self.folder.glob("[0-9][0-9][0-9][0-9][0-9][0-9]-*.eml"))


def _as_file_name(receiver: str) -> str:
    return re.sub(r"[^A-Za-z0-9@._-]", "_", receiver)[:80]
