"""A form is proposed for whatever a tool sends, tried on a payload, and written as HTML to paste."""

import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import Result

Run = Callable[..., Result]
BOOK = Path("rulebook")

PAGE = """<!doctype html><html><body>
<form action="/search"><input name="q"></form>
<form method="post"><p>Pida una demostración</p>
  <label>Correo <input type="email" name="correo" required></label>
  <label>Nombre <input name="nombre"></label><label>Apellidos <input name="apellidos"></label>
  <label>Empresa <input name="empresa"></label><label>Móvil <input type="tel" name="movil"></label>
  <textarea name="mensaje"></textarea><input type="hidden" name="csrf_token" value="r4nd0m">
  <label><input type="checkbox" name="acepto_privacidad"> Acepto</label><input type="submit" name="go">
</form></body></html>"""

# Shapes of two form tools that Baton has no ready mapping for.
ELEMENTOR_LIKE = (
    "form%5Bid%5D=7c1&form%5Bname%5D=Contact&fields%5Bemail%5D%5Bid%5D=email&fields%5Bemail%5D%5Bvalue%5D="
    "ines%40example.com&fields%5Bcompany%5D%5Bid%5D=company&fields%5Bcompany%5D%5Bvalue%5D=Faro%20Lda"
)
FORMSTACK_LIKE = {
    "FormID": "55",
    "UniqueID": "90001",
    "Work Email": {"value": "rui@example.com", "field_type": "email"},
    "Full name": {"value": {"first": "Rui", "last": "Sá"}, "field_type": "name"},
    "Telemóvel": {"value": "+351 912 345 678", "field_type": "phone"},
    "HandshakeKey": "secret",
}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BOOK, tmp_path / "rulebook"))


def file_with(folder: Path, name: str, content: str) -> Path:
    file = folder / name
    file.write_text(content, "utf-8")
    return file


def saved(baton: Run, book: Path, name: str, payload: Path) -> None:
    done = baton("form", "new", name, "--from", str(payload), "--rulebook", str(book), "--save")
    assert done.exit_code == 0, done.output


def tried(baton: Run, book: Path, form: str, payload: Path) -> dict[str, Any]:
    done = baton("form", "test", form, str(payload), "--rulebook", str(book), "--json")
    told: dict[str, Any] = json.loads(done.stdout)
    return told | {"exit_code": done.exit_code}


def became(told: dict[str, Any]) -> set[str]:
    return {text for row in told["fields"] for text in row["becomes"]}


def test_a_form_is_proposed_for_a_page_and_takes_what_the_page_sends(
    baton: Run, book: Path, tmp_path: Path
) -> None:
    saved(baton, book, "Pida una demostración", file_with(tmp_path, "page.html", PAGE))
    text = (book / "forms" / "pida-una-demostracion.yaml").read_text("utf-8")
    assert "csrf_token" in text.split("volatile:")[1]
    sent = (
        "correo=ANA%40example.com&nombre=Ana&apellidos=Ruiz&empresa=Norte&movil=%2B34600000001&csrf_token=x9"
    )
    told = tried(baton, book, "pida-una-demostracion", file_with(tmp_path, "sent.form", sent))
    assert (told["exit_code"], told["outcome"]) == (0, "accepted")
    assert {"first_name = Ana", "last_name = Ruiz", "company = Norte", "phone = +34600000001"} <= became(told)


@pytest.mark.parametrize("name", ["elementor-like", "formstack-like"])
def test_a_tool_nobody_mentioned_is_connected_by_yaml_alone(
    baton: Run, book: Path, tmp_path: Path, name: str
) -> None:
    content = ELEMENTOR_LIKE if name == "elementor-like" else json.dumps(FORMSTACK_LIKE)
    payload = file_with(tmp_path, "payload", content)
    saved(baton, book, name, payload)
    told = tried(baton, book, name, payload)
    assert told["outcome"] == "accepted", told
    expected = {
        "elementor-like": {"email = ines@example.com", "company = Faro Lda"},
        "formstack-like": {"email = rui@example.com", "phone = +351912345678"},
    }[name]
    assert expected <= became(told)


def test_a_field_that_nothing_reads_is_shown_with_the_line_to_write(
    baton: Run, book: Path, tmp_path: Path
) -> None:
    payload = file_with(tmp_path, "p.json", '{"email": "ana@example.com", "teléfono": "+34600000001"}')
    told = tried(baton, book, "demo-request", payload)
    (row,) = [row for row in told["fields"] if row["field"] == "teléfono"]
    assert "phone" in row["hint"]


def test_what_would_wait_or_be_refused_is_said_with_the_reason(
    baton: Run, book: Path, tmp_path: Path
) -> None:
    renamed = file_with(tmp_path, "renamed.json", '{"correo_nuevo": "ana@example.com", "name": "Ana"}')
    told = tried(baton, book, "demo-request", renamed)
    assert (told["exit_code"], told["outcome"]) == (1, "quarantined")
    empty = file_with(tmp_path, "empty.json", '{"email": ""}')
    told = tried(baton, book, "demo-request", empty)
    assert (told["exit_code"], told["outcome"]) == (1, "refused")
    assert "email" in told["why"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ('{"email": ', "JSON"),
        ("<html><body>No form here</body></html>", "no <form>"),
        ("[1, 2]", "object"),
    ],
)
def test_a_payload_that_is_none_is_told_so(
    baton: Run, book: Path, tmp_path: Path, content: str, words: str
) -> None:
    payload = file_with(tmp_path, "payload", content)
    done = baton("form", "test", "demo-request", str(payload), "--rulebook", str(book))
    assert done.exit_code == 1
    assert words in done.stderr


def test_a_form_that_exists_is_not_written_over(baton: Run, book: Path, tmp_path: Path) -> None:
    payload = file_with(tmp_path, "p.json", '{"email": "ana@example.com"}')
    before = (book / "forms" / "newsletter.yaml").read_text("utf-8")
    done = baton("form", "new", "Newsletter", "--from", str(payload), "--rulebook", str(book), "--save")
    assert done.exit_code == 2
    assert "exists" in done.stderr
    assert (book / "forms" / "newsletter.yaml").read_text("utf-8") == before


class Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.form: dict[str, str | None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.form = given
        elif given.get("name") is not None:
            self.names.append(str(given["name"]))


@pytest.mark.parametrize("form", ["demo-request", "both-lines", "newsletter"])
def test_the_snippet_has_each_field_the_form_reads(baton: Run, book: Path, form: str) -> None:
    done = baton("form", "snippet", form, "--rulebook", str(book), "--server", "https://leads.example.com/")
    assert done.exit_code == 0, done.output
    page = Inputs()
    page.feed(done.stdout)
    assert str(page.form["action"]).startswith("https://leads.example.com/v1/forms/aurora-")
    assert page.form["method"] == "post"
    assert {"email", "name", "company"} <= set(page.names)
    assert [name for name in page.names if name.startswith("baton_hp_")]
    assert len(page.names) == len(set(page.names))


def test_a_text_of_the_rulebook_cannot_break_out_of_the_snippet(baton: Run, book: Path) -> None:
    form = book / "forms" / "demo-request.yaml"
    form.write_text(
        form.read_text("utf-8").replace("consent_text: I have", "consent_text: <script>I</script> have")
    )
    done = baton(
        "form", "snippet", "demo-request", "--rulebook", str(book), "--server", "https://l.example.com"
    )
    assert "<script>I" not in done.stdout
    assert "&lt;script&gt;I" in done.stdout


def test_an_unknown_form_names_those_there_are(baton: Run, book: Path) -> None:
    done = baton("form", "snippet", "nothing", "--rulebook", str(book), "--server", "https://l.example.com")
    assert done.exit_code != 0
    assert "demo-request" in done.stderr


def told_by(baton: Run, book: Path, name: str, payload: Path) -> str:
    done = baton("form", "new", name, "--from", str(payload), "--rulebook", str(book), "--save")
    assert done.exit_code == 0, done.output
    return done.stderr


def written(book: Path, form: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((book / "forms" / f"{form}.yaml").read_text("utf-8"))
    return document


SPANISH_PAGE = """<!doctype html><html lang="es-ES"><body><form method="post">
  <label for="n">Nombre y apellidos *</label><input id="n" name="nombre" required>
  <label>Correo <input name="correo" type="email"></label>
  <label>Móvil <input type="tel" name="movil"></label>
  <label>Puestos que necesita <input type="number" name="puestos"></label>
  <label>¿Qué le interesa? <select name="interes"><option value="">Elija</option>
    <option value="crm">CRM</option><option value="erp">ERP, con almacén</option></select></label>
  <fieldset><legend>¿Cuándo?</legend><label><input type="radio" name="cuando" value="ya"> Ya</label>
    <label><input type="radio" name="cuando" value="luego"> Más tarde</label></fieldset>
  <label>Cuéntenos <textarea name="cuentenos"></textarea></label>
  <input type="hidden" name="origen" value="feria"><input type="hidden" name="vacio">
  <label><input type="checkbox" name="acepto" required>
    Acepto la <a href="/legal">política</a>, <a href="#ya">ya</a>.</label>
</form></body></html>"""


def test_a_page_tells_its_language_its_consent_and_what_it_asks(
    baton: Run, book: Path, tmp_path: Path
) -> None:
    saved(baton, book, "Pida demo", file_with(tmp_path, "page.html", SPANISH_PAGE))
    form = written(book, "pida-demo")
    assert (form["language"], form["region"]) == ("es", "ES")
    assert (form["consent_field"], form["consent_text"]) == ("acepto", "Acepto la política (/legal), ya.")
    assert form["fields"]["name"] == "nombre"
    assert form["fields"]["message"] == "cuentenos"
    assert form["fields"]["attributes.seats"] == {"from": "puestos", "as": "number"}
    assert "job_title" not in form["fields"]
    assert form["inputs"]["nombre"] == {"label": "Nombre y apellidos", "required": True}
    text = (book / "forms" / "pida-demo.yaml").read_text("utf-8")
    assert "\n#  attributes.vacio: vacio\n" in text.split("# To decide")[1]


def consent_of(baton: Run, book: Path, folder: Path, label: str, head: str = "") -> str:
    """What a page asks a visitor to agree to, as the form proposed for it says."""
    page = file_with(
        folder,
        "page.html",
        f'<!doctype html>{head}<html lang="en"><body><form><label>E-mail <input type="email" name="email">'
        f'</label><label><input type="checkbox" name="privacy_consent"> {label}</label></form></body></html>',
    )
    done = baton("form", "new", "Demo", "--from", str(page), "--rulebook", str(book), "--json")
    assert done.exit_code == 0, done.output
    form = yaml.safe_load(json.loads(done.stdout)["yaml"])
    assert form["consent_field"] == "privacy_consent"
    return str(form["consent_text"])


@pytest.mark.parametrize(
    ("href", "told"),
    [
        ("privacy.html", " (privacy.html)"),
        ("../legal/privacy", " (../legal/privacy)"),
        ("/legal", " (/legal)"),
        ("//www.example.com/legal", " (//www.example.com/legal)"),
        ("HTTPS://WWW.EXAMPLE.COM/Legal", " (HTTPS://WWW.EXAMPLE.COM/Legal)"),
        ("?page_id=3", " (?page_id=3)"),
        (" legal\n.html#data ", " (legal.html#data)"),
        ("mailto:privacy@example.com", " (mailto:privacy@example.com)"),
        ("#terms", ""),
        ("", ""),
        ("javascript:show()", ""),
        ("JavaScript:show()", ""),
        ("&#1; java\tscript:show()", ""),
        ("data:text/html,Terms", ""),
        ("DATA:text/html,Terms", ""),
        ("file:///C:/Users/ana/terms.html", ""),
    ],
)
def test_a_consents_link_is_kept_however_its_address_is_written(
    baton: Run, book: Path, tmp_path: Path, href: str, told: str
) -> None:
    text = consent_of(baton, book, tmp_path, f'I accept the <a href="{href}">terms</a>.')
    assert text == f"I accept the terms{told}."


@pytest.mark.parametrize(
    "head",
    [
        "<!-- saved from url=(0033)https://www.example.com/en/demo?x=1 -->",
        "<!--\n Page saved with SingleFile \n url: https://www.example.com/en/demo?x=1 \n-->",
        '<link rel="alternate canonical" href="https://www.example.com/en/demo?x=1">',
        '<meta property="og:url" content="https://www.example.com/en/demo?x=1">',
        '<base href="https://www.example.com/en/">',
        '<link rel="canonical" href="https://www.example.com/old"><base href="/en/">',
    ],
)
def test_a_consents_link_is_whole_where_the_page_tells_its_own_address(
    baton: Run, book: Path, tmp_path: Path, head: str
) -> None:
    label = '<a href="privacy.html">Privacy</a>, <a href="/legal">law</a>, <a href="HTTP://a.example/">A</a>'
    told = consent_of(baton, book, tmp_path, label, head)
    site = "https://www.example.com"
    assert told == f"Privacy ({site}/en/privacy.html), law ({site}/legal), A (HTTP://a.example/)"


def test_a_place_on_the_saved_page_itself_is_no_link(baton: Run, book: Path, tmp_path: Path) -> None:
    head = "<!-- saved from url=(0027)https://www.example.com/demo -->"
    label = 'I accept <a href="https://www.example.com/demo#terms">this</a>'
    assert consent_of(baton, book, tmp_path, label, head) == "I accept this"


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ('<a href="/legal"><img src="p.png" alt="Privacy policy"></a>', "Privacy policy (/legal)"),
        ('I accept the <a href="/legal"><img alt="policy"></a>.', "I accept the policy (/legal)."),
        ('<a href="/legal" title="Privacy policy"><img src="p.png"></a>', "Privacy policy (/legal)"),
        ('<a href="/legal"><img src="p.png"></a>', "privacy_consent (/legal)"),
        ('<a href="/legal"><img src="p.png" alt=""></a>', "privacy_consent (/legal)"),
        ('<img src="ok.png" alt="I accept">', "I accept"),
        ('<img src="ok.png" alt="Lock"> I accept', "I accept"),
        ('I accept the <a href="/legal">policy', "I accept the policy (/legal)"),
    ],
)
def test_a_label_is_what_its_pictures_show_or_the_fields_name_and_never_an_address(
    baton: Run, book: Path, tmp_path: Path, label: str, told: str
) -> None:
    assert consent_of(baton, book, tmp_path, label) == told


def test_the_snippet_of_a_page_asks_as_the_page_did(baton: Run, book: Path, tmp_path: Path) -> None:
    saved(baton, book, "Pida demo", file_with(tmp_path, "page.html", SPANISH_PAGE))
    html = snippet_of(baton, book, "pida-demo")
    assert '<input type="hidden" name="origen" value="feria">' in html
    assert "<!-- vacio: your page fills in its value" in html
    assert '<select name="interes">' in html
    assert '<option value="erp">ERP, con almacén</option>' in html
    assert '<option value="luego">Más tarde</option>' in html
    assert "<label>Cuéntenos <textarea" in html
    assert '<label>Nombre y apellidos <input type="text" name="nombre" autocomplete="name" required>' in html
    assert 'name="acepto" value="yes" required> Acepto la política (/legal), ya.' in html
    assert html.index('"nombre"') < html.index('"puestos"') < html.index('"cuentenos"')


def test_a_snippet_made_of_a_mapping_alone_offers_its_choices_and_hides_what_nobody_types(
    baton: Run, book: Path
) -> None:
    form = book / "forms" / "training-enquiry.yaml"
    form.write_text(form.read_text("utf-8").replace("source: courses", "source: courses\nlanguage: es"))
    html = snippet_of(baton, book, "training-enquiry")
    assert '<input type="hidden" name="language" value="es">' in html
    assert '<option value="job seeker">' in html
    assert '<input type="number" name="seats">' in html
    assert "<label>Correo electrónico <input" in html
    assert '<option value="academy">' in snippet_of(baton, book, "both-lines")


def snippet_of(baton: Run, book: Path, form: str) -> str:
    done = baton("form", "snippet", form, "--rulebook", str(book), "--server", "https://leads.example.com")
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_file_of_leads_gets_a_form_for_its_columns_and_hears_of_baton_import(
    baton: Run, book: Path, tmp_path: Path
) -> None:
    rows = "Nombre;Apellidos;E-mail;Teléfono;Notas\nInés;Robles;ines@example.com;600000001;\n"
    file = tmp_path / "contacts.csv"
    file.write_bytes(rows.encode("cp1252"))
    told = told_by(baton, book, "Trade fair", file)
    assert f"baton import {file} --form trade-fair" in told
    form = written(book, "trade-fair")
    assert form["fields"] == {
        "first_name": "Nombre",
        "last_name": "Apellidos",
        "email": "E-mail",
        "phone": "Teléfono",
        "message": "Notas",
    }
    assert "#region: ES" in (book / "forms" / "trade-fair.yaml").read_text("utf-8")
    assert "signature" not in (book / "forms" / "trade-fair.yaml").read_text("utf-8")
    assert "first_name = Inés" in became(tried(baton, book, "trade-fair", file))


def test_a_file_that_is_none_says_how_to_save_it(baton: Run, book: Path, tmp_path: Path) -> None:
    file = tmp_path / "contacts.xlsx"
    file.write_bytes(b"PK\x03\x04" + bytes(200))
    done = baton("form", "new", "X", "--from", str(file), "--rulebook", str(book))
    assert done.exit_code == 1
    assert "CSV" in done.stderr


def test_a_file_that_does_not_tell_its_encoding_hears_what_to_save_it_as(
    baton: Run, book: Path, tmp_path: Path
) -> None:
    file = tmp_path / "contacts.csv"
    file.write_bytes("이름,email\n김민수,minsu@example.com\n이서연,seoyeon@example.com\n".encode("cp949"))
    done = baton("form", "new", "X", "--from", str(file), "--rulebook", str(book))
    assert done.exit_code == 1
    assert "save it as CSV UTF-8" in done.stderr


def test_another_form_that_is_wrong_warns_and_stops_nobody(baton: Run, book: Path, tmp_path: Path) -> None:
    payload = file_with(tmp_path, "p.json", '{"email": "ana@example.com"}')
    broken = book / "forms" / "newsletter.yaml"
    broken.write_text(broken.read_text("utf-8").replace("source: content", "sauce: content"))
    (book / "forms" / "half.yaml").write_text("name: [", "utf-8")
    done = baton("form", "test", "demo-request", str(payload), "--rulebook", str(book))
    assert done.exit_code == 0, done.output
    assert "Warning" in done.stderr
    assert "newsletter.yaml" in done.stderr
    own = baton("form", "test", "newsletter", str(payload), "--rulebook", str(book))
    assert own.exit_code == 1
    assert "there is no key `sauce`" in own.stderr
    assert "half.yaml" not in own.stderr
    unread = baton("form", "test", "half", str(payload), "--rulebook", str(book))
    assert unread.exit_code == 1
    assert "YAML" in unread.stderr


def test_a_tools_envelope_is_shown_only_when_asked_for(baton: Run, book: Path, tmp_path: Path) -> None:
    answers = [{"type": "email", "email": "ana@example.com", "field": {"ref": "correo", "type": "email"}}]
    definition = {"title": "Pida una demostración", "fields": [{"ref": "correo", "title": "¿Su correo?"}]}
    response = {
        "form_id": "abc",
        "token": "t1",
        "submitted_at": "2026-11-28T10:00:00Z",
        "definition": definition,
        "answers": answers,
    }
    content = {"event_id": "e1", "event_type": "form_response", "form_response": response}
    payload = file_with(tmp_path, "typeform.json", json.dumps(content))
    saved(baton, book, "Envelope", payload)
    words = ("form", "test", "envelope", str(payload), "--rulebook", str(book))
    short, whole = baton(*words).stdout, baton(*words, "--all").stdout
    assert "form_response.definition" not in short
    assert "more beside what is read are not kept; --all shows them." in short
    assert "form_response.definition" in whole
    assert "email = ana@example.com" in short
