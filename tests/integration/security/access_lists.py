"""Kafka's access lists on a broker of the tests: granted by its own protocol, and what it says of them."""

import re
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from baton_dev.kafka_rights import Right

DENYING = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "false",
    "super.users": "User:ANONYMOUS",  # the broker itself and the tests, on a listener without login
}
TELLING = {"kafka.authorizer.logger": "debug"}
_KINDS = {"topic": 2, "group": 3}
_LITERAL, _PREFIXED = 3, 4
_OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Alter": 7, "AlterConfigs": 11}
_ALLOW = 3
_SAID = re.compile(
    r"Principal = User:(?P<login>\S+) is (?P<answer>Allowed|Denied) operation = (?P<operation>\w+) "
    r"from host = \S+ on resource = (?P<kind>\w+):LITERAL:(?P<name>\S+) for request = (?P<request>\w+)"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the broker to its authorizer."""

    login: str
    operation: str
    kind: str
    name: str
    request: str


def grant(bootstrap: str, login: str, granted: Iterable[Right]) -> None:
    """Give a login these rights, from anywhere: the request CreateAcls, version 1."""
    host, _, port = bootstrap.partition(":")
    rules = [_rule(login, right, each) for right in granted for each in right.operations]
    body = struct.pack(">hhihi", 30, 1, 1, -1, len(rules)) + b"".join(rules)
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(struct.pack(">i", len(body)) + body)
        size = struct.unpack(">i", _exactly(connection, 4))[0]
        answer = _exactly(connection, size)
    count = struct.unpack(">i", answer[8:12])[0]
    assert (count, answer[12:]) == (len(rules), bytes(4 * count)), "a code and a text for each, both nothing"


def _rule(login: str, right: Right, operation: str) -> bytes:
    texts = [right.name, f"User:{login}", "*"]
    name, principal, host = (struct.pack(">h", len(each)) + each.encode() for each in texts)
    pattern = _PREFIXED if right.is_prefix else _LITERAL
    start = struct.pack(">b", _KINDS[right.kind]) + name + struct.pack(">b", pattern)
    return start + principal + host + struct.pack(">bb", _OPERATIONS[operation], _ALLOW)


def _exactly(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = connection.recv(size - len(found))
        assert piece, "the broker closed the connection"
        found += piece
    return found


def asked(log: Path) -> tuple[set[Asked], set[Asked]]:
    """What was allowed, and what was denied."""
    answers: dict[str, set[Asked]] = {"Allowed": set(), "Denied": set()}
    for line in _SAID.finditer(log.read_text(errors="replace")):
        one = Asked(*(line[each] for each in ("login", "operation", "kind", "name", "request")))
        answers[line["answer"]].add(one)
    return answers["Allowed"], answers["Denied"]
