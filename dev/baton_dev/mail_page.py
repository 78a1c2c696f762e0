"""The demo's letters in a browser: a list, and each as its receiver sees it."""

import threading
from collections.abc import Callable, Sequence
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from baton_dev.letters import Letter


class MailPage:
    """A web server on loopback, in a thread of its own."""

    def __init__(self, letters: Callable[[], Sequence[Letter]], port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._letters = letters
        self._port = port
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Return once it answers."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self._letters, self._port))
        threading.Thread(target=self._server.serve_forever, name="mailbox", daemon=True).start()

    def stop(self) -> None:
        """Nothing happens unless it was started."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._server = None


def _handler(letters: Callable[[], Sequence[Letter]], port: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, page = answer(letters(), self.path, self.headers.get("Host", ""), port)
            content = page.encode()
            self.send_response(status)
            for name, value in {**_HEADERS, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    return Handler


_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
}


def answer(letters: Sequence[Letter], path: str, host: str, port: int) -> tuple[int, str]:
    """Status and page. Only under its own name: a page of elsewhere whose name leads here reads nothing."""
    if host not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        return 403, _page("Not here", f"<p>This page is at http://127.0.0.1:{port}.</p>")
    if path == "/":
        return 200, _list(letters)
    found = next((each for each in letters if path == f"/{each.number}"), None)
    if found is None:
        return 404, _page("No such letter", '<p><a href="/">All letters</a></p>')
    return 200, found.html or _page(found.subject, f"<pre>{escape(found.text)}</pre>")


def _list(letters: Sequence[Letter]) -> str:
    rows = "".join(
        f'<tr><td>{escape(each.sent)}</td><td>{escape(each.to)}</td><td><a href="/{each.number}">'
        f"{escape(each.subject)}</a></td></tr>"
        for each in reversed(letters)
    )
    told = "" if rows else "<p>None yet. This page looks again by itself.</p>"
    return _page(
        "E-mail that Baton has sent",
        f"<table>{rows}</table>{told}",
        '<meta http-equiv="refresh" content="3">',
    )


def _page(title: str, body: str, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{head}<title>{escape(title)}</title>'
        "<style>:root{color-scheme:light dark}body{font-family:sans-serif;margin:2rem}"
        "td{padding:.3rem 1rem .3rem 0}pre{white-space:pre-wrap}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
