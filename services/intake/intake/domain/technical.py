"""Fields that the page adds for intake itself, which no mapping reads and no store keeps."""

from collections.abc import Mapping
from hashlib import sha256
from html import escape
from typing import Any, NamedTuple

TOKEN_FIELD = "_baton_token"  # noqa: S105 - the name of a field
CAPTCHA_FIELD = "cf-turnstile-response"
"""As Turnstile's widget calls the field that it adds. Source: Cloudflare, "Embed the widget"."""
HONEYPOT_PREFIX = "baton_hp_"


class Technical(NamedTuple):
    """What those fields held; `honeypot` is the name of one that holds a value."""

    token: str | None = None
    captcha: str | None = None
    honeypot: str | None = None


NONE = Technical()


def split(fields: dict[str, Any]) -> tuple[dict[str, Any], Technical]:
    """The fields of the submission, and the technical ones. A honeypot stays among the fields when it holds a
    value, for whoever looks at the quarantine."""
    names = "\n".join(fields)  # one text to look through is three times faster than name by name
    if TOKEN_FIELD not in names and CAPTCHA_FIELD not in names and HONEYPOT_PREFIX not in names:
        return fields, NONE
    trap = next((name for name in fields if name.startswith(HONEYPOT_PREFIX) and _holds(fields[name])), None)
    kept = {
        name: value
        for name, value in fields.items()
        if name not in (TOKEN_FIELD, CAPTCHA_FIELD)
        and not (name.startswith(HONEYPOT_PREFIX) and not _holds(value))
    }
    return kept, Technical(_text(fields, TOKEN_FIELD), _text(fields, CAPTCHA_FIELD), trap)


def honeypot_name(form_key: str) -> str:
    """The honeypot of that form: a name that means nothing to a browser's autofill, another for each form."""
    return HONEYPOT_PREFIX + sha256(form_key.encode()).hexdigest()[:8]


def honeypot_html(name: str) -> str:
    """The field to paste into a form.

    Not `display:none` and not `type=hidden`, which bots leave alone, but out of sight, out of the tab order
    and out of the tree that screen readers read. Browsers' autofill goes by name, label, `autocomplete` and
    what stands around: a name without a meaning and `off` leave it nothing to go by; the last attributes ask
    password managers to keep away.
    """
    return (
        '<div aria-hidden="true" style="position:absolute;left:-10000px;top:auto;width:1px;height:1px;'
        f'overflow:hidden"><input type="text" name="{escape(name)}" value="" tabindex="-1" '
        'autocomplete="off" data-lpignore="true" data-1p-ignore data-bwignore data-form-type="other"></div>'
    )


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def _holds(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value not in (None, [], {}, False)
