# ruff: noqa: E501 - one case a line, however long
"""Bodies become fields, or the caller hears what to send instead."""

import contextlib
import encodings
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.domain.bodies import decode
from intake.domain.form_body import decode_form
from intake.domain.refusals import Refusal

JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"
SHARED = Path(__file__).resolve().parents[3] / "../shared"


def multipart(*parts: tuple[str, bytes]) -> tuple[bytes, bytes]:
    body = b"".join(
        b"--limit\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + data + b"\r\n"
        for head, data in parts
    )
    return b"multipart/form-data; boundary=limit", body + b"--limit--\r\n"


READABLE = [
    ("an object", JSON, b'{"email":"ana@example.com","n":1}', {"email": "ana@example.com", "n": 1}),
    ("an object with a byte order mark", JSON, b'\xef\xbb\xbf{"a":"b"}', {"a": "b"}),
    ("a vendor's JSON type", b"application/vnd.forms+json", b'{"a":{"b":[1,2]}}', {"a": {"b": [1, 2]}}),
    ("JSON that says utf-8", b"application/json; charset=UTF-8", '{"n":"Íñigo 🌸"}'.encode(), {"n": "Íñigo 🌸"}),
    ("an emoji in escapes", JSON, rb'{"n":"Ana \ud83c\udf38"}', {"n": "Ana 🌸"}),
    ("an id beyond 64 bits keeps its digits", JSON, b'{"id":123456789012345678901}', {"id": "123456789012345678901"}),
    ("an id within 64 bits is a number", JSON, b'{"id":1234567890123456789}', {"id": 1234567890123456789}),
    ("a form without charset is UTF-8", FORM, b"name=Jos%C3%A9", {"name": "José"}),
    ("a form's emoji", FORM, b"name=Ana+%F0%9F%8C%B8", {"name": "Ana 🌸"}),
    (
        "the charset of the header",
        FORM + b"; charset=ISO-8859-1",
        b"name=Jos%E9+Mu%F1oz",
        {"name": "José Muñoz"},
    ),
    (
        "the charset of _charset_",
        FORM,
        b"charset=ISO-8859-1&name=Jos%E9&_charset_=windows-1252",
        {"charset": "ISO-8859-1", "name": "José", "_charset_": "windows-1252"},
    ),
    ("a charset far away", FORM + b"; charset=shift_jis", b"name=%93%FA%96%7B", {"name": "日本"}),
    ("repeated names are a list", FORM, b"x=CRM&x=Support&x=Ads", {"x": ["CRM", "Support", "Ads"]}),
    ("%2B is a plus, + is a space", FORM, b"email=bob%2Bdemo%40example.com&c=R%26D+SA", {"email": "bob+demo@example.com", "c": "R&D SA"}),
    ("blank values stay", FORM, b"email=ana%40example.com&phone=", {"email": "ana@example.com", "phone": ""}),
    ("multipart text parts", *multipart(('name="email"', b"ana@example.com"), ('name="n"', "José".encode())), {"email": "ana@example.com", "n": "José"}),
    ("a multipart body in its _charset_", *multipart(('name="n"', b"Jos\xe9"), ('name="_charset_"', b"windows-1252")), {"n": "José", "_charset_": "windows-1252"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content_type", "body", "fields"), [row[1:] for row in READABLE], ids=[row[0] for row in READABLE]
)
def test_a_body_is_read(content_type: bytes, body: bytes, fields: dict[str, Any]) -> None:
    assert decode(content_type, body).fields == fields


REFUSED = [
    ("broken JSON", JSON, b'{"a":', 400, "line 1 column"),
    ("an empty body", JSON, b"", 400, "empty"),
    ("text behind the object", JSON, b'{"a":1}x', 400, "not valid JSON"),
    ("JSON that is not UTF-8", JSON, b'{"a":"\xe9"}', 400, "UTF-8"),
    ("NaN", JSON, b'{"a":NaN}', 400, "NaN"),
    ("a number beyond a double", JSON, b'{"a":1e999}', 422, "as text"),
    ("a list", JSON, b"[1]", 422, "not an object"),
    ("null", JSON, b"null", 422, "not an object"),
    ("half a surrogate pair", JSON, rb'{"name":"\ud83c"}', 422, "'name'"),
    ("half a pair in a name", JSON, rb'{"\ud83c":"x"}', 422, "surrogate"),
    ("NUL in a value", JSON, rb'{"a":{"b":"x\u0000"}}', 422, "'a.b'"),
    ("NUL in a form", FORM, b"name=x%00y", 422, "'name'"),
    ("33 levels", JSON, b'{"a":' * 33 + b"1" + b"}" * 33, 422, "32 levels"),
    ("10,000 levels", JSON, b"[" * 10_000 + b"]" * 10_000, 422, "32 levels"),
    ("JSON under another charset", b"application/json; charset=iso-8859-1", b"{}", 415, "UTF-8"),
    ("a form that is not UTF-8", FORM, b"name=Jos%E9", 400, "'name'"),
    ("UTF-8 under a Latin label", FORM + b"; charset=iso-8859-1", b"name=Jos%C3%A9", 400, "charset=utf-8"),
    ("no such charset", FORM + b"; charset=klingon", b"a=b", 415, "klingon"),
    ("a codec that is no charset", FORM + b"; charset=rot13", b"a=b", 415, "rot13"),
    ("_charset_ naming nothing", FORM, b"a=b&_charset_=nothing", 415, "nothing"),
    ("501 fields", FORM, b"&".join(b"f=%d" % n for n in range(501)), 422, "500"),
    ("no boundary", b"multipart/form-data", b"--x--", 400, "boundary"),
    ("a boundary that never comes", b"multipart/form-data; boundary=x", b"hello", 400, "multipart"),
    ("multipart cut off", b"multipart/form-data; boundary=limit", multipart(('name="a"', b"b"))[1][:-12], 400, "ends early"),
    ("a part without a name", *multipart(("x=1", b"b")), 400, "no name"),
    ("plain text", b"text/plain", b"a=b", 415, "application/json"),
    ("no content type", b"", b"{}", 415, "missing"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content_type", "body", "status", "says"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_a_body_is_refused_with_what_to_send_instead(
    content_type: bytes, body: bytes, status: int, says: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        decode(content_type, body)
    assert refusal.value.status == status
    assert says in refusal.value.detail


def test_thirty_two_levels_are_taken() -> None:
    assert decode(JSON, b'{"a":' * 32 + b"1" + b"}" * 32).fields


def test_charsets_made_up_one_after_the_other_are_not_remembered() -> None:
    known = vars(encodings)["_cache"]
    for number in range(50):
        for label in (f"x-made-up-{number}", f"latin{'-' * number}2"):
            with contextlib.suppress(Refusal):
                decode_form(b"a=b", label)
    assert not [name for name in known if "made_up" in name or "latin--" in name]


def test_a_file_is_left_out_and_told_about() -> None:
    content_type, body = multipart(
        ('name="email"', b"ana@example.com"), ('name="cv"; filename="cv.pdf"', b"\x00\xff\x00")
    )
    decoded = decode(content_type, body)
    assert decoded.fields == {"email": "ana@example.com"}
    assert decoded.flags == ("file_ignored",)


def test_a_file_input_left_empty_is_no_file() -> None:
    assert decode(*multipart(('name="cv"; filename=""', b""))).flags == ()


@given(
    st.dictionaries(
        st.text(), st.recursive(st.text() | st.booleans() | st.none() | st.integers(), st.lists, max_leaves=5)
    )
)
def test_any_json_object_is_read_back_or_refused(value: dict[str, Any]) -> None:
    try:
        fields = decode(JSON, json.dumps(value).encode()).fields
    except Refusal as refusal:
        assert refusal.status == 422  # noqa: PT017 - either outcome is right
        return
    assert fields == json.loads(json.dumps(value), parse_int=lambda digits: _as_kept(int(digits)))


def _as_kept(number: int) -> int | str:
    return number if -(2**63) <= number < 2**64 else str(number)


@given(
    st.sampled_from([JSON, FORM, FORM + b"; charset=windows-1252", FORM + b"; charset=utf-16", b"multipart/form-data; boundary=limit"])
    | st.binary(max_size=40),
    st.binary(max_size=300) | st.binary(max_size=100).map(lambda data: multipart(('name="a"', data))[1]),
)  # fmt: skip
def test_no_bytes_do_worse_than_a_refusal(content_type: bytes, body: bytes) -> None:
    try:
        decoded = decode(content_type, body)
    except Refusal as refusal:
        assert 400 <= refusal.status < 500  # noqa: PT017 - either outcome is right
        json.dumps(refusal.detail + str(refusal.field)).encode()
    else:
        json.dumps(decoded.fields, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("form_latin1.form", "name", "José Muñoz"),
        ("salesforce_web_to_lead.form", "email", "jose+web@example.com"),
        ("salesforce_web_to_lead.form", "00N000000000001", ["CRM", "Support"]),
        ("salesforce_web_to_lead.form", "company", "R&D S.A."),
    ],
)
def test_a_form_as_people_have_it_is_read(name: str, field: str, value: object) -> None:
    path = SHARED / "lead-files" / name
    if not path.exists():
        pytest.skip("the collection of lead files is not next to this repository")
    assert decode(FORM, path.read_bytes().strip()).fields[field] == value
