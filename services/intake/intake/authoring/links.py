"""Where links of a saved page lead, and what address the page itself had. Pure."""

import re
from collections.abc import Mapping
from urllib.parse import urldefrag, urljoin

_SAVED_FROM = re.compile(
    r"saved from url=\(\d{4}\)\s*(https?://\S+)|^\s*url:\s*(https?://\S+)", re.IGNORECASE | re.MULTILINE
)
"""How browsers and SingleFile note in a comment where a page came from. Sources: Microsoft, "Mark of the
Web"; SingleFile's own files."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_KEPT = frozenset({"http:", "https:", "mailto:", "tel:"})
_IGNORED = re.compile(r"[\t\n\r]")
_BLANK = "".join(map(chr, range(0x21)))


def link_of(href: str) -> str:
    """Where an `href` leads, as written; "" for a script, for content of its own, for a file of one machine
    and for a place on the same page.

    Read as browsers read it: tabs and line ends inside do not count. Source: WHATWG URL standard, "URL
    parsing".
    """
    link = _IGNORED.sub("", href.strip(_BLANK))
    scheme = _SCHEME.match(link)
    if link.startswith("#") or (scheme is not None and scheme[0].lower() not in _KEPT):
        return ""
    return link


class Place:
    """The address of a page, as far as the page tells: where it was saved from, else what it calls its
    own."""

    def __init__(self) -> None:
        self._base = ""
        self._told: dict[str, str] = {}

    def note(self, tag: str, given: Mapping[str, str]) -> None:
        """Learn from an element."""
        if tag == "base":
            self._base = self._base or link_of(given.get("href", ""))
        elif tag == "link" and "canonical" in given.get("rel", "").lower().split():
            self._told.setdefault("canonical", link_of(given.get("href", "")))
        elif tag == "meta" and given.get("property", "").lower() == "og:url":
            self._told.setdefault("og:url", link_of(given.get("content", "")))

    def note_comment(self, text: str) -> None:
        """Learn from a comment."""
        if found := _SAVED_FROM.search(text):
            self._told.setdefault("saved", found[1] or found[2])

    def address_of(self, link: str) -> str:
        """The whole address of a link; as written where the page does not tell its own; "" for a place on the
        page itself."""
        page = self._page()
        whole = _joined(_joined(page, self._base), link)
        address, fragment = urldefrag(whole)
        return "" if fragment and page and address == urldefrag(page)[0] else whole

    def _page(self) -> str:
        told = (self._told.get(who, "") for who in ("saved", "canonical", "og:url"))
        return next((each for each in told if each.lower().startswith(("http://", "https://"))), "")


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:  # such as a bracket that opens an IPv6 address and none that closes it
        return link
