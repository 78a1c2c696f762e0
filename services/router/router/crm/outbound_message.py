"""Salesforce outbound messages: SOAP read as JSON, and the acknowledgement without which they come again.

A message holds up to 100 notifications, each with an id of its own and an sObject's fields (Salesforce, SOAP
API Developer Guide, "Outbound Messaging"). As JSON: {"OrganizationId": ..., "events": [{"event_id": ...}]},
the sObject's fields beside the id.
"""

import xml.etree.ElementTree as ET
from typing import Any

from router.crm.heard import Unreadable

ACKNOWLEDGED = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    "</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)


def read_message(body: bytes) -> dict[str, Any]:
    """The message as JSON. Raises Unreadable. A document type, by which XML is made to grow or to read files,
    is refused before anything is parsed, and so is all that is not UTF-8: in UTF-16 it would not be seen."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("it is not in UTF-8: send the outbound message as Salesforce does") from error
    if "<!" in text:
        raise Unreadable(
            "it holds a document type or a comment: send the outbound message as Salesforce does"
        )
    try:
        root = ET.fromstring(text)  # noqa: S314 - without a document type there are no entities
    except (ET.ParseError, ValueError) as error:
        raise Unreadable(f"it is no XML: {error}") from error
    return {
        "OrganizationId": root.findtext(".//{*}OrganizationId"),
        "events": [_notification(each) for each in root.iter() if _name(each) == "Notification"],
    }


def _notification(notification: ET.Element) -> dict[str, Any]:
    thing = next((each for each in notification if _name(each) == "sObject"), None)
    fields = (
        {_name(field): (field.text or "").strip() or None for field in thing} if thing is not None else {}
    )
    return {**fields, "event_id": next((each.text for each in notification if _name(each) == "Id"), None)}


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
