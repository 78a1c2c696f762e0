"""HTTP/1.1 as uvicorn reads it, less the wake-ups that bring a request nothing."""

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class WholeBodies(HttpToolsProtocol):
    """Wakes a request once its body is complete or more than 64 KiB wait to be read, not for every packet.

    A byte of somebody who sends one after another then costs the parser's time and no task's turn: hundreds
    of them stand in nobody's way. Who waits for a body is still woken when the caller goes away.
    """

    def on_body(self, body: bytes) -> None:
        """Called by the parser for each piece."""
        cycle = self.cycle
        is_more = len(cycle.body) + len(body) <= HIGH_WATER_LIMIT and not cycle.response_complete
        if is_more and not self.parser.should_upgrade():
            cycle.body += body
        else:
            super().on_body(body)
