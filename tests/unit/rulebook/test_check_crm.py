"""What `baton check` says of crm.yaml, with file and line."""

import re
import shutil
from pathlib import Path
from textwrap import dedent

import pytest

from rulebook.check import check_folder
from rulebook.crm_order import in_order
from rulebook.crm_presets import crm_names
from rulebook.loader import load_folder

EXAMPLE = Path(__file__).resolve().parents[3] / "rulebook"
READY = """\
hubspot:
  template: hubspot
  owner_by: email
  events:
    signature: {scheme: hubspot_v3, secret: hubspot-app, url: "https://b.example.com/v1/crm/hubspot/events"}
salesforce:
  template: salesforce
  owner_by: email
  url: https://acme.my.salesforce.com
  auth: {token_url: "https://acme.my.salesforce.com/services/oauth2/token", client_id: 3MVG9}
  events: {}
rd_station:
  template: rd_station
  auth: {client_id: abc}
  events: {}
"""
OWN = """\
own:
  url: https://crm.example.com
  owner_by: email
  auth: {kind: bearer, secret: crm-token}
  requests:
    contact:
      on: [assigned]
      path: /contacts
      body: {email: "{person.email}"}
      keep: {name: contact, id: /id}
"""


def said(tmp_path: Path, text: str) -> list[str]:
    """Findings about crm.yaml: line, place and what to write."""
    folder = tmp_path / "rulebook"
    shutil.copytree(EXAMPLE, folder)
    (folder / "crm.yaml").write_text(text)
    return [
        f"{each.line} {each.path}: {each.message} | {each.hint}"
        for each in check_folder(folder)
        if each.file.endswith("crm.yaml")
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(
            "{when: {/a: b}}", "changes nothing | add `owner: /pointer`, `outcome: won`", id="nothing"
        ),
        pytest.param(
            "{outcome: won, contact: {result: reached}}",
            "an outcome and a contact at once | leave `contact` out",
            id="both",
        ),
    ],
)
def test_a_change_that_says_nothing_or_too_much_is_named(tmp_path: Path, change: str, told: str) -> None:
    events = "    signature: {scheme: hmac_sha256, secret: s}\n    object: /id\n    record: contact\n"
    found = said(tmp_path, f"{OWN}  events:\n{events}    changes:\n      - {change}\n")
    assert [each for each in found if told in each], found


def test_every_ready_template_can_be_used_as_it_is(tmp_path: Path) -> None:
    assert said(tmp_path, READY) == []
    found = load_folder(tmp_path / "rulebook").crm
    assert sorted(found) == list(crm_names())


def test_one_request_of_a_template_is_replaced_or_left_out(tmp_path: Path) -> None:
    text = "hubspot:\n  template: hubspot\n  owner_by: email\n  requests:\n    won: null\n    accepted:\n"
    text += "      on: [accepted]\n      path: /mine\n"
    assert said(tmp_path, text) == []
    requests = load_folder(tmp_path / "rulebook").crm["hubspot"].requests
    assert "won" not in requests
    assert requests["accepted"].path == "/mine"
    assert requests["contact"].path == "/crm/v3/objects/contacts/batch/upsert"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "{person.email}",
            "{persn.email}",
            "9 …body: there is no placeholder `{persn.email}` | did you mean `{person.email}`?",
        ),
        (
            "path: /contacts",
            "path: /c/{crm.deal}",
            "8 …path: there is no placeholder `{crm.deal}` | add `keep: {name: deal, id: /id}`",
        ),
        ("id: /id", "id: /a~b", "10 …keep.id: `/a~b` is no JSON pointer"),
        ("id: /id", "id: results/0", "10 …keep.id: 'results/0' is not allowed | write a JSON pointer"),
        (", secret: crm-token", "", "4 own.auth.secret: is missing | add `secret: ...`"),
        (
            "https://crm.example.com",
            "http://10.1.2.3/api",
            "2 own.url: `http://10.1.2.3/api` is an address inside",
        ),
        (
            "https://crm.example.com",
            "http://crm.example.com",
            "2 own.url: sends names and the secret unencrypted",
        ),
        (
            "on: [assigned]",
            "on: [asigned]",
            "7 …on[0]: 'asigned' is not known here | did you mean `assigned`?",
        ),
        (
            "owner_by: email",
            "template: hubspt",
            "3 own.template: there is no ready template `hubspt` | did you mean `hubspot`?",
        ),
        (
            "path: /contacts",
            "path: /contacts\n      headers: {Authorization: x}",
            "9 …headers: `Authorization` is set by Baton itself",
        ),
        (
            "kind: bearer",
            "kind: oauth2",
            "4 own.auth: cannot be read | oauth2 asks for a token first: add `token_url",
        ),
        (
            "on: [assigned]",
            "on: [assigned]\n      needs: [person.mail]",
            "8 …needs[0]: there is no placeholder `person.mail`",
        ),
        (
            "on: [assigned]",
            "on: [assigned]\n      exists: {status: 409}",
            "…exists: says that the object is there, and not which it is",
        ),
        (
            "on: [assigned]",
            "on: [assigned]\n      exists: {pattern: '(?=ID)ID ([0-9]+)'}",
            "in RE2's syntax, which has no look-around",
        ),
        (
            "on: [assigned]",
            "on: [assigned, erased]",
            "7 …on: `erased` needs a request of its own, which keeps nothing",
        ),
        (
            "keep: {name: contact, id: /id}",
            "keep: {name: contact, id: /id}\n    forget:\n      on: [erased]\n      path: /x/{person.email}",
            "`{person.email}` is not known any more of who is erased | use the ids that the CRM gave",
        ),
    ],
)
def test_what_cannot_work_is_named_where_it_stands(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in OWN
    found = said(tmp_path, OWN.replace(old, new))
    assert [
        each
        for each in found
        if expected in each.replace("crm.own.requests.contact.", "…").replace("crm.own", "own")
    ], found


def test_requests_that_wait_for_each_other_are_named(tmp_path: Path) -> None:
    text = OWN.replace('"{person.email}"', '"{crm.deal}"') + "    deal:\n      on: [assigned]\n"
    text += "      path: /d/{crm.contact}\n      keep: {name: deal, id: /id}\n"
    assert (
        len([each for each in said(tmp_path, text) if "waits for an id that another request brings" in each])
        == 2
    )


def test_what_brings_an_id_goes_before_what_names_it(tmp_path: Path) -> None:
    said(tmp_path, READY)
    requests = load_folder(tmp_path / "rulebook").crm["rd_station"].requests
    assert in_order(requests)[:2] == ["contact", "lost"]
    assert in_order(dict(reversed(requests.items()))) == in_order(requests)


def test_what_the_docs_show_passes_the_check(tmp_path: Path) -> None:
    text = (EXAMPLE.parent / "docs" / "crm.md").read_text("utf-8")
    shown = [dedent(each) for each in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    whole = [each for each in shown if each.startswith(("hubspot:", "salesforce:", "rd_station:", "own:"))]
    assert len(whole) == 4
    found = said(tmp_path, "".join(whole))
    assert [each for each in found if "names owners by `crm_id`" not in each] == []


@pytest.mark.parametrize("name", ["hubspot", "salesforce"])
def test_what_the_docs_show_of_erasures_passes_the_check(tmp_path: Path, name: str) -> None:
    text = (EXAMPLE.parent / "docs" / "crm.md").read_text("utf-8")
    [request] = re.findall(rf"```yaml\n# of {name}:\n(.*?)```", text, re.DOTALL)
    template = f"  template: {name}\n"
    assert template in READY
    assert said(tmp_path, READY.replace(template, template + request)) == []
