"""A website of another origin than intake: the pages that the browser tests open."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

POLICY = (
    "default-src 'none'; script-src {intake} 'nonce-test'; connect-src {intake}; form-action {intake} https:"
)
FORM = """\
<form data-baton="{key}" action="{intake}/v1/forms/{key}/submissions" method="post">
  <label>Correo <input name="email"></label>
  <label>Teléfono <input name="phone"></label>
  <label>Mensaje <textarea name="message"></textarea></label>
  <label><input type="checkbox" name="interested" value="a">a</label>
  <label><input type="checkbox" name="interested" value="b">b</label>
  <button>Enviar</button>
</form>
"""
PAGE = """\
<!doctype html><html lang="es"><meta charset="utf-8"><title>Empresa de ejemplo</title>
<script src="{intake}/baton.js" defer {attributes}></script>
<body>{form}<p><a href="/prices.pdf" download>Precios</a> <a href="/other">Otra</a></p></body></html>
"""


class Website:
    """Serves one page at every path; `attributes` of its script tag and the form are changed by tests."""

    def __init__(self, intake: str) -> None:
        self.intake = intake
        self.form_key = "site-es-form"
        self.attributes = ""

    @property
    def page(self) -> bytes:
        """The page now."""
        form = FORM.format(key=self.form_key, intake=self.intake)
        return PAGE.format(intake=self.intake, form=form, attributes=self.attributes).encode()


@contextmanager
def served(website: Website) -> Iterator[str]:
    """Serve the website; its origin. Every page has a strict content security policy."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_file = urlsplit(self.path).path.endswith((".pdf", ".ico"))
            body = b"a file" if is_file else website.page
            self.send_response(200)
            self.send_header("Content-Type", "application/pdf" if is_file else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY.format(intake=website.intake))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
