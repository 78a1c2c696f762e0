"""From a request of crm.yaml and its values to the call that is sent. Pure."""

from collections.abc import Mapping
from typing import Any

import orjson

from delivery.crm_auth import Auth
from delivery.crm_exchange import Call
from rulebook.crm_text import fill_body, fill_headers, fill_path, placeholders
from rulebook.models import CrmAuth, CrmCall, CrmConnection


def call_of(connection: CrmConnection, call: CrmCall, values: Mapping[str, Any]) -> Call:
    """The call without what shows who asks. Raises NoValue when the address needs what the lead has not."""
    headers = fill_headers({**connection.headers, **call.headers}, values)
    body = None
    if call.body is not None:
        headers = {"Content-Type": "application/json", **headers}
        body = orjson.dumps(fill_body(call.body, values))
    return Call(call.method, connection.url.rstrip("/") + fill_path(call.path, values), headers, body)


def auth_of(auth: CrmAuth) -> Auth:
    """The same, as the carrier knows it."""
    return Auth(
        auth.kind,
        auth.secret,
        header=auth.header or "",
        token_url=auth.token_url or "",
        client_id=auth.client_id or "",
        refresh_token=auth.refresh_token,
    )


def names_owner(call: CrmCall) -> bool:
    """Whether a call says whose the lead is."""
    return any(each.name in ("rep.crm_id", "rep.email") for each in placeholders(call.body))
