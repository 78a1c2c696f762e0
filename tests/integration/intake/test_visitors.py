# ruff: noqa: E501 - one case a line, however long
"""What a visitor without JavaScript sees, and where they go next."""

from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.integration.intake.running import FORMS, PATH, Harness, Running, publication, rulebook, submitted

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9"}
ANA = {"email": "ana@example.com", "name": "Ana Ruiz"}
EVIL = '"><script>alert(1)</script>'


class Page(HTMLParser):
    """The controls of a page by name, and its texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.language = ""
        self.controls: list[dict[str, str | None]] = []
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        if tag == "html":
            self.language = given["lang"] or ""
        if tag in ("input", "textarea"):
            self.controls.append(given)

    def handle_data(self, data: str) -> None:
        if self.tags[-1] == "textarea" and self.controls and "value" not in self.controls[-1]:
            self.controls[-1]["value"] = data.removeprefix("\n")
        self.texts.append(data)

    def again(self) -> dict[str, list[str]]:
        """What the page's form posts when nobody changes anything."""
        posted: dict[str, list[str]] = {}
        for control in self.controls:
            posted.setdefault(control["name"] or "", []).append(control.get("value") or "")
        return posted


@pytest.fixture
async def spoken(harness: Harness) -> AsyncIterator[Running]:
    fields = {name: {"from": name} for name in ("email", "phone", "name", "message")}
    forms = {
        f"in-{code}": {"key": f"pk_lang_{code}", "language": code, "honeypot": "trap", "fields": fields}
        for code in ("en", "es", "pt", "it", "ro", "de", "fr", "sv")
    }
    harness.broker.append(publication(2, rulebook(FORMS | forms)))
    async with harness.start() as running:
        yield running


SPOKEN = [
    ("en", "Please fill in at least one of these: E-mail, Phone.", "Send"),
    ("es", "Rellene al menos uno de estos campos: Correo electrónico, Teléfono.", "Enviar"),
    ("pt", "Preencha pelo menos um destes campos: E-mail, Telefone.", "Enviar"),
    ("it", "Compili almeno uno di questi campi: E-mail, Telefono.", "Invia"),
    ("ro", "Completați cel puțin unul dintre aceste câmpuri: E-mail, Telefon.", "Trimite"),
    ("de", "Bitte füllen Sie mindestens eines dieser Felder aus: E-Mail, Telefon.", "Senden"),
    ("fr", "Veuillez remplir au moins un de ces champs : E-mail, Téléphone.", "Envoyer"),
]


@pytest.mark.parametrize(("code", "says", "button"), SPOKEN)
async def test_a_page_says_in_the_forms_language_what_to_mend(
    spoken: Running, code: str, says: str, button: str
) -> None:
    answer = await spoken.post(f"/v1/forms/pk_lang_{code}/submissions", data={"name": "Ana"}, headers=BROWSER)
    page = Page(answer.text)
    assert (answer.status_code, page.language) == (422, code)
    assert answer.headers.get_list("content-language") == [code]
    assert (says in page.texts, button in page.texts) == (True, True)
    assert page.again() == {"email": [""], "name": ["Ana"]}


@pytest.mark.parametrize(("code", "says", "_"), SPOKEN)
async def test_a_script_gets_the_same_sentence_beside_the_english_detail(
    spoken: Running, code: str, says: str, _: str
) -> None:
    answer = await spoken.post(
        f"/v1/forms/pk_lang_{code}/submissions", json={"name": "Ana"}, headers={"accept-language": code}
    )
    (error,) = answer.json()["errors"]
    assert error["message"] == says
    assert error["detail"] == "is required: send at least one of email, phone"
    assert answer.headers["content-language"] == code


@pytest.mark.parametrize(
    ("accept", "language"),
    [("pt-BR,pt;q=0.9,en;q=0.8", "pt"), ("sv", "en"), ("en;q=0.1, ro", "ro"), ("it;q=0", "en"), ("", "en"), ("*;q=x", "en")],
)  # fmt: skip
async def test_a_form_without_a_language_of_its_own_listens_to_the_caller(
    intake: Running, accept: str, language: str
) -> None:
    answer = await intake.post(json={"name": "Ana"}, headers={"accept-language": accept})
    assert answer.headers["content-language"] == language


async def test_what_was_typed_comes_back_and_posts_again(harness: Harness, spoken: Running) -> None:
    path = "/v1/forms/pk_lang_es/submissions"
    typed = {
        "email": "ana@@example",
        "name": "Ana & Co",
        "message": "two\nlines",
        "utm_source": "spring mail",
        "_form_builder": "7",
        "topics": ["a", "b"],
    }
    answer = await spoken.post(path, data=typed, headers=BROWSER)
    page = Page(answer.text)
    again = page.again()
    assert again == {
        name: list(value) if isinstance(value, list) else [value] for name, value in typed.items()
    }
    hidden = {control["name"] for control in page.controls if control.get("type") == "hidden"}
    assert {"utm_source", "_form_builder"} <= hidden
    assert hidden.isdisjoint({"email", "name", "message"})
    assert "Introduzca una dirección de correo como ana@example.com." in page.texts
    mended = again | {"email": ["ana@example.com"]}
    assert (await spoken.post(path, data=mended, headers=BROWSER)).status_code == 202
    (event,) = submitted(harness.broker)
    assert event.fields == {**typed, "email": "ana@example.com"}


async def test_what_was_typed_is_text_and_never_markup(spoken: Running) -> None:
    typed = {"email": "ana@@x", "name": EVIL, EVIL: "x y", "message": "</textarea>" + EVIL}
    answer = await spoken.post("/v1/forms/pk_lang_en/submissions", data=typed, headers=BROWSER)
    page = Page(answer.text)
    assert "script" not in page.tags
    assert page.again()["name"] == [EVIL]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_secrets_and_honeypots_never_come_back(spoken: Running) -> None:
    kept_back = {
        "password": "hunter2", "user_pwd": "hunter2", "contraseña": "hunter2", "Kennwort": "hunter2",
        "card-number": "hunter2", "cf-turnstile-response": "hunter2", "baton_hp_12345678": "",
        "client_secret": "hunter2",
    }  # fmt: skip
    token = {"_baton_token": "a token", "csrf_token": "c"}
    answer = await spoken.post(
        "/v1/forms/pk_lang_en/submissions", data={"email": "ana@@x"} | kept_back | token, headers=BROWSER
    )
    assert answer.status_code == 422
    assert "hunter2" not in answer.text
    assert set(Page(answer.text).again()) == {"email", *token}


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("an unknown form", {"data": ANA}, 404, "Este formulario ya no existe."),
    ("bytes that cannot be read", {"content": b"name=%ff"}, 400, "No se ha podido leer su mensaje."),
    ("too long", {"content": b"a" * 70_000}, 413, "No se ha podido leer su mensaje."),
]


@pytest.mark.parametrize(
    ("request_", "status", "says"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
async def test_every_refusal_is_a_page_for_a_visitor(
    spoken: Running, request_: dict[str, Any], status: int, says: str
) -> None:
    key = "pk_nothing" if status == 404 else "pk_lang_es"
    headers = BROWSER | {
        "accept-language": "es-MX", "content-type": "application/x-www-form-urlencoded",
    }  # fmt: skip
    answer = await spoken.post(f"/v1/forms/{key}/submissions", headers=headers, **request_)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert says in answer.text
    assert answer.headers.get_list("content-language") == ["es"]
    script = await spoken.post(
        f"/v1/forms/{key}/submissions", headers=headers | {"accept": "*/*"}, **request_
    )
    told = script.json()
    assert told["status"] == status
    assert script.headers.get_list("content-language") == ["es" if "errors" in told else "en"]


@pytest.mark.parametrize("code", [row[0] for row in SPOKEN])
async def test_a_page_of_thanks_says_in_which_language_it_is(spoken: Running, code: str) -> None:
    answer = await spoken.post(f"/v1/forms/pk_lang_{code}/submissions", data=ANA, headers=BROWSER)
    assert (answer.status_code, Page(answer.text).language) == (202, code)
    assert answer.headers.get_list("content-language") == [code]


async def test_a_visitor_beyond_the_limit_reads_how_long_to_wait(harness: Harness) -> None:
    limits = {"per_minute": 1}
    form = FORMS["thanks"] | {"limits": limits}
    harness.broker.append(publication(2, rulebook(FORMS | {"thanks": form})))
    path = "/v1/forms/pk_thanks_1/submissions"
    async with harness.start() as running:
        await running.post(path, data=ANA, headers=BROWSER)
        answer = await running.post(path, data=ANA | {"name": "Bob"}, headers=BROWSER)
    wait = answer.headers["retry-after"]
    assert (answer.status_code, f"Attenda {wait} secondi" in answer.text) == (429, True)
    assert Page(answer.text).again()["name"] == ["Bob"]


@pytest.fixture
async def going_on(harness: Harness) -> AsyncIterator[Running]:
    form = {
        "redirect_field": "retURL",
        "allowed_redirects": ["https://www.example.com", "http://localhost:8000"],
    }
    harness.broker.append(publication(2, rulebook(FORMS | {"thanks": FORMS["thanks"] | form})))
    async with harness.start() as running:
        yield running


@pytest.mark.parametrize(
    ("wish", "goes"),
    [
        ("https://www.example.com/gracias?x=1#top", True),
        ("http://localhost:8000/thanks", True),
        ("http://localhost/thanks", False),
        ("http://www.example.com/", False),
        ("https://www.example.com.evil.example/", False),
        ("https://www.example.com@evil.example/", False),
        ("https://evil.example/?https://www.example.com", False),
        ("//evil.example/", False),
        ("/\\evil.example", False),
        ("https:\\\\evil.example", False),
        ("https://evil.example\\@www.example.com", False),
        ("https:www.example.com", False),
        ("https:///evil.example", False),
        ("javascript:alert(1)", False),
        ("https://www.example.com/\r\nSet-Cookie: a=b", False),
        ("https://www.example.com:444/", False),
        ("", False),
    ],
)
async def test_a_page_is_sent_on_only_to_where_the_form_allows(
    going_on: Running, wish: str, goes: bool
) -> None:
    answer = await going_on.post(
        "/v1/forms/pk_thanks_1/submissions", data=ANA | {"retURL": wish}, headers=BROWSER
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == (wish if goes else "https://www.example.com/grazie")


async def test_a_wish_without_a_list_of_origins_goes_nowhere(intake: Running) -> None:
    answer = await intake.post(PATH, data=ANA | {"retURL": "https://evil.example"}, headers=BROWSER)
    assert (answer.status_code, "location" in answer.headers) == (202, False)
