"""The demo's mailbox: what it keeps of a letter, what its page shows, and to whom."""

import smtplib
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from baton_dev import mailbox as the_mailbox
from baton_dev.letters import Letter
from baton_dev.mail_page import answer
from baton_dev.mailbox import Mailbox
from baton_dev.ports import choose_port
from baton_dev.visit import mail_news

LINK = "http://127.0.0.1:1/act/AAAA"


def _letter(number: int = 7, **more: str) -> Letter:
    parts = {"to": "ana@aurora.example", "subject": "New lead", "sent": "now", "text": "", "html": ""} | more
    return Letter(number, **parts)


def _send(port: int, to: str, subject: str, text: str = f"Accept: {LINK}\n") -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "baton@aurora.example", to, subject
    letter.set_content(text)
    letter.add_alternative(f"<p>{subject}</p>", subtype="html")
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as server:
        server.send_message(letter)


def _mailbox(folder: Path) -> Mailbox:
    return Mailbox(folder, mail_port=choose_port(), page_port=choose_port())


def test_a_letter_is_a_file_and_a_page_and_is_there_after_a_restart(tmp_path: Path) -> None:
    first = _mailbox(tmp_path / "mail")
    first.start()
    try:
        _send(first.mail_port, "ana@aurora.example", "Şăptămâna nouă")
        [letter] = first.letters()
        assert (letter.number, letter.to, letter.subject) == (1, "ana@aurora.example", "Şăptămâna nouă")
        assert letter.link == LINK
        assert "Şăptămâna nouă" in httpx.get(first.url, trust_env=False).text
        assert httpx.get(f"{first.url}/1", trust_env=False).text.strip() == "<p>Şăptămâna nouă</p>"
    finally:
        first.stop()
    assert [path.name for path in (tmp_path / "mail").iterdir()] == ["000001-ana@aurora.example.eml"]
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0
    second = _mailbox(tmp_path / "mail")
    second.start()
    second.stop()
    assert [each.subject for each in second.letters()] == ["Şăptămâna nouă"]


def test_a_file_that_somebody_put_there_keeps_no_stack_from_starting_and_stays(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "kept-by-me.eml").write_text("Subject: mine")
    box = _mailbox(tmp_path / "mail")
    box.start()
    box.stop()
    assert box.letters() == []
    assert (tmp_path / "mail" / "kept-by-me.eml").exists()


def test_of_too_many_letters_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(the_mailbox, "KEPT", 2)
    box = _mailbox(tmp_path / "mail")
    box.start()
    try:
        for number in range(4):
            _send(box.mail_port, "ana@aurora.example", f"letter {number}")
    finally:
        box.stop()
    assert [each.number for each in box.letters()] == [3, 4]
    assert len(list((tmp_path / "mail").iterdir())) == 2


def test_no_receiver_leads_out_of_the_folder(tmp_path: Path) -> None:
    box = _mailbox(tmp_path / "mail")
    box.start()
    try:
        _send(box.mail_port, "../../out@aurora.example", "x")
    finally:
        box.stop()
    [path] = (tmp_path / "mail").iterdir()
    assert path.name == "000001-.._.._out@aurora.example.eml"


def test_the_page_shows_what_letters_say_as_text() -> None:
    _, page = answer([_letter(subject="<script>x</script>")], "/", "127.0.0.1:9", 9)
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/", "127.0.0.1:9", 200),
        ("/", "localhost:9", 200),
        ("/7", "127.0.0.1:9", 200),
        ("/8", "127.0.0.1:9", 404),
        ("/../7", "127.0.0.1:9", 404),
        ("/", "elsewhere.example:9", 403),
        ("/7", "", 403),
    ],
)
def test_only_under_its_own_name_and_only_letters(path: str, host: str, status: int) -> None:
    assert answer([_letter()], path, host, 9)[0] == status


def test_a_letter_without_html_is_shown_as_text() -> None:
    _, page = answer([_letter(text="1 < 2")], "/7", "127.0.0.1:9", 9)
    assert "<pre>1 &lt; 2</pre>" in page


def test_a_visitor_is_told_to_whom_where_and_how_to_answer() -> None:
    news = mail_news(_letter(text=f"Accept: {LINK}"), "http://127.0.0.1:2", is_first=True)
    assert news.startswith('e-mail to ana@aurora.example: "New lead" · read it at http://127.0.0.1:2/7')
    assert f"ana answers at {LINK}, a page that asks once more" in news
    assert "answers" not in mail_news(_letter(), "http://127.0.0.1:2", is_first=True)
