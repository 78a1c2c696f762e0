"""Who is at the other end, as far as the proxies that are trusted say."""

from collections.abc import Sequence
from ipaddress import ip_network

from intake import metrics
from intake.domain.networks import Network, forwarded_for, visitor_behind
from intake.http import Headers, Named, every
from service_kit.logs import logger

_log = logger(__name__)
FORWARDED = "forwarded"


class Proxies:
    """Reads the one header that the proxies write. Nobody else's word counts: a visitor can send any header.

    `header`: x-forwarded-for or forwarded. Only one, as a proxy that writes one passes the other on as the
    visitor sent it.
    """

    def __init__(self, trusted: Sequence[str] = (), header: str = "x-forwarded-for") -> None:
        self._trusted: tuple[Network, ...] = tuple(ip_network(each) for each in trusted)
        self._name = header.encode()
        self._is_forwarded = header == FORWARDED
        self._has_told = False

    def visitor(self, peer: str, headers: Headers, named: Named) -> str:
        """The visitor's address; `peer` is who connected, `named` are the headers for looking up."""
        values = every(headers, named, self._name)
        if not values:
            return peer
        if not self._trusted:
            self._tell(peer)
            return peer
        text = b",".join(values).decode("latin-1")
        hops = forwarded_for(text) if self._is_forwarded else text.split(",")
        return visitor_behind(peer, hops, self._trusted)

    def _tell(self, peer: str) -> None:
        metrics.FORWARDED_IGNORED.inc()
        if not self._has_told:
            self._has_told = True
            _log.warning(
                "a proxy names visitors, and none is trusted: set BATON_TRUSTED_PROXIES to its network",
                peer=peer,
            )
