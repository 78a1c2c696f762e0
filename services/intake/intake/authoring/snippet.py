"""The HTML of a form, to paste into a page: it works without script, and better with it."""

from collections.abc import Iterator
from html import escape

from intake.domain.technical import honeypot_html, honeypot_name
from intake.domain.wording import label_of, page_language
from rulebook.models import Form
from rulebook.paths import is_plain

_TYPES = {"email": ("email", "email"), "phone": ("tel", "tel"), "website": ("url", "url")}
_AUTOCOMPLETE = {
    "name": "name",
    "first_name": "given-name",
    "last_name": "family-name",
    "company": "organization",
    "job_title": "organization-title",
    "country": "country-name",
    "city": "address-level2",
    "postcode": "postal-code",
}
_SEND = {
    "en": "Send",
    "es": "Enviar",
    "pt": "Enviar",
    "it": "Invia",
    "ro": "Trimite",
    "de": "Senden",
    "fr": "Envoyer",
}


def form_html(form: Form, server: str) -> str:
    """The form and the script, with a labelled field for each profile field that the form reads by a name."""
    language = page_language(form)
    address = f"{server}/v1/forms/{form.key}/submissions"
    lines = [
        f'<script src="{escape(server)}/baton.js" defer></script>',
        f'<form data-baton="{escape(form.key)}" action="{escape(address)}" method="post" '
        f'accept-charset="utf-8" lang="{language}">',
        *(f"  {line}" for line in _fields(form, language)),
        f"  {honeypot_html(honeypot_name(form.key))}",
        *(f"  {line}" for line in _consent(form)),
        *(f"  {line}" for line in _captcha(form)),
        f'  <button type="submit">{_SEND[language]}</button>',
        "</form>",
    ]
    return "\n".join(lines) + "\n"


def _fields(form: Form, language: str) -> Iterator[str]:
    alone = {entry for entry in form.required if "|" not in entry}
    for name, mapping in form.fields.items():
        field = next((path for path in mapping.from_ if is_plain(path)), None)
        if field is None:
            continue
        label = label_of(name, language) or name.removeprefix("attributes.").replace("_", " ").capitalize()
        required = " required" if name in alone else ""
        yield f"<label>{escape(label)} {_input(name, field, required)}</label>"


def _input(name: str, field: str, required: str) -> str:
    if name == "message":
        return f'<textarea name="{escape(field)}" rows="5"{required}></textarea>'
    kind, autocomplete = _TYPES.get(name, ("text", _AUTOCOMPLETE.get(name, "")))
    more = f' autocomplete="{autocomplete}"' if autocomplete else ""
    return f'<input type="{kind}" name="{escape(field)}"{more}{required}>'


def _consent(form: Form) -> Iterator[str]:
    if form.consent_field is not None and is_plain(form.consent_field):
        text = form.consent_text or "I agree to be contacted about my request."
        required = " required" if form.consent_required else ""
        box = f'<input type="checkbox" name="{escape(form.consent_field)}" value="yes"{required}>'
        yield f"<label>{box} {escape(text)}</label>"


def _captcha(form: Form) -> Iterator[str]:
    captcha = form.spam.captcha
    if captcha is not None:
        yield f'<div class="cf-turnstile" data-sitekey="{escape(captcha.site_key)}"></div>'
        yield '<script src="https://challenges.cloudflare.com/turnstile/v0/api.js" async defer></script>'
