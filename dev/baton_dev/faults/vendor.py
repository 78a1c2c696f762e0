"""A vendor of lead ads on loopback: it tells a lead to whoever shows the token that is good now."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Vendor:
    """Meta's Graph API as far as intake asks it. `token` is the one it takes; another is answered 401."""

    def __init__(self, port: int, token: str) -> None:
        self.token = token
        self.url = f"http://127.0.0.1:{port}"
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, lead: str, authorization: str) -> tuple[int, dict[str, Any]]:
        """Status and body for one question."""
        if authorization != f"Bearer {self.token}":
            error = {"message": "Session has expired", "type": "OAuthException", "code": 190}
            return 401, {"error": error}
        answers = {"email": f"lead-{lead}@example.com", "full_name": "Inês Araújo"}
        fields = [{"name": name, "values": [value]} for name, value in answers.items()]
        return 200, {"id": lead, "field_data": fields}


def _handler(vendor: Vendor) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            lead = urlsplit(self.path).path.rpartition("/")[2]
            status, document = vendor.answer(lead, self.headers.get("Authorization", ""))
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name there
            """Nothing: intake's log tells what it was answered."""

    return Handler
