"""The commands that documents print run as printed, one after the other, on a running installation."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from baton_dev.stack import Stack
from baton_dev.waiting import wait_until
from rulebook.demo_hours import with_demo_hours
from rulebook.loader import load_folder
from tests.contract.documents import ROOT, Example, examples, lines_of

REP = "nuria-pascual"
SECONDS = 30
LISTS = "exit code 1 is how a list says that there is something on it"

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(shutil.which("curl") is None, reason="the documents show requests by curl"),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The example company, with offices that never close and minutes that are minutes."""
    company = load_folder(ROOT / "rulebook").model_dump(mode="json", by_alias=True)
    company["calendars"] = with_demo_hours(company)["calendars"]
    stack = Stack(tmp_path_factory.mktemp("stack"), company, fsync=False)
    stack.start()
    yield stack
    stack.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a reader stands: a clone with its rulebook and what is installed."""
    clone = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "rulebook", clone / "rulebook")
    (clone / ".venv").symlink_to(Path(sys.prefix))
    (clone / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
    return clone


@pytest.fixture
def shell(running: Stack, folder: Path) -> Callable[[str, str], str]:
    """Runs one line as a reader would; what it printed. An answer that refuses is an error."""
    home = running.home / "stack.json"
    (folder / ".baton").mkdir(exist_ok=True)
    shutil.copy(home, folder / ".baton" / "stack.json")
    at = running.description
    known = {
        "PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}",
        "BATON_STACK": str(home),
        "CURL_HOME": str(folder),
        "ROUTER": at["router"],
        "TOKEN": at["reps"][REP]["token"],
    }

    def run(line: str, lead: str) -> str:
        environment = {**os.environ, **known, "LEAD": lead}
        done = subprocess.run(
            ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
        )
        is_well = done.returncode == 0 or (done.returncode == 1 and not done.stderr)
        assert is_well, f"{line}\n{done.stdout}{done.stderr}\n({LISTS})"
        return done.stdout

    return run


def a_lead_of(running: Stack, shell: Callable[[str, str], str], rep: str) -> str:
    """A new lead from the website, offered to a rep, known to every service."""
    at = running.description
    url = f"{at['intake']}/v1/forms/{at['forms']['demo-request']['key']}/submissions"
    person = {
        "email": f"{uuid.uuid4().hex}@example.org",
        "country": "ES",
        "language": "es",
        "job_title": "CTO",
    }
    posted = httpx.post(url, json={**person, "company": "Norte", "message": "call me"}).json()[
        "submission_id"
    ]
    (lead,) = _eventually(running, "scoring", f"/v1/submissions/{posted}", lambda found: found["lead_ids"])
    _eventually(running, "router", f"/v1/leads/{lead}", lambda found: found["state"] == "assigned")
    shell(f"baton lead assign {lead} {rep} --why 'it is the example'", lead)
    _eventually(running, "sla_monitor", f"/v1/leads/{lead}/timers", lambda found: found["timers"])
    return str(lead)


def _eventually(running: Stack, service: str, path: str, holds: Callable[[Any], Any]) -> Any:
    """What `holds` finds in the answer of a service, once it finds something."""
    headers = {"Authorization": f"Bearer {running.description['operator_token']}"}
    found: list[Any] = []

    def told() -> bool:
        answer = httpx.get(f"{running.description[service]}{path}", headers=headers)
        found.append(holds(answer.json()) if answer.is_success else None)
        return bool(found[-1])

    wait_until(told, SECONDS, f"{path} of {service}")
    return found[-1]


def blocks(name: str, *languages: str) -> list[Example]:
    return [each for each in examples(*languages) if each.file == ROOT / name]


@pytest.mark.parametrize(
    "document", ["docs/sales.md", "docs/roster.md", "docs/access.md", "docs/what-if.md"], ids=str
)
def test_the_commands_of_a_document_run_as_printed(
    document: str, running: Stack, shell: Callable[[str, str], str]
) -> None:
    found = blocks(document, "sh")
    assert found
    for block in found:
        lead = a_lead_of(running, shell, REP) if "LEAD" in block.text else ""
        for line in lines_of(block):
            shell(line, lead)


def test_the_lines_for_a_days_variables_set_them(running: Stack, shell: Callable[[str, str], str]) -> None:
    lead = a_lead_of(running, shell, REP)
    (block,) = (each for each in blocks("docs/sales.md", "sh") if each.text.startswith("ROUTER="))
    told = shell(f'unset ROUTER TOKEN LEAD; {block.text}echo "$ROUTER $TOKEN $LEAD"', "")
    router, token, first = told.split()
    assert (router, token) == (running.description["router"], running.description["reps"][REP]["token"])
    mine = json.loads(shell(f"baton rep assignments {REP} --json", ""))["assignments"]
    assert {first, lead} <= {each["lead_id"] for each in mine}


def test_what_the_first_page_shows_beside_make_run_works(
    running: Stack, shell: Callable[[str, str], str]
) -> None:
    lead = a_lead_of(running, shell, REP)
    lines = [line for block in blocks("README.md") for line in lines_of(block)]
    shown = [line for line in lines if line.startswith((".venv/bin/baton", "curl"))]
    assert len(shown) >= 6
    for line in shown:
        shell(
            line.replace("http://127.0.0.1:PORT", running.description["intake"]).replace(" LEAD", f" {lead}"),
            lead,
        )
    why = json.loads(shell(f"baton why {lead} --json", lead))
    assert why["lead"]["id"] == lead
