"""Three hard days, each from the first post to the last lead, by HTTP and the `baton` command only."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from baton_dev.waiting import wait_until
from tests.e2e.days_company import Company, finished
from tests.e2e.days_fair import PEOPLE, REFUSED, ROWS, SAME_PERSON, SAME_ROW, contacts
from tests.e2e.days_posting import Sent, post_all
from tests.e2e.days_receivers import Told, receivers
from tests.e2e.days_tools import TOOLS, Sending
from tests.e2e.days_wave import HONEST, UNMARKED, wave
from tests.e2e.installation import Installation

pytestmark = [pytest.mark.stack, pytest.mark.long]

WAVE_SECONDS = 120.0
"""So long scoring may take over the longest wave."""
USUALLY = 25
"""Submissions before the rename: enough to know that the field is usually filled."""
TOLD_OF = {
    "website-es": ("field_renamed", "email seems to have been renamed to correo", "correo"),
    "quote-webhook": ("field_renamed", "email seems to have been renamed to work_email", "work_email"),
    "survey": ("field_renamed", "email seems to have been renamed to your_mail", "your_mail"),
}
"""What the operator is told of each tool: kind of alert, its words, and what `baton form health` shows."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with receivers() as told:
        running = Company(tmp_path_factory.mktemp("days"), told)
        running.stack.start()
        try:
            yield running
        finally:
            running.stack.stop()


@pytest.fixture
def told(company: Company) -> Told:
    return company.told


@pytest.fixture
def baton(company: Company) -> Iterator[Installation]:
    installation = Installation(company.stack)
    yield installation
    installation.close()


# Friday, 18:10


def test_the_field_renamed_on_friday_evening_in_three_tools_costs_no_lead(
    company: Company, baton: Installation, told: Told
) -> None:
    before = [
        _send(baton, form, tool(n, renamed=False)) for n in range(USUALLY) for form, tool in TOOLS.items()
    ]
    assert Counter(baton.submission(each)["state"] for each in before) == {"opened": len(before)}

    began = datetime.now(UTC)
    caught = _renamed(baton, range(100, 103))
    for submission in caught:
        found = baton.submission(submission)
        assert (found["state"], found["reason"]) == ("quarantined", "field_missing"), found
    for form in TOOLS:
        alert = baton.eventually(lambda: told.webhooks(form), bool, f"an alert about {form}")[0]  # noqa: B023
        kind, subject, shown = TOLD_OF[form]
        assert (alert["data"]["alert"], alert["data"]["field"]) == (kind, "email")
        assert datetime.fromisoformat(alert["timestamp"]) - began < timedelta(minutes=30)
        letters = baton.eventually(lambda: told.subjects(form), bool, "an e-mail as well")  # noqa: B023
        assert [each.strip() for each in letters] == [f"[Baton] {subject} on form {form}"]
        health = company.baton("form", "health", form, exit_code=1)
        assert subject in health
        assert f"baton replay submissions --form {form}" in health
        assert shown in health
    assert "well" in company.baton("form", "health", exit_code=1)

    _mend(company)
    caught += _renamed(baton, range(103, 106))  # the old mapping holds for another half a minute
    replayed = _replays(company, began)
    caught += (late := _renamed(baton, range(106, 108)))
    assert replayed == {"changed": len(caught) - len(late)}

    leads = [lead for each in caught for lead in baton.leads_of(each)]
    assert len(set(leads)) == len(leads) == len(caught)
    for submission in before:
        assert baton.leads_of(submission)[0] not in leads
    _have_a_rep_or_a_reason(baton, leads)
    assert _replays(company, began) == {"same": len(caught)}
    assert _of_one_submission(baton, leads) == leads
    assert company.json("quarantine", "list")["quarantine"] == []
    for form in TOOLS:
        baton.eventually(lambda: told.webhooks(form, "closed"), bool, f"the end of it on {form}")  # noqa: B023
    company.baton("form", "health")
    _adds_up(baton)


def _send(baton: Installation, form: str, sending: Sending) -> UUID:
    headers = sending.headers | {"Content-Type": sending.content_type}
    answer = httpx.post(
        baton.form_url(form), content=sending.body, headers=headers, timeout=20, trust_env=False
    )
    assert answer.status_code == 202, (form, answer.text)
    return UUID(answer.json()["submission_id"])


def _renamed(baton: Installation, numbers: range) -> list[UUID]:
    return [_send(baton, form, tool(n, renamed=True)) for n in numbers for form, tool in TOOLS.items()]


def _mend(company: Company) -> None:
    company.edit("website-es", "email: {from: [email]}", "email: {from: [email, correo]}")
    company.edit("quote-webhook", "email: {from: [email]}", "email: {from: [email, work_email]}")
    company.edit(
        "survey",
        "required: [email]",
        "fields:\n  email: ['form_response.answers[type=email].email', your_mail]\nrequired: [email]",
    )
    company.baton("check", str(company.folder))
    assert "takes effect" in company.baton("rulebook", "publish", str(company.folder))


def _replays(company: Company, since: datetime) -> Counter[str]:
    """Replay all three tools at the same time: what was found of how many submissions."""
    words = ("replay", "submissions", "--since", since.isoformat(), "--why", "renamed", "--json")
    found = Counter[str]()
    for replay in [company.start(*words, "--form", form) for form in TOOLS]:
        found.update(json.loads(finished(replay))["counts"])
    return found


def _of_one_submission(baton: Installation, leads: list[UUID]) -> list[UUID]:
    """Those of the leads that are open, each by one submission."""
    found = {lead: baton.ask("scoring", f"/v1/leads/{lead}") for lead in leads}
    return [lead for lead, each in found.items() if (each["state"], each["submissions"]) == ("open", 1)]


# The trade fair, 08:00


@pytest.mark.parametrize(
    ("pool", "country", "words", "places"),
    [
        ("spain", "ES", ["--mode", "now"], {6 * (20 - 4), 6 * (20 - 4) - 1}),
        ("italy", "IT", ["--mode", "paced", "--per-rep-daily", "5"], {6 * 5}),
    ],
)
def test_a_web_lead_does_not_wait_behind_800_contacts_of_a_trade_fair(
    company: Company,
    baton: Installation,
    tmp_path: Path,
    pool: str,
    country: str,
    words: list[str],
    places: set[int],
) -> None:
    file = contacts(tmp_path / f"fair-{country}.csv", country)
    order = ["import", str(file), "--form", "fair", "--yes", *words]
    importing = company.start(*order)
    baton.eventually(lambda: _waiting(baton, pool), bool, "contacts that wait")
    early = _asks_at_once(baton, country, 1)
    finished(importing)
    imported = baton.eventually(
        lambda: _newest_import(baton),
        lambda found: found["state"] == "finished" and not found["on_the_way"],
        "every row",
    )
    assert (imported["rows"], imported["refused"], imported["published"]) == (ROWS, REFUSED, ROWS - REFUSED)
    assert imported["rows_by_state"] == {"opened": PEOPLE, "joined": SAME_PERSON}
    assert imported["repeated"] == SAME_ROW

    total = PEOPLE + len(early)
    baton.eventually(
        lambda: _load(baton, pool) + len(_waiting(baton, pool)), lambda known: known == total, "every contact"
    )
    # where everything is routed now, the buyer on the website may have taken one of their places
    placed = baton.eventually(lambda: PEOPLE - len(_waiting(baton, pool)), places.__contains__, "their reps")
    _asks_at_once(baton, country, 8)
    waiting = _waiting(baton, pool)
    assert {each["hold_reason"] for each in waiting} == {"paced"}
    assert PEOPLE - len(waiting) in places
    assert placed <= PEOPLE - len(waiting), "nobody lost their rep to a later buyer"
    assert _load(baton, pool) + len(waiting) == total + 8
    assert max(_loads(baton, pool).values()) <= 20

    known = _known(baton)
    assert "sent before" in company.start(*order).communicate(timeout=60)[1]
    other = company.baton("import", str(file), "--form", "fair", "--yes", "--mode", "nurture")
    assert f"repeated {ROWS - REFUSED}" in " ".join(other.split())
    assert _known(baton) == known
    _adds_up(baton)


def _asks_at_once(baton: Installation, country: str, count: int) -> list[UUID]:
    """So many people ask by themselves on the website: each has a rep, without ever having been held."""
    posted = [
        baton.post(
            "demo",
            {"email": f"asks{n}.{count}@{country.lower()}.example.com", "company": "Ask", "country": country},
        )
        for n in range(count)
    ]
    leads = [lead for each in posted for lead in baton.leads_of(each)]
    for lead in leads:
        assert baton.assigned(lead)["round"] == 1
        kinds = [each["kind"] for each in baton.ask("router", f"/v1/leads/{lead}/decisions")["decisions"]]
        assert kinds == ["assigned"]
    return leads


def _waiting(baton: Installation, pool: str) -> list[dict[str, Any]]:
    held = baton.ask("router", "/v1/held?limit=1000")["held"]
    return [each for each in held if each["pool_id"] == pool]


def _loads(baton: Installation, team: str) -> dict[str, int]:
    return {
        each["id"]: each["open"] for each in baton.ask("router", "/v1/reps")["reps"] if each["team"] == team
    }


def _load(baton: Installation, team: str) -> int:
    return sum(_loads(baton, team).values())


def _newest_import(baton: Installation) -> dict[str, Any]:
    newest = baton.ask("scoring", "/v1/imports?limit=1")["imports"][0]
    return dict(baton.ask("scoring", f"/v1/imports/{newest['import_id']}"))


# The spam wave


@pytest.mark.parametrize(
    ("form", "suspects"), [("offer", 2_000), pytest.param("tender", 20_000, marks=pytest.mark.long)]
)
def test_a_spam_wave_disturbs_no_rep_and_its_honest_leads_are_released(
    company: Company, baton: Installation, told: Told, form: str, suspects: int
) -> None:
    known = _known(baton)
    url = baton.form_url(form)
    begins, goes_on = wave(form, suspects)
    sent = post_all(url, begins) + post_all(url, goes_on)
    assert Counter(each.status for each in sent) == {202: suspects + HONEST + UNMARKED}

    all_waiting = suspects + UNMARKED + HONEST - 1
    wait_until(lambda: _quarantined(baton, form) == all_waiting, WAVE_SECONDS, "the whole wave")
    assert _quarantined(baton, form, "&reason=spam_wave") == UNMARKED + HONEST - 1
    buyers = [each for each in sent if _is_honest(each)]
    (early,) = [each for each in buyers if baton.submission(_id(each))["state"] == "opened"]
    baton.assigned(baton.leads_of(_id(early))[0])
    assert _known(baton) == known + 1, "reps have heard of the buyer from before the wave, and of nobody else"
    (alert,) = baton.eventually(lambda: told.webhooks(form), bool, "an alert about the wave")
    assert alert["data"]["alert"] == "spam_wave"
    assert "a spam wave" in company.baton("form", "health", form, exit_code=1)

    refused = company.json("quarantine", "refuse", "--form", form, "--text", "casino", "--yes")
    assert refused["done"] == UNMARKED
    caught = ["--form", form, "--reason", "spam_wave"]
    listed = company.json("quarantine", "list", *caught, exit_code=1)
    assert len(listed["quarantine"]) == HONEST - 1
    before_release = datetime.now(UTC)
    released = company.json("quarantine", "release", *caught, "--yes")
    assert released["done"] == HONEST - 1
    leads = {_id(each): baton.leads_of(_id(each)) for each in buyers}
    assert len({lead for found in leads.values() for lead in found}) == HONEST
    for submission, (lead,) in leads.items():
        _have_a_rep_or_a_reason(baton, [lead])
        timers = baton.eventually(lambda: baton.timers(lead), bool, "promises")  # noqa: B023
        opened = [datetime.fromisoformat(each["opened_at"]) >= before_release for each in timers]
        assert set(opened) == {submission != _id(early)}, "the promise to who was released starts then"
    rest = company.json("quarantine", "refuse", "--form", form, "--yes", "--why", "the wave")
    assert rest["done"] == suspects
    assert _quarantined(baton, form) == 0
    assert _known(baton) == known + HONEST
    _adds_up(baton)


def _known(baton: Installation) -> int:
    return int(baton.ask("router", "/v1/conservation")["leads_known"])


def _quarantined(baton: Installation, form: str, more: str = "") -> int:
    return int(baton.ask("scoring", f"/v1/quarantine?form={form}&limit=1{more}")["matching"])


def _is_honest(each: Sent) -> bool:
    return str(each.fields["email"]).startswith("ines")


def _id(each: Sent) -> UUID:
    assert each.submission is not None
    return each.submission


# Of all days


def _have_a_rep_or_a_reason(baton: Installation, leads: list[UUID]) -> None:
    for lead in leads:
        found = baton.routed(lead)
        if found["state"] == "held":
            assert found["hold_reason"], found
        else:
            assert found["state"] == "assigned", found
            assert len([each for each in found["assignments"] if each["ended_at"] is None]) == 1


def _adds_up(baton: Installation) -> None:
    baton.eventually(baton.unaccounted, lambda count: count == 0, "conservation")
