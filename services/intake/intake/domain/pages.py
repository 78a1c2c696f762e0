"""The page that thanks a visitor whose browser posted a plain form."""

from html import escape

_THANKS = {
    "en": ("Thank you", "We have received your message and will get back to you."),
    "es": ("Gracias", "Hemos recibido su mensaje y nos pondremos en contacto con usted."),
    "pt": ("Obrigado", "Recebemos a sua mensagem e entraremos em contacto consigo."),
    "it": ("Grazie", "Abbiamo ricevuto il suo messaggio e la ricontatteremo."),
    "ro": ("Mulțumim", "Am primit mesajul dumneavoastră și vă vom contacta."),
    "de": ("Vielen Dank", "Wir haben Ihre Nachricht erhalten und melden uns bei Ihnen."),
    "fr": ("Merci", "Nous avons bien reçu votre message et vous recontacterons."),
}


def thank_you(language: str) -> bytes:
    """A small HTML page in `language` (ISO 639-1; a region after it does not count), else in English."""
    code = language.lower().partition("-")[0]
    code = code if code in _THANKS else "en"
    title, text = (escape(each) for each in _THANKS[code])
    return (
        f'<!doctype html><html lang="{code}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>body{font:1.125rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}"
        f"</style></head><body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
    ).encode()
