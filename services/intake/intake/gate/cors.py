"""Which pages of other origins may read an answer, form by form. Source: the Fetch standard, section 3.2.

CORS protects the visitor's browser, not the form: a post from a page that is not listed is taken all the
same (a lead is never dropped for it), only its answer cannot be read there.
"""

from functools import lru_cache
from re import Pattern, escape
from re import compile as pattern

from intake.http import Headers, Named
from rulebook.models import Form

_ANY = "*"
_VARY = (b"vary", b"origin")
_PREFLIGHT_VARY = (b"vary", b"origin, access-control-request-method, access-control-request-headers")
_MAX_AGE = b"86400"
_EXPOSED = b"retry-after"


def allowed(form: Form, named: Named) -> Headers:
    """The headers that let the page at `Origin` read the answer, where the form lists it."""
    if not form.allowed_origins:
        return []
    origin = named.get(b"origin")
    if origin is None or not is_allowed(form, origin):
        return [_VARY]
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", _EXPOSED),
        _VARY,
    ]


def preflight(form: Form, named: Named, method: bytes) -> Headers:
    """What a browser hears that asks before it sends `method`; it may remember the answer for a day."""
    origin = named.get(b"origin")
    wanted = named.get(b"access-control-request-method", method)
    if origin is None or wanted != method or not is_allowed(form, origin):
        return [_PREFLIGHT_VARY]
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-methods", method),
        (b"access-control-allow-headers", b"content-type, idempotency-key"),
        (b"access-control-max-age", _MAX_AGE),
        _PREFLIGHT_VARY,
    ]


def is_allowed(form: Form, origin: bytes) -> bool:
    """Whether the form lists `origin`: as it is, by `https://*.example.com` for any subdomain, or by `*`."""
    text = origin.decode("latin-1")
    listed = form.allowed_origins
    if text in listed or _ANY in listed:
        return True
    return any(_subdomains(each).fullmatch(text) for each in listed if "://*." in each)


@lru_cache(maxsize=1_024)
def _subdomains(listed: str) -> Pattern[str]:
    scheme, _, rest = listed.lower().rstrip("/").partition("://*.")
    return pattern(rf"{escape(scheme)}://(?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?\.)+{escape(rest)}")
