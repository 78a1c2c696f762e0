"""Pages for a visitor whose browser posted a plain form: thanks, or what to mend with what was typed."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, NamedTuple

from intake.domain.refusals import FieldError, Refusal
from intake.domain.technical import CAPTCHA_FIELD, HONEYPOT_PREFIX
from intake.domain.wording import DEFAULT, label_of, message_of, page_language, preferred, spoken
from rulebook.models import Form

_THANKS = {
    "en": ("Thank you", "We have received your message and will get back to you."),
    "es": ("Gracias", "Hemos recibido su mensaje y nos pondremos en contacto con usted."),
    "pt": ("Obrigado", "Recebemos a sua mensagem e entraremos em contacto consigo."),
    "it": ("Grazie", "Abbiamo ricevuto il suo messaggio e la ricontatteremo."),
    "ro": ("Mulțumim", "Am primit mesajul dumneavoastră și vă vom contacta."),
    "de": ("Vielen Dank", "Wir haben Ihre Nachricht erhalten und melden uns bei Ihnen."),
    "fr": ("Merci", "Nous avons bien reçu votre message et vous recontacterons."),
}


class _Texts(NamedTuple):
    """What a page says: to mend fields, to wait (with {seconds}), to go back; and the button."""

    title: str
    mend: str
    wait: str
    later: str
    back: str
    gone: str
    send: str


_TEXTS = {
    "en": _Texts(
        "Almost there",
        "Nothing has been sent yet. Please check these fields and send again.",
        "Too many messages have come at once. Please wait {seconds} seconds and send again.",
        "Your message could not be stored just now. Please send it again in a moment.",
        "Your message could not be read. Please go back to the form and send it again.",
        "This form does not exist any more. Please look for another one on the website.",
        "Send",
    ),
    "es": _Texts(
        "Ya casi está",
        "Todavía no se ha enviado nada. Revise estos campos y vuelva a enviarlos.",
        "Han llegado demasiados mensajes a la vez. Espere {seconds} segundos y vuelva a enviarlo.",
        "En este momento no se ha podido guardar su mensaje. Vuelva a enviarlo en unos instantes.",
        "No se ha podido leer su mensaje. Vuelva al formulario y envíelo de nuevo.",
        "Este formulario ya no existe. Busque otro en el sitio web.",
        "Enviar",
    ),
    "pt": _Texts(
        "Está quase",
        "Ainda nada foi enviado. Verifique estes campos e envie de novo.",
        "Chegaram demasiadas mensagens ao mesmo tempo. Aguarde {seconds} segundos e envie de novo.",
        "De momento não foi possível guardar a sua mensagem. Envie-a de novo dentro de instantes.",
        "Não foi possível ler a sua mensagem. Volte ao formulário e envie-a de novo.",
        "Este formulário já não existe. Procure outro no site.",
        "Enviar",
    ),
    "it": _Texts(
        "Ci siamo quasi",
        "Non è stato ancora inviato nulla. Controlli questi campi e invii di nuovo.",
        "Sono arrivati troppi messaggi insieme. Attenda {seconds} secondi e invii di nuovo.",
        "Al momento non è stato possibile salvare il suo messaggio. Lo invii di nuovo fra poco.",
        "Non è stato possibile leggere il suo messaggio. Torni al modulo e lo invii di nuovo.",
        "Questo modulo non esiste più. Ne cerchi un altro sul sito.",
        "Invia",
    ),
    "ro": _Texts(
        "Aproape gata",
        "Încă nu s-a trimis nimic. Verificați aceste câmpuri și trimiteți din nou.",
        "Au venit prea multe mesaje deodată. Așteptați {seconds} secunde și trimiteți din nou.",
        "Mesajul dumneavoastră nu a putut fi păstrat acum. Trimiteți-l din nou peste puțin timp.",
        "Mesajul dumneavoastră nu a putut fi citit. Reveniți la formular și trimiteți-l din nou.",
        "Acest formular nu mai există. Căutați altul pe site.",
        "Trimite",
    ),
    "de": _Texts(
        "Fast geschafft",
        "Es wurde noch nichts gesendet. Bitte prüfen Sie diese Felder und senden Sie erneut.",
        "Es kamen zu viele Nachrichten auf einmal. Bitte senden Sie in {seconds} Sekunden erneut.",
        "Ihre Nachricht konnte gerade nicht gespeichert werden. Bitte senden Sie sie gleich noch einmal.",
        "Ihre Nachricht war nicht lesbar. Bitte gehen Sie zum Formular zurück und senden Sie erneut.",
        "Dieses Formular gibt es nicht mehr. Bitte suchen Sie ein anderes auf der Website.",
        "Senden",
    ),
    "fr": _Texts(
        "Presque terminé",
        "Rien n’a encore été envoyé. Veuillez vérifier ces champs et renvoyer le formulaire.",
        "Trop de messages sont arrivés à la fois. Veuillez patienter {seconds} secondes puis renvoyer.",
        "Votre message n’a pas pu être enregistré pour le moment. Veuillez le renvoyer dans un instant.",
        "Votre message n’a pas pu être lu. Veuillez revenir au formulaire et le renvoyer.",
        "Ce formulaire n’existe plus. Veuillez en chercher un autre sur le site.",
        "Envoyer",
    ),
}
_STYLE = (
    "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:32rem;margin:12vh auto;padding:0 1rem}"
    "label{display:block;margin:1rem 0 .25rem}.error{color:#a40000;margin:.25rem 0}"
    "input,textarea{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}"
    "[aria-invalid]{border:2px solid #a40000}button{font:inherit;margin-top:1.5rem;padding:.5rem 1.5rem}"
)
_SECRET = re.compile(
    r"pass(?:e$|word|wort|phrase|code|wd)|(?<![a-z])pwd|kennwort|contrase|senha|parola|secret|segret|"
    r"api[-_]?key|cvv|cvc|card[-_ ]?(?:number|no)|iban|(?<![a-z])pin(?![a-z])",
    re.IGNORECASE,
)
_KINDS = {"email": ("email", "email"), "phone": ("tel", "tel")}
_AUTOCOMPLETE = {
    "name": "name", "first_name": "given-name", "last_name": "family-name", "company": "organization",
    "job_title": "organization-title", "city": "address-level2",
}  # fmt: skip
_LONG = 80


class Page(NamedTuple):
    """An HTML page and the language of its text."""

    language: str
    body: bytes


def thank_you(language: str) -> Page:
    """A small HTML page in `language` (ISO 639-1; a region after it does not count), else in English."""
    code = spoken(language) or DEFAULT
    title, text = (escape(each) for each in _THANKS[code])
    return _page(code, title, f"<p>{text}</p>")


def refusal_page(refusal: Refusal, form: Form | None, accept: str) -> Page:
    """Why nothing was sent, in the form's language (without a form: the browser's), and what was typed in a
    form that posts again to the same address. Secrets and honeypots never come back."""
    code = page_language(form) if form is not None else preferred(accept) or DEFAULT
    texts = _TEXTS[code]
    said = f'<p role="alert">{escape(_said(refusal, texts))}</p>'
    if form is None or refusal.typed is None:
        return _page(code, escape(texts.title), said)
    fields = "".join(_fields(refusal, form, code))
    again = (
        f'{said}<form method="post" action="" accept-charset="utf-8">{fields}'
        f'<button type="submit">{escape(texts.send)}</button></form>'
    )
    return _page(code, escape(texts.title), again)


def _said(refusal: Refusal, texts: _Texts) -> str:
    if refusal.status == 429:
        return texts.wait.format(seconds=refusal.retry_after or 1)
    if refusal.status >= 500:
        return texts.later
    if refusal.status == 404:
        return texts.gone
    return texts.mend if refusal.status == 422 and refusal.typed is not None else texts.back


def _fields(refusal: Refusal, form: Form, code: str) -> Iterator[str]:
    errors = {error.field: error for error in refusal.errors}
    typed: Mapping[str, Any] = refusal.typed or {}
    read_as = {path: name for name, mapping in form.fields.items() for path in mapping.from_}
    names = [*(name for name in errors if name not in typed and name in read_as), *typed]
    for number, name in enumerate(dict.fromkeys(names)):
        if _is_kept_back(name, form):
            continue
        for value in _values(typed.get(name, "")):
            if name in errors or _is_shown(name, value, form, read_as):
                yield _shown(number, name, value, read_as.get(name), errors.get(name), code)
            else:
                yield f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def _is_kept_back(name: str, form: Form) -> bool:
    return (
        name == CAPTCHA_FIELD
        or name.startswith(HONEYPOT_PREFIX)
        or name == form.honeypot
        or _SECRET.search(name) is not None
    )


def _is_shown(name: str, value: str, form: Form, read_as: Mapping[str, str]) -> bool:
    """Whether a person typed it, as far as one can tell: it is read into the profile, or it is prose. The
    rest (what a form builder or a script put there) goes along unseen."""
    boxes = (form.consent_field, *form.consent_purposes.values())
    if name.startswith("_") or name in form.volatile or name in boxes:
        return False
    return name in read_as or (" " in value.strip() and not name.startswith("utm_"))


def _shown(
    number: int, name: str, value: str, profile: str | None, error: FieldError | None, code: str
) -> str:
    label = (label_of(profile, code) if profile else None) or name
    marks = f'id="f{number}" name="{escape(name)}"'
    if error is not None:
        marks += f' aria-invalid="true" aria-describedby="e{number}"'
    kind, fill = _KINDS.get(profile or "", ("text", _AUTOCOMPLETE.get(profile or "", "")))
    marks += f' autocomplete="{fill}"' if fill else ""
    if "\n" in value or len(value) > _LONG or profile == "message":
        box = f'<textarea {marks} rows="6">\n{escape(value)}</textarea>'
    else:
        box = f'<input type="{kind}" {marks} value="{escape(value)}">'
    told = (
        f'<p class="error" id="e{number}">{escape(message_of(error, code))}</p>' if error is not None else ""
    )
    return f'<label for="f{number}">{escape(label)}</label>{box}{told}'


def _values(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]


def _page(code: str, title: str, content: str) -> Page:
    html = (
        f'<!doctype html><html lang="{code}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main><h1>{title}</h1>{content}</main></body></html>"
    )
    return Page(code, html.encode())
