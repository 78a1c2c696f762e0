"""The named controls of a page's forms, each with its label, its links and its choices, as parsed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser

from intake.authoring.links import Place, link_of
from intake.domain.technical import HONEYPOT_PREFIX, TOKEN_FIELD

_NO_FIELDS = frozenset({"submit", "button", "image", "reset", "password", "file"})


@dataclass(slots=True)
class Option:
    """One choice of a list; without a value what is read is sent."""

    value: str | None
    text: list[str] = field(default_factory=list)

    def both(self) -> tuple[str, str]:
        """What is sent, and what is read."""
        shown = label_text(self.text)
        return (shown if self.value is None else self.value), shown


@dataclass(slots=True)
class Control:
    """One input, with what stands around it."""

    name: str
    kind: str
    given: dict[str, str]
    label: list[str] = field(default_factory=list)
    legend: list[str] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)


class Address(str):
    """Where a link inside a label leads, as written."""

    __slots__ = ()


class Picture(str):
    """What a picture in a label shows: words beside it say it again, so it counts where there are none."""

    __slots__ = ()


@dataclass(slots=True)
class _Link:
    """A link that is open. `shown`: how many parts its label had before it; `name`: its own, unseen."""

    address: str
    shown: int
    name: str


class Page(HTMLParser):
    """Collects the named controls of a page's forms."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.language = ""
        self.forms: list[tuple[str, list[Control]]] = []
        self.labels: dict[str, list[str]] = {}
        self._controls: list[Control] | None = None
        self._label: list[str] | None = None
        self._legends: list[list[str]] = []
        self._in_legend = False
        self._select: Control | None = None
        self._link: _Link | None = None
        self._silent = 0
        self.place = Place()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        given = {name: value or "" for name, value in attrs}
        self.place.note(tag, given)
        if tag == "html":
            self.language = given.get("lang", "")
        elif tag == "form":
            self._controls = []
            self.forms.append((given.get("lang", ""), self._controls))
        elif tag == "label":
            self._label = self.labels.setdefault(given["for"], []) if given.get("for") else []
        elif tag == "fieldset":
            self._legends.append([])
        elif tag == "legend":
            self._in_legend = True
        elif tag in ("a", "img"):
            self._note_linked(tag, given)
        elif tag == "option" and self._select is not None:
            self._select.options.append(Option(given.get("value")))
        elif tag in ("input", "select", "textarea"):
            self._note(tag, given)
        self._silent += tag in ("script", "style", "button", "textarea")

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        if tag == "form":
            self._controls = None
        elif tag == "label":
            self._end_link()
            self._label = None
        elif tag == "fieldset" and self._legends:
            self._legends.pop()
        elif tag == "legend":
            self._in_legend = False
        elif tag == "a":
            self._end_link()
        elif tag == "select":
            self._select = None
        self._silent -= tag in ("script", "style", "button", "textarea") and self._silent > 0

    def handle_comment(self, data: str) -> None:
        """A comment, which may say where the page was saved from."""
        self.place.note_comment(data)

    def handle_data(self, data: str) -> None:
        """Text, which goes to the label, legend or choice that is open."""
        if self._silent:
            return
        if self._select is not None:
            if self._select.options:
                self._select.options[-1].text.append(data)
        elif self._in_legend and self._legends:
            self._legends[-1].append(data)
        elif self._label is not None:
            self._label.append(data)

    def _note_linked(self, tag: str, given: dict[str, str]) -> None:
        if tag == "img":
            alt = given.get("alt", "")
            self.handle_data(alt if self._link is not None else Picture(alt))
            return
        self._end_link()
        if self._label is not None:
            name = given.get("aria-label") or given.get("title") or ""
            self._link = _Link(link_of(given.get("href", "")), len(self._label), name)

    def _end_link(self) -> None:
        if self._link is not None and self._label is not None:
            if not "".join(self._label[self._link.shown :]).strip():
                self._label.append(self._link.name)
            if self._link.address:
                self._label.append(Address(self._link.address))
        self._link = None

    def _note(self, tag: str, given: dict[str, str]) -> None:
        kind = (given.get("type") or "text").lower() if tag == "input" else tag
        name = given.get("name", "")
        control = Control(name, kind, given, self._label if self._label is not None else [])
        if self._legends:
            control.legend = self._legends[-1]
        if tag == "select":
            self._select = control
        is_own = name.startswith(HONEYPOT_PREFIX) or name == TOKEN_FIELD
        if self._controls is not None and name and not is_own and kind not in _NO_FIELDS:
            self._controls.append(control)


def label_text(parts: list[str]) -> str:
    """The words of a label, else what its pictures show."""
    words = [part for part in parts if not isinstance(part, Address | Picture)]
    return one_line(words) or one_line([part for part in parts if isinstance(part, Picture)])


def one_line(parts: Iterable[str]) -> str:
    """Texts as one, without the signs that mark a required field."""
    return " ".join("".join(parts).split()).rstrip(" *:").strip()
