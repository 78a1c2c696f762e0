"""The syntax tree of a compiled condition: which fields it reads, and which of these reads `has()` protects.

CEL publishes compiled expressions as protocol-buffer messages (google/api/expr/v1alpha1/checked.proto and
syntax.proto); the few fields needed are read here straight from the wire format.
"""

from collections.abc import Iterator
from dataclasses import dataclass

Path = tuple[str, ...]
ROUNDS = 100
"""A lead has at most so many attributes, and a text of a form at most so many values."""
NO_GUARDS: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True)
class Node:
    """One expression. `kind`: name, select, has, call, text, number, loop or other. `word` is its name,
    field, function, text."""

    id: int
    kind: str
    word: str = ""
    children: tuple["Node", ...] = ()

    def path(self) -> Path | None:
        """`lead.attributes.city` or `lead.attributes["city"]` as ("lead", "attributes", "city"), else
        None."""
        if self.kind == "name":
            return (self.word,)
        if self.kind in ("select", "has"):
            base = self.children[0].path()
            return None if base is None else (*base, self.word)
        if self.kind == "call" and self.word == "_[_]" and self.children[1].kind == "text":
            base = self.children[0].path()
            return None if base is None else (*base, self.children[1].word)
        return None


@dataclass(frozen=True, slots=True)
class Read:
    """A field read or asked for by a condition; one inside has() counts as guarded. Places count from 1."""

    path: Path
    is_guarded: bool
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Tree:
    """The root expression, and where in the source each node stands."""

    root: Node
    source: str
    positions: dict[int, int]

    def reads(self) -> list[Read]:
        """Every dotted read, shortest prefixes included, in the order of the source."""
        found = []
        for node, path, guards in _reads(self.root, NO_GUARDS):
            line, column = self._place(node)
            found.append(Read(path, path in guards, line, column))
        return sorted(set(found), key=lambda read: (read.line, read.column, read.path))

    def patterns(self) -> list[str]:
        """Regular expressions that stand in the condition as texts."""
        return list(_patterns(self.root))

    def cost(self) -> int:
        """Steps of one evaluation at worst, a list or map taken to have ROUNDS entries."""
        return _cost(self.root)

    def comparisons(self) -> list[tuple[str, str]]:
        """Each variable or field compared with a text, by ==, != or `in` a list of texts."""
        return list(_comparisons(self.root))

    def compared_with_numbers(self) -> list[Path]:
        """Each variable or field that a number is compared with."""
        return list(dict.fromkeys(_compared_with_numbers(self.root)))

    def _place(self, node: Node) -> tuple[int, int]:
        while node.children and node.kind in ("select", "has"):
            node = node.children[0]
        before = self.source[: self.positions.get(node.id, 0)]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _reads(node: Node, guards: frozenset[Path]) -> Iterator[tuple[Node, Path, frozenset[Path]]]:
    """CEL's && and || absorb an error when the other side decides, whichever comes first."""
    path = node.path()
    if path is not None and len(path) > 1:
        yield node, path, guards | {path} if node.kind == "has" else guards
    if node.kind == "call" and node.word == "_&&_":
        left, right = node.children
        yield from _reads(left, guards | _present_if(right, True))
        yield from _reads(right, guards | _present_if(left, True))
    elif node.kind == "call" and node.word == "_||_":
        left, right = node.children
        yield from _reads(left, guards | _present_if(right, False))
        yield from _reads(right, guards | _present_if(left, False))
    elif node.kind == "call" and node.word == "_?_:_":
        test, then, otherwise = node.children
        yield from _reads(test, guards)
        yield from _reads(then, guards | _present_if(test, True))
        yield from _reads(otherwise, guards | _present_if(test, False))
    else:
        for child in node.children:
            yield from _reads(child, guards)


def _patterns(node: Node) -> Iterator[str]:
    if node.kind == "call" and node.word == "matches" and node.children[-1].kind == "text":
        yield node.children[-1].word
    for child in node.children:
        yield from _patterns(child)


def _cost(node: Node) -> int:
    inside = sum(_cost(child) for child in node.children)
    return 1 + inside * (ROUNDS if node.kind == "loop" else 1)


def _comparisons(node: Node) -> Iterator[tuple[str, str]]:
    if node.kind == "call" and node.word in ("_==_", "_!=_", "@in"):
        left, right = node.children
        for name, texts in ((left, right), (right, left)):
            path = name.path()
            if path is not None and name.kind != "has":
                literals = (texts,) if node.word != "@in" else texts.children
                yield from ((".".join(path), literal.word) for literal in literals if literal.kind == "text")
    for child in node.children:
        yield from _comparisons(child)


def _compared_with_numbers(node: Node) -> Iterator[Path]:
    if node.kind == "call" and node.word in _COMPARING:
        left, right = node.children
        for one, other in ((left, right), (right, left)):
            path = one.path()
            if path is not None and other.kind == "number":
                yield path
    for child in node.children:
        yield from _compared_with_numbers(child)


def _present_if(node: Node, holds: bool) -> frozenset[Path]:
    """The fields that must be there when `node` is `holds`."""
    if node.kind == "has":
        path = node.path()
        return frozenset({path}) if holds and path is not None else NO_GUARDS
    if node.kind != "call":
        return NO_GUARDS
    if node.word == "!_":
        return _present_if(node.children[0], not holds)
    if node.word in ("_&&_", "_||_"):
        left, right = (_present_if(child, holds) for child in node.children)
        return left | right if (node.word == "_&&_") is holds else left & right
    if node.word == "@in" and holds and node.children[0].kind == "text":
        base = node.children[1].path()
        return frozenset({(*base, node.children[0].word)}) if base is not None else NO_GUARDS
    return NO_GUARDS


# Field numbers of google/api/expr/v1alpha1: CheckedExpr, SourceInfo, Expr and its parts.
_ANY_VALUE = 2
_CHECKED_SOURCE, _CHECKED_EXPR, _SOURCE_POSITIONS = 5, 4, 4
_EXPR_ID, _CONST, _IDENT, _SELECT, _CALL = 2, 3, 4, 5, 6
_LIST, _STRUCT, _COMPREHENSION = 7, 8, 9
_CONST_NUMBERS, _CONST_STRING = (3, 4, 5), 6
_COMPARING = frozenset({"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"})

Fields = dict[int, list[int | bytes]]


def read_tree(serialized: bytes, source: str) -> Tree:
    """The tree inside a serialized google.protobuf.Any that holds a CheckedExpr."""
    checked = _messages(_fields(serialized), _ANY_VALUE)[0]
    positions = {}
    for info in _messages(checked, _CHECKED_SOURCE):
        for entry in _messages(info, _SOURCE_POSITIONS):
            positions[_number(entry, 1)] = _number(entry, 2)
    return Tree(_node(_messages(checked, _CHECKED_EXPR)[0]), source, positions)


def _node(expr: Fields) -> Node:
    number = _number(expr, _EXPR_ID)
    for const in _messages(expr, _CONST):
        if _CONST_STRING in const:
            return Node(number, "text", _text(const, _CONST_STRING))
        if any(each in const for each in _CONST_NUMBERS):
            return Node(number, "number")
    for ident in _messages(expr, _IDENT):
        return Node(number, "name", _text(ident, 1))
    for select in _messages(expr, _SELECT):
        kind = "has" if _number(select, 3) else "select"
        return Node(number, kind, _text(select, 2), (_node(_messages(select, 1)[0]),))
    for call in _messages(expr, _CALL):
        parts = tuple(_node(part) for part in _messages(call, 1) + _messages(call, 3))
        return Node(number, "call", _text(call, 2), parts)
    kind = "loop" if _COMPREHENSION in expr else "other"
    return Node(number, kind, "", tuple(_parts(expr)))


def _parts(expr: Fields) -> Iterator[Node]:
    for elements in _messages(expr, _LIST):
        yield from (_node(element) for element in _messages(elements, 1))
    for struct in _messages(expr, _STRUCT):
        for entry in _messages(struct, 2):
            yield from (_node(part) for number in (3, 4) for part in _messages(entry, number))
    for loop in _messages(expr, _COMPREHENSION):
        yield from (_node(part) for number in (2, 4, 5, 6, 7) for part in _messages(loop, number))


def _fields(message: bytes) -> Fields:
    found: Fields = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        value: int | bytes
        if tag & 7 == 0:
            value, at = _varint(message, at)
        elif tag & 7 == 2:
            size, at = _varint(message, at)
            value, at = message[at : at + size], at + size
        else:
            size = 8 if tag & 7 == 1 else 4
            value, at = message[at : at + size], at + size
        found.setdefault(tag >> 3, []).append(value)
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _messages(fields: Fields, number: int) -> list[Fields]:
    return [_fields(value) for value in fields.get(number, []) if isinstance(value, bytes)]


def _number(fields: Fields, number: int) -> int:
    value = fields.get(number, [0])[-1]
    return value if isinstance(value, int) else 0


def _text(fields: Fields, number: int) -> str:
    value = fields.get(number, [b""])[-1]
    return value.decode() if isinstance(value, bytes) else ""
