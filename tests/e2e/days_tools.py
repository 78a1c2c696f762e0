"""Three tools that a form was built with, before and after somebody renamed the question for the e-mail."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.e2e.days_company import SURVEY_SECRET


@dataclass(frozen=True)
class Sending:
    """One post as the tool makes it."""

    body: bytes
    content_type: str
    headers: dict[str, str]


def website_es(number: int, *, renamed: bool) -> Sending:
    """A plain HTML form."""
    fields = {
        "correo" if renamed else "email": f"web{number}@example.com",
        "nombre": f"Berta Ensayo {number}",
        "empresa": "Talleres del Ensayo",
        "mensaje": "Busco un torno de segunda mano",
    }
    return Sending(urlencode(fields).encode(), "application/x-www-form-urlencoded", {})


def quote_webhook(number: int, *, renamed: bool) -> Sending:
    """JSON with the answers inside one another."""
    answers = {
        "work_email" if renamed else "email": f"quote{number}@example.com",
        "full_name": f"Carlo Prova {number}",
        "company": "Officina Prova",
        "machines": "3",
    }
    listed = [
        {"question": {"slug": slug, "type": "short"}, "reply": reply} for slug, reply in answers.items()
    ]
    return _as_json({"event": "completed", "result": {"id": f"q-{number}", "answers": listed}})


def survey(number: int, *, renamed: bool) -> Sending:
    """Typeform: the question of the type e-mail has become one for a short text."""
    email = f"survey{number}@example.com"
    asked = (
        {"type": "text", "text": email, "field": {"id": "f9", "type": "short_text", "ref": "your_mail"}}
        if renamed
        else {"type": "email", "email": email, "field": {"id": "f1", "type": "email", "ref": "mail"}}
    )
    name = {"type": "text", "text": f"Doina Test {number}", "field": {"id": "f2", "ref": "name"}}
    firm = {"type": "text", "text": "Proba SRL", "field": {"id": "f3", "ref": "company"}}
    response = {
        "form_id": "Ab1",
        "token": f"t{number}",
        "definition": {"id": "Ab1", "title": "Survey"},
        "answers": [name, firm, asked],
    }
    sending = _as_json({"event_id": f"e{number}", "event_type": "form_response", "form_response": response})
    digest = hmac.new(SURVEY_SECRET.encode(), sending.body, hashlib.sha256).digest()
    signature = f"sha256={base64.b64encode(digest).decode()}"
    return Sending(sending.body, sending.content_type, {"Typeform-Signature": signature})


TOOLS = {"website-es": website_es, "quote-webhook": quote_webhook, "survey": survey}


def _as_json(content: dict[str, Any]) -> Sending:
    return Sending(json.dumps(content).encode(), "application/json", {})
