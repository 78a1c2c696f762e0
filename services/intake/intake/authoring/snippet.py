"""The HTML of a form, to paste into a page: it works without script, and better with it."""

from collections.abc import Iterator
from html import escape

from intake.authoring.questions import Question, questions_of
from intake.domain.technical import honeypot_html, honeypot_name
from intake.domain.wording import page_language
from rulebook.models import Form
from rulebook.paths import is_plain

_AUTOCOMPLETE = {
    "name": "name",
    "first_name": "given-name",
    "last_name": "family-name",
    "email": "email",
    "phone": "tel",
    "website": "url",
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
_AGREE = {
    "en": "I agree to be contacted about my request.",
    "es": "Acepto que se pongan en contacto conmigo sobre mi solicitud.",
    "pt": "Aceito ser contactado sobre o meu pedido.",
    "it": "Accetto di essere contattato in merito alla mia richiesta.",
    "ro": "Sunt de acord să fiu contactat în legătură cu cererea mea.",
    "de": "Ich bin einverstanden, zu meiner Anfrage kontaktiert zu werden.",
    "fr": "J'accepte d'être contacté au sujet de ma demande.",
}


def form_html(form: Form, server: str) -> str:
    """The form and the script: the fields as the page asks for them where the form knows it (`inputs`), else
    a labelled one for each that the form reads by a name."""
    language = page_language(form)
    address = f"{server}/v1/forms/{form.key}/submissions"
    lines = [
        f'<script src="{escape(server)}/baton.js" defer></script>',
        f'<form data-baton="{escape(form.key)}" action="{escape(address)}" method="post" '
        f'accept-charset="utf-8" lang="{language}">',
        *(f"  {line}" for each in questions_of(form, language) for line in _shown(each)),
        f"  {honeypot_html(honeypot_name(form.key))}",
        *(f"  {line}" for line in _consent(form, language)),
        *(f"  {line}" for line in _captcha(form)),
        f'  <button type="submit">{_SEND[language]}</button>',
        "</form>",
    ]
    return "\n".join(lines) + "\n"


def _shown(asked: Question) -> Iterator[str]:
    name, marks = escape(asked.name), " required" if asked.is_required else ""
    fill = _AUTOCOMPLETE.get(asked.profile or "")
    marks = (f' autocomplete="{fill}"' if fill else "") + marks
    if asked.type == "hidden":
        yield f'<input type="hidden" name="{name}" value="{escape(asked.value or "")}">'
        if not asked.value:
            yield f"<!-- {_remark(asked.name)}: your page fills in its value, or take it out -->"
    elif asked.options and asked.type == "checkbox":
        yield f"<fieldset><legend>{escape(asked.label)}</legend>"
        for sent, shown in asked.options.items():
            box = f'<input type="checkbox" name="{name}" value="{escape(sent)}">'
            yield f"  <label>{box} {escape(shown)}</label>"
        yield "</fieldset>"
    elif asked.options:
        yield f'<label>{escape(asked.label)} <select name="{name}"{marks}>'
        yield '  <option value=""></option>'
        for sent, shown in asked.options.items():
            yield f'  <option value="{escape(sent)}">{escape(shown)}</option>'
        yield "</select></label>"
    elif asked.type == "textarea":
        yield f'<label>{escape(asked.label)} <textarea name="{name}" rows="5"{marks}></textarea></label>'
    elif asked.type == "checkbox":
        box = f'<input type="checkbox" name="{name}" value="{escape(asked.value or "yes")}"{marks}>'
        yield f"<label>{box} {escape(asked.label)}</label>"
    else:
        yield f'<label>{escape(asked.label)} <input type="{asked.type}" name="{name}"{marks}></label>'


def _remark(text: str) -> str:
    """As it may stand inside a comment of HTML."""
    return escape(text).replace("--", "- -")


def _consent(form: Form, language: str) -> Iterator[str]:
    if form.consent_field is not None and is_plain(form.consent_field):
        text = form.consent_text or _AGREE[language]
        asked = form.inputs.get(form.consent_field)
        required = " required" if form.consent_required or (asked is not None and asked.required) else ""
        box = f'<input type="checkbox" name="{escape(form.consent_field)}" value="yes"{required}>'
        yield f"<label>{box} {escape(text)}</label>"


def _captcha(form: Form) -> Iterator[str]:
    captcha = form.spam.captcha
    if captcha is not None:
        yield f'<div class="cf-turnstile" data-sitekey="{escape(captcha.site_key)}"></div>'
        yield '<script src="https://challenges.cloudflare.com/turnstile/v0/api.js" async defer></script>'
