"""`baton check` on who may send, what is fetched, where visitors go next and what a source costs."""

from pathlib import Path
from typing import Any

import pytest

from rulebook.crosscheck import check_rulebook
from rulebook.findings import Severity
from rulebook.loader import load_folder
from rulebook.models import Form, Source

BOOK = load_folder(Path(__file__).resolve().parents[3] / "rulebook")
SIGNED = {"scheme": "meta", "secret": "app"}
FETCH = {"api": "meta", "token": "t"}
CAPTCHA = {"captcha": {"provider": "turnstile", "site_key": "k", "secret": "s"}}

# what is wrong, keys of the form, path of the finding, part of the hint
FORMS: list[tuple[str, dict[str, Any], str, str]] = [
    ("a vendor nobody knows", {"vendor": "typform"}, "vendor", "`typeform`"),
    ("a fetch that anybody starts", {"fetch": FETCH}, "fetch", "add `signature:"),
    (
        "a fetch signed by another",
        {"fetch": FETCH, "signature": {"scheme": "typeform", "secret": "s"}},
        "signature.scheme",
        "`scheme: meta`",
    ),
    (
        "a page as an origin",
        {"allowed_redirects": ["https://www.example.com/a"]},
        "allowed_redirects[0]",
        "write https://www.example.com",
    ),
    (
        "a host as an origin",
        {"allowed_origins": ["example.com"]},
        "allowed_origins[0]",
        "https://example.com",
    ),
    ("a long fill", {"spam": {"min_fill": "10m"}}, "spam.min_fill", "3s"),
    ("a captcha for a machine", {"signature": SIGNED, "spam": CAPTCHA}, "spam.captcha", "delete"),
    ("consent nobody can give", {"consent_required": True}, "consent_required", "consent_field"),
]


@pytest.mark.parametrize(("keys", "path", "hint"), [c[1:] for c in FORMS], ids=[c[0] for c in FORMS])
def test_a_form_that_cannot_work_is_told_with_what_to_write(
    keys: dict[str, Any], path: str, hint: str
) -> None:
    form = Form.model_validate(
        {"name": "T", "key": "test-form-1", "source": "website", "fields": {"email": "email"}} | keys
    )
    findings = check_rulebook(BOOK.model_copy(update={"forms": {"one": form}}))
    (found,) = [each for each in findings if each.path == f"forms.one.{path}"]
    assert found.severity is Severity.ERROR
    assert hint in found.hint


SOURCES: list[tuple[str, dict[str, Any], str]] = [
    ("returns of what is free", {}, "returns"),
    ("returns of what is paid by the month", {"cost": {"amount_minor": 1, "per": "month"}}, "cost.per"),
]


@pytest.mark.parametrize(("keys", "path"), [c[1:] for c in SOURCES], ids=[c[0] for c in SOURCES])
def test_a_source_whose_cost_and_returns_do_not_fit_is_doubted(keys: dict[str, Any], path: str) -> None:
    source = Source.model_validate({"name": "T", "returns": {"window": "14d", "reasons": ["wrong"]}} | keys)
    findings = check_rulebook(BOOK.model_copy(update={"sources": {**BOOK.sources, "one": source}}))
    assert [each.path for each in findings] == [f"sources.one.{path}"]


def test_a_staff_domain_is_a_bare_domain() -> None:
    (found,) = check_rulebook(BOOK.model_copy(update={"staff_domains": ["@Aurora.example"]}))
    assert found.hint == "write aurora.example"
