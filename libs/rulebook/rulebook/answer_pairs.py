"""Lists of questions with their answers inside a payload, whatever the tool calls the two. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from rulebook.field_guess import by_name, by_value
from rulebook.models import Unfold
from rulebook.paths import PathInvalid, steps

_ASKED_AS = (
    "question label title name pregunta etiqueta titulo nombre campo pergunta rotulo nome domanda etichetta"
    " intrebare eticheta frage bezeichnung libelle intitule questiontext questiontitle questionname fieldname"
    " fieldlabel field key q k column ref slug id"
)
_ANSWERED_AS = (
    "answer value values answers response respuesta valor valores resposta risposta valore raspuns valoare"
    " antwort wert reponse valeur answertext answervalue fieldvalue text content input data stringvalue a v"
)
_ASKED, _ANSWERED = _ASKED_AS.split(), _ANSWERED_AS.split()
_KINDS = frozenset({"type", "kind", "fieldtype", "inputtype", "questiontype"})
_BESIDE = _KINDS | {
    "id",
    "ref",
    "required",
    "order",
    "index",
    "position",
    "uuid",
    "key",
    "slug",
    "questionid",
}
_DEEPEST = 6
_MOST = 200


def pairs_in(fields: Mapping[str, Any]) -> list[Unfold]:
    """How to lay out the lists of `fields` that hold pairs, such as `[{question: ..., answer: ...}]`.

    Such a list has one key whose texts tell most of its items apart, and another with what was answered: both
    keys are called so, or one of the items asks for what every form asks for, or holds an e-mail or a phone.
    """
    found = []
    for path, items in _lists(fields, "", 0):
        pair = _pair([_flat(item) for item in items[:_MOST]])
        if pair is not None and _is_path(path):
            found.append(Unfold(at=path, name=[pair[0]], value=pair[1]))
    return found


def _lists(value: Any, path: str, depth: int) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{") and path:
        try:
            yield from _lists(orjson.loads(value), f"{path}|json", depth + 1)
        except orjson.JSONDecodeError:
            return
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _lists(inner, f"{path}.{name}" if path else str(name), depth + 1)
    elif isinstance(value, list) and value and all(isinstance(item, Mapping) and item for item in value):
        yield path, value


def _flat(item: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, Mapping) and depth < 3:
            found |= _flat(value, f"{prefix}{name}.", depth + 1)
        elif not isinstance(value, Mapping):
            found[f"{prefix}{name}"] = value
    return found


def _pair(items: list[dict[str, Any]]) -> tuple[str, list[str]] | None:
    """The path of what is asked, and those of the answer, in one item."""
    ranked = sorted(
        ((_asks(key, items), key) for key in items[0] if _is_path(key) and _word(key) not in _KINDS),
        reverse=True,
    )
    for (hits, rank), key in ranked:
        values = _answers_of(key, items)
        if not hits and not rank:
            return None
        called_so = rank > 0 and any(_word(each) in _ANSWERED for each in values)
        if values and (
            hits or called_so or any(by_value(item.get(each)) for item in items for each in values)
        ):
            return key, values
    return None


def _asks(key: str, items: list[dict[str, Any]]) -> tuple[int, int]:
    """How many items ask by this key for what forms ask for, and how much its name says so."""
    texts = [text for item in items if (text := item.get(key)) not in (None, "")]
    if not texts or not all(isinstance(text, str) and len(text) <= 300 for text in texts):
        return 0, 0
    if 2 * len(set(texts)) <= len(items) or any(by_value(text) for text in texts):
        return 0, 0
    word = _word(key)
    hits = sum(by_name(str(text)) is not None for text in texts)
    return (0 if word in _ANSWERED else hits), (len(_ASKED) - _ASKED.index(word) if word in _ASKED else 0)


def _answers_of(asked: str, items: list[dict[str, Any]]) -> list[str]:
    keys = list(dict.fromkeys(key for item in items for key in item if key != asked and _is_path(key)))
    called = sorted((_ANSWERED.index(_word(key)), key) for key in keys if _word(key) in _ANSWERED)
    if called:
        return [key for _, key in called][:10]
    return [key for key in keys if _word(key) not in _BESIDE][:10]


def _word(key: str) -> str:
    return "".join(sign for sign in key.rpartition(".")[2].casefold() if sign.isalnum())


def _is_path(path: str) -> bool:
    try:
        return bool(steps(path))
    except PathInvalid:
        return False
