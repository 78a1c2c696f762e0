"""A letter as plain text, as HTML for mail, and as Slack blocks."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import product
from typing import Any

from router.messages.kinds import CHOICES, LinkAct
from router.messages.letters import Letter
from router.messages.texts import Words, words_for

TRIAL_SIGN = "\N{LARGE ORANGE SQUARE}"
"""The colour of trials in Slack, whose blocks have none."""
SECTION_CHARACTERS = 2900
"""Slack takes 3,000 in one section (block kit reference, section block)."""


def as_text(letter: Letter) -> str:
    """Plain text, for every mailbox and for webhooks."""
    parts = [letter.mark, letter.intro] if letter.mark else [letter.intro]
    parts += [
        "\n".join((each.heading.upper(), *(f"- {line}" for line in each.lines))) for each in letter.sections
    ]
    if letter.links:
        parts.append("\n".join((letter.links_heading.upper(), *(f"- {t}: {url}" for t, url in letter.links))))
    if letter.buttons:
        parts.append("\n".join(f"{label}: {url}" for _, label, url in letter.buttons))
    return "\n\n".join([*parts, *filter(None, [letter.closing])]) + "\n"


def as_html(letter: Letter) -> str:
    """HTML without images, scripts and colours of its own, so that dark mode stays readable; but for the mark
    of a trial, which brings its own ground."""
    body = [f'<p style="{_MARK}">{escape(letter.mark)}</p>'] if letter.mark else []
    body.append(f"<p>{escape(letter.intro)}</p>")
    for section in letter.sections:
        items = "".join(f"<li>{escape(line)}</li>" for line in section.lines)
        body.append(f'<h2 style="font-size:1em">{escape(section.heading)}</h2><ul>{items}</ul>')
    if letter.links:
        items = "".join(
            f'<li><a href="{escape(url)}">{escape(title)}</a></li>' for title, url in letter.links
        )
        body.append(f'<h2 style="font-size:1em">{escape(letter.links_heading)}</h2><ul>{items}</ul>')
    if letter.buttons:
        links = " ".join(
            f'<a href="{escape(url)}" style="{_BUTTON}">{escape(label)}</a>'
            for _, label, url in letter.buttons
        )
        body.append(f"<p>{links}</p>")
    if letter.closing:
        body.append(f"<p>{escape(letter.closing)}</p>")
    return (
        f'<!doctype html><html lang="{letter.language}"><head><meta charset="utf-8">'
        '<meta name="color-scheme" content="light dark"><meta name="viewport" content="width=device-width">'
        f'<title>{escape(letter.subject)}</title></head><body style="{_BODY}">{"".join(body)}</body></html>'
    )


_BODY = "font-family:sans-serif;line-height:1.45;max-width:40em"
_MARK = "background:#fff3cd;color:#5c3d00;border-left:6px solid #b7791f;padding:8px 12px"
_BUTTON = "display:inline-block;padding:10px 16px;margin:4px;border:1px solid;border-radius:4px"


def as_blocks(letter: Letter, *, answers_here: bool = False, member: str = "") -> list[dict[str, Any]]:
    """Slack blocks. Everything is plain text, so that nothing a buyer wrote is a mention or a link.

    `answers_here`: Slack tells us of buttons, so they act at once; else they open the page that asks.
    `member`: whom it is for in a channel of many, who is called by it.
    """
    blocks = [_header(letter.subject), _section(letter.intro)]
    if letter.mark:
        blocks.insert(1, _section(f"{TRIAL_SIGN} {letter.mark}"))
    if member:
        blocks.insert(1, {"type": "section", "text": {"type": "mrkdwn", "text": f"<@{member}>"}})
    for each in letter.sections:
        blocks += _sections([each.heading, *(f"• {line}" for line in each.lines)])
    if letter.links:
        blocks.append(
            _section("\n".join((letter.links_heading, *(f"• {t}: {url}" for t, url in letter.links))))
        )
    if letter.buttons:
        made = _element if answers_here else _opening
        words = words_for(letter.language, None)
        blocks.append({"type": "actions", "elements": [made(*each, words) for each in letter.buttons]})
    if letter.closing:
        blocks.append(_section(letter.closing))
    return blocks


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": _plain(text, 150)}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _plain(text, SECTION_CHARACTERS)}


def _sections(lines: Sequence[str]) -> list[dict[str, Any]]:
    """As many sections as the lines need, so that none is cut off."""
    parts: list[list[str]] = [[]]
    for line in lines:
        if parts[-1] and len("\n".join((*parts[-1], line))) > SECTION_CHARACTERS:
            parts.append([])
        parts[-1].append(line)
    return [_section("\n".join(part)) for part in parts]


def _opening(act: LinkAct, label: str, url: str, words: Words) -> dict[str, Any]:
    """It opens the page that asks once more: one button works wherever the message is read."""
    return {"type": "button", "action_id": f"open_{act}", "text": _plain(label, 75), "url": url}


def _element(act: LinkAct, label: str, url: str, words: Words) -> dict[str, Any]:
    """A button, or a list where something is chosen with the act; the value says all of it."""
    token, fields = url.rpartition("/")[2], CHOICES[act]
    if not fields:
        button = {"type": "button", "action_id": f"act_{act}", "text": _plain(label, 75), "value": token}
        return button if act is LinkAct.REFUSE else {**button, "style": "primary"}
    options = [
        {
            "text": _plain(", ".join(words.say(f"choice.{each}") for each in chosen), 75),
            "value": ":".join((token, *chosen)),
        }
        for chosen in product(*fields.values())
    ]
    return {
        "type": "static_select",
        "action_id": f"act_{act}",
        "placeholder": _plain(label, 75),
        "options": options,
    }


def chosen_of(act: LinkAct, value: str) -> dict[str, str]:
    """What was chosen, of the value of a button or list."""
    return dict(zip(CHOICES[act], value.split(":")[1:], strict=False))


def _plain(text: str, longest: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": text[:longest], "emoji": False}


def blocks_after(blocks: Sequence[Mapping[str, Any]], said: str) -> list[dict[str, Any]]:
    """A posted message after an answer: without its buttons, with what was done."""
    return [*(dict(each) for each in blocks if each.get("type") != "actions"), _section(said)]
