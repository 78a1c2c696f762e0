"""Which leads a vendor's notice names."""

import json
from pathlib import Path
from typing import Any

import pytest

from intake.domain.bodies import decode
from intake.notices.reading import NoNotice, read_notice

PAYLOADS = Path(__file__).resolve().parents[3] / "../shared/payloads"


def payload(name: str) -> Any:
    file = PAYLOADS / name
    if not file.is_file():
        pytest.skip("the collection of payloads (../shared/payloads) is not next to this repository")
    return json.loads(file.read_text("utf-8"))


def test_metas_notice_names_several_leads_each_once() -> None:
    change = {"field": "leadgen", "value": {"leadgen_id": 7, "created_time": 1440120384}}
    deleted = {"field": "leadgen_update", "value": {"leadgen_id": 8}}
    found = read_notice("meta", {"entry": [{"changes": [change, change]}, {"changes": [deleted]}]})
    assert ([lead.vendor_lead_id for lead in found.leads], found.ignored) == (["7"], 1)


def test_notices_as_the_vendors_show_them_are_read() -> None:
    found = read_notice("meta", payload("meta_leadgen_webhook.json"))
    assert [lead.vendor_lead_id for lead in found.leads] == ["123123123123", "123123123124"]
    (lead,) = read_notice("linkedin", payload("linkedin_lead_notification.json")).leads
    assert (lead.vendor_lead_id, lead.claimed) == ("1a2b3c-4", 1686182358881)


@pytest.mark.parametrize("api", ["meta", "linkedin"])
def test_what_is_no_notice_is_told_what_one_looks_like(api: str) -> None:
    with pytest.raises(NoNotice, match="send"):
        read_notice(api, {"email": "ana@example.com"})


def test_jotforms_multipart_body_says_the_same_as_its_json() -> None:
    expected = payload("jotform_submission.json")
    body = (PAYLOADS / "jotform_submission.multipart").read_bytes()
    boundary = body.split(b"\r\n", 1)[0].removeprefix(b"--")
    assert decode(b"multipart/form-data; boundary=" + boundary, body).fields == expected
