"""Whether a folder says something that was not published yet, as `baton rulebook publish` asks it."""

from datetime import UTC, datetime
from typing import Any

from baton_cli.client import Client, items
from baton_cli.stack import Service
from rulebook.findings import RulebookInvalid
from rulebook.publication import checksum, parse, to_document
from rulebook.versions import NOTICE

Version = dict[str, Any]
PATH = "/v1/rulebooks"
MOST_LISTED = 500
MOST_READ = 20
"""So many versions at most are read whole: types that have learnt something since make other checksums."""


def same_as_newest(client: Client, document: Version, effective_from: str | None) -> Version | None:
    """The newest version, if it says the same and holds by the moment this one would; else None."""
    versions = items(client.get(Service.SCORING, PATH, limit=1), "versions")
    if not versions:
        return None
    newest: Version = versions[0]
    moment = datetime.fromisoformat(effective_from) if effective_from else datetime.now(UTC) + NOTICE
    holds = datetime.fromisoformat(newest["effective_from"]) <= moment
    return newest if holds and _first_that_says(client, [newest], document) else None


def said_since(client: Client, document: Version, publisher: str) -> Version | None:
    """Of what this publisher published last and of what anybody has since: the version that says the same,
    else None. Rollbacks do not count: they say what was said before.
    """
    versions = items(client.get(Service.SCORING, PATH, limit=MOST_LISTED), "versions")
    own = _own_last(client, publisher)
    since = [each for each in versions if own is None or each["version"] > own["version"]]
    own_words = [each for each in since if not each.get("rolled_back_to")]
    return _first_that_says(client, [*([] if own is None else [own]), *own_words], document)


def _own_last(client: Client, publisher: str) -> Version | None:
    """What a publisher published last; scoring says under which name it keeps what this token publishes."""
    answer = client.get(Service.SCORING, PATH, limit=MOST_LISTED, published_by=publisher)
    kept_under = answer.get("published_by", publisher)
    return next(
        (
            each
            for each in items(answer, "versions")
            if each["published_by"] == kept_under and not each.get("rolled_back_to")
        ),
        None,
    )


def _first_that_says(client: Client, versions: list[Version], document: Version) -> Version | None:
    wanted = checksum(document)
    for each in versions:
        if each["checksum"] == wanted:
            return each
    return next((each for each in versions[:MOST_READ] if _says(client, each, document)), None)


def _says(client: Client, version: Version, document: Version) -> bool:
    """Whether a version, as these types read it, is this document."""
    published = client.get(Service.SCORING, f"{PATH}/{version['version']}")
    try:
        return to_document(parse(published["rulebook"])) == document
    except RulebookInvalid:
        return False
