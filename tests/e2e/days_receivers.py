"""Where alerts arrive: a web server and a mail server on loopback, each in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from aiosmtpd.smtp import SMTP
from standardwebhooks.webhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Told:
    """What the operator has been told, by both ways."""

    hook: str = ""
    mail_port: int = 0
    posted: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    letters: list[bytes] = field(default_factory=list)

    def webhooks(self, form: str, state: str = "opened") -> list[dict[str, Any]]:
        """Alerts about a form; a webhook whose signature is not valid is an error."""
        alerts = []
        for headers, body in list(self.posted):
            Webhook(SECRET).verify(body, headers)
            told = orjson.loads(body)
            if told["data"]["form"] == form and told["data"]["state"] == state:
                alerts.append(told)
        return alerts

    def subjects(self, form: str) -> list[str]:
        """Subjects of the e-mails about a form."""
        read = [message_from_bytes(each, _class=EmailMessage, policy=default) for each in list(self.letters)]
        return [str(each["Subject"]) for each in read if str(each["Subject"]).endswith(f"form {form}")]

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        """Take an e-mail."""
        self.letters.append(envelope.content)
        return "250 OK"


@contextmanager
def receivers() -> Iterator[Told]:
    """Both servers, running."""
    told = Told()
    with _web_server(told), _mail_server(told):
        yield told


@contextmanager
def _web_server(told: Told) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.posted.append((headers, self.rfile.read(int(headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    told.hook = f"http://127.0.0.1:{server.server_port}/alerts"
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _mail_server(told: Told) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    serving = loop.create_server(lambda: SMTP(told, hostname="mail.example.org", loop=loop), "127.0.0.1", 0)
    server = loop.run_until_complete(serving)
    told.mail_port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
