"""Pages behind links: a question with one button, and what came of it. No script, nothing from elsewhere."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from html import escape

from router.messages.kinds import CHOICES, WRITTEN
from router.messages.said import Asked, Said
from router.messages.texts import Words, words_for

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1.1rem/1.5 sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem}"
    "label{display:block;margin:1rem 0}select,input,button{font:inherit;padding:.6rem 1rem;min-height:44px}"
)
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


SURE = "sure"
"""The form's own field: a post without it was not made by the button, and does nothing."""


def question(asked: Asked) -> str:
    """Asks once more. Reading it does nothing, whoever follows the link."""
    words = asked.words
    title = words.say(f"page.sure.{asked.act}")
    fields = "".join(_select(field, answers, words) for field, answers in CHOICES[asked.act].items())
    fields += _input(WRITTEN[asked.act], words) if asked.act in WRITTEN else ""
    button = f'<button type="submit">{escape(words.say(f"act.{asked.act}"))}</button>'
    said = f"<p><strong>{escape(asked.who)}</strong></p><p>{escape(words.say('page.nothing_yet'))}</p>"
    mark = f'<input type="hidden" name="{SURE}" value="yes">'
    return _page(words, title, f'{said}<form method="post">{mark}{fields}{button}</form>')


def answer(said: Said, words: Words) -> str:
    """What came of it."""
    holder = f"<p>{escape(said.holder)}</p>" if said.holder else ""
    return _page(words, said.text, holder)


def invalid() -> str:
    """Whose link it was cannot be known, so the page speaks English."""
    words = words_for("en", None)
    return _page(words, words.say("page.invalid"), f"<p>{escape(words.say('page.invalid_hint'))}</p>")


def _select(field: str, answers: Sequence[str], words: Words) -> str:
    label = words.say("field.reason" if field == "code" else f"field.{field}")
    options = "".join(
        f'<option value="{escape(each)}">{escape(words.say(f"choice.{each}"))}</option>' for each in answers
    )
    return f'<label>{escape(label)} <select name="{escape(field)}" required>{options}</select></label>'


def _input(field: str, words: Words) -> str:
    label = escape(words.say(f"field.{field}"))
    return f'<label>{label} <input name="{escape(field)}" maxlength="254"></label>'


def _page(words: Words, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{words.language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
