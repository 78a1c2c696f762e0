"""baton.js in a real Chromium, on pages of another origin than intake; the same forms without JavaScript."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect, sync_playwright

from baton_dev.browser import ARGUMENTS, find_chromium
from tests.e2e.installation import Installation, somebody
from tests.e2e.website import Website, served

pytestmark = pytest.mark.stack
ANSWER_MS = 10_000
NOWHERE_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
THANKS = "https://www.aurora.example/thanks"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests here; closed before any test that runs a loop of its own."""
    path = find_chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, NOWHERE_ELSE])
        yield started
        started.close()


class Visit:
    """One visitor on the website."""

    def __init__(self, page: Page, website: Website, origin: str, baton: Installation) -> None:
        self.page = page
        self.website = website
        self.origin = origin
        self.baton = baton
        self.email = somebody()["email"]
        self.posts: list[Request] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.method == "POST" and urlsplit(request.url).path.endswith("/submissions"):
            self.posts.append(request)

    def open(self, path: str = "/") -> None:
        """Open a page of the website and wait until the script has prepared its form."""
        self.page.goto(self.origin + path, wait_until="networkidle")

    def fill(self, **more: str) -> None:
        """Type into the form."""
        for name, value in ({"email": self.email} | more).items():
            self.page.fill(f"[name={name}]", value)

    @property
    def traps(self) -> int:
        """How many fields stand in the form that no person sees."""
        return self.page.locator("[aria-hidden=true] [name^=baton_hp_]").count()

    def send(self) -> dict[str, Any]:
        """Send the form, wait for thanks, and return the submission's event as scoring keeps it."""
        with self.page.expect_response(lambda answer: answer.ok and answer.request in self.posts) as heard:
            self.page.click("button")
        self.thanked()
        event: dict[str, Any] = self.baton.submission(UUID(heard.value.json()["submission_id"]))["event"]
        return event

    def thanked(self) -> None:
        """The thanks stand where the form was."""
        expect(self.page.locator(".baton-thanks")).to_have_text("Gracias.", timeout=ANSWER_MS)

    def stored(self) -> str:
        """Everything the browser keeps for the website."""
        kept: str = self.page.evaluate(
            "JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])"
        )
        return kept


@pytest.fixture
def website(baton: Installation) -> Website:
    return Website(baton.at["intake"])


@pytest.fixture
def visit(browser: Browser, website: Website, baton: Installation) -> Iterator[Visit]:
    with served(website) as origin, browser.new_context(locale="es-ES") as context:
        yield Visit(context.new_page(), website, origin, baton)


NOTHING = json.dumps(["", {}, {}], separators=(",", ":"))
ADVERT = "/campaign?utm_source=news&utm_medium=email&utm_campaign=spring&gclid=abc123"


def test_a_form_is_sent_with_where_the_visitor_came_from_and_nothing_is_stored(visit: Visit) -> None:
    visit.open(ADVERT)
    visit.fill(message="¿Precio?")
    visit.page.check("[value=a]")
    visit.page.check("[value=b]")
    assert visit.traps == 1
    event = visit.send()
    fields = event["fields"]
    assert (fields["email"], fields["message"], fields["interested"]) == (visit.email, "¿Precio?", ["a", "b"])
    assert event["attribution"]["utm_campaign"] == "spring"
    assert (fields["gclid"], fields["landing_page"]) == ("abc123", f"{visit.origin}/campaign")
    assert event["key"]
    assert not [name for name in fields if name.startswith("baton_")]
    assert visit.stored() == NOTHING


def test_after_consent_the_first_touch_and_the_pages_seen_belong_to_the_lead(visit: Visit) -> None:
    visit.open(ADVERT)
    assert visit.stored() == NOTHING
    visit.page.evaluate("baton.consent(true)")
    visit.page.click("text=Precios")
    with visit.page.expect_request("**/v1/signals"):
        visit.page.evaluate("baton.flush()")
    visit.open("/other")
    visit.fill()
    event = visit.send()
    fields = event["fields"]
    assert json.loads(fields["baton_first_touch"])["utm_source"] == "news"
    assert json.loads(fields["baton_last_touch"])["gclid"] == "abc123"
    assert fields["baton_visitor"] in visit.stored()
    (lead,) = visit.baton.leads_of(UUID(event["submission_id"]))
    visit.page.evaluate("baton.flush()")
    seen = visit.baton.eventually(
        lambda: visit.baton.ask("scoring", f"/v1/leads/{lead}/signals")["signals"],
        lambda found: len(found) == 3,
        "the signals of the visitor",
    )
    assert {(each["kind"], urlsplit(each["url"]).path) for each in seen} == {
        ("page_view", "/campaign"),
        ("download", "/prices.pdf"),
        ("page_view", "/other"),
    }
    visit.open("/again")
    visit.page.evaluate("baton.consent(false)")
    assert visit.stored() == NOTHING


def test_a_page_may_say_that_consent_was_given_before(visit: Visit) -> None:
    visit.website.attributes = 'data-consent="granted"'
    visit.open()
    assert visit.page.evaluate("JSON.parse(localStorage.baton).visitor")


def test_global_privacy_control_is_stronger_than_consent(visit: Visit) -> None:
    sent: list[str] = []
    visit.page.on("request", lambda request: sent.append(request.url))
    visit.page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    visit.website.attributes = 'data-consent="granted"'
    visit.open(ADVERT)
    visit.page.evaluate("baton.consent(true); baton.flush()")
    assert visit.stored() == NOTHING
    visit.fill()
    fields = visit.send()["fields"]
    assert fields["utm_source"] == "news"
    assert "gclid" not in fields
    assert "baton_visitor" not in fields
    assert not [url for url in sent if url.endswith("/v1/signals")]


def test_an_answer_that_was_lost_is_asked_for_again_under_the_same_key_and_is_one_lead(visit: Visit) -> None:
    visit.open()
    lost: list[dict[str, Any]] = []

    def lose_the_first(route: Route) -> None:
        if lost or route.request.method != "POST":
            route.continue_()
            return
        answer = route.fetch()
        lost.append(answer.json())
        wait = {
            "Retry-After": "0.1",
            "Access-Control-Allow-Origin": visit.origin,
            "Access-Control-Expose-Headers": "Retry-After",
        }
        route.fulfill(status=503, headers=wait, body="{}", content_type="application/problem+json")

    visit.page.route("**/submissions", lose_the_first)
    visit.fill()
    event = visit.send()
    assert len(visit.posts) == 2
    assert len({post.headers["idempotency-key"] for post in visit.posts}) == 1
    assert event["submission_id"] == lost[0]["submission_id"]
    (lead,) = visit.baton.leads_of(UUID(event["submission_id"]))
    assert visit.baton.ask("scoring", f"/v1/leads/{lead}")["submissions"] == 1


def test_a_network_that_breaks_is_tried_again(visit: Visit) -> None:
    visit.open()
    broken: list[str] = []

    def break_the_first(route: Route) -> None:
        if broken:
            route.continue_()
            return
        broken.append(route.request.url)
        route.abort("connectionreset")

    visit.page.route("**/submissions", break_the_first)
    visit.fill()
    visit.send()
    assert len({post.headers["idempotency-key"] for post in visit.posts}) == 1


def test_what_is_to_mend_stands_beside_its_field_in_the_forms_language(visit: Visit) -> None:
    visit.open()
    visit.fill(email="ana at example")
    visit.page.click("button")
    note = visit.page.locator(".baton-error")
    expect(note).to_have_text("Introduzca una dirección de correo como ana@example.com.", timeout=ANSWER_MS)
    field = visit.page.locator("[name=email]")
    expect(field).to_be_focused()
    assert field.get_attribute("aria-invalid") == "true"
    assert field.get_attribute("aria-describedby") == note.get_attribute("id")
    visit.fill()
    visit.send()
    keys = {post.headers["idempotency-key"] for post in visit.posts}
    assert len(keys) == 2


def test_the_page_is_told_and_may_do_the_rest_itself(visit: Visit) -> None:
    visit.open()
    visit.page.evaluate(
        "document.addEventListener('baton:success', (e) => {"
        " document.body.dataset.told = e.detail.submission_id; e.preventDefault(); })"
    )
    visit.fill()
    visit.page.click("button")
    told = re.compile(r"[0-9a-f-]{36}")
    expect(visit.page.locator("body")).to_have_attribute("data-told", told, timeout=ANSWER_MS)
    assert visit.page.locator("form").count() == 1


def test_where_a_page_may_not_read_answers_its_form_is_posted_plainly(visit: Visit) -> None:
    visit.website.form_key = "site-elsewhere"
    visit.open()
    visit.fill()
    visit.page.click("button")
    expect(visit.page.locator("h1")).to_have_text("Gracias", timeout=ANSWER_MS)
    assert urlsplit(visit.page.url).netloc == urlsplit(visit.website.intake).netloc


@pytest.fixture
def plain(browser: Browser, website: Website, baton: Installation) -> Iterator[Visit]:
    """A visitor whose browser runs no JavaScript."""
    with (
        served(website) as origin,
        browser.new_context(locale="es-ES", java_script_enabled=False) as context,
    ):
        yield Visit(context.new_page(), website, origin, baton)


def test_without_javascript_a_refused_form_comes_back_with_what_was_typed(plain: Visit) -> None:
    plain.open()
    plain.fill(email="ana at example", message="¿Precio?")
    plain.page.click("button")
    page = plain.page
    assert page.locator("html").get_attribute("lang") == "es"
    assert page.locator("[name=email]").input_value() == "ana at example"
    assert page.locator("[name=message]").input_value() == "¿Precio?"
    assert "Introduzca una dirección de correo" in page.content()
    plain.fill()
    page.click("button")
    assert page.locator("h1").text_content() == "Gracias"


def test_without_javascript_a_form_with_a_redirect_leads_there(plain: Visit) -> None:
    plain.website.form_key = plain.baton.at["forms"]["demo-request"]["key"]
    plain.open()
    plain.fill()
    with plain.page.expect_request(THANKS) as led:
        plain.page.click("button", no_wait_after=True)
    assert led.value.redirected_from in plain.posts
