"""Who may talk to whom: the rules by which NetworkPolicies are read, applied to those of an overlay."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from baton_dev.kubernetes.manifests import Manifest, of_kind, templates

OURS = "baton"
NAME = "app.kubernetes.io/name"


@dataclass(frozen=True)
class End:
    """One side of a connection: a pod with its labels and namespace, or an address outside of the cluster."""

    address: str
    namespace: str | None = None
    labels: dict[str, str] = field(default_factory=dict)


def pod(name: str, manifests: list[Manifest]) -> End:
    """A pod of the overlay, by the name it is labelled with."""
    labels = next(each.labels for each in templates(manifests) if each.labels[NAME] == name)
    return End("10.244.0.9", OURS, labels)


def elsewhere(namespace: str, **labels: str) -> End:
    """A pod in another namespace; `_` in a label's name stands for a dash."""
    return End("10.244.1.9", namespace, {name.replace("_", "-"): value for name, value in labels.items()})


def is_open(manifests: list[Manifest], source: End, target: End, port: int, protocol: str = "TCP") -> bool:
    """Whether both sides let a connection pass: nobody forbids what no policy speaks of."""
    policies = [each["spec"] for each in of_kind(manifests, "NetworkPolicy").values()]
    leaves = _passes(_about(source, policies, "Egress"), "egress", "to", target, port, protocol)
    enters = _passes(_about(target, policies, "Ingress"), "ingress", "from", source, port, protocol)
    return leaves and enters


def _about(end: End, policies: Iterable[dict[str, Any]], direction: str) -> list[dict[str, Any]]:
    """The policies that choose this pod and speak of this direction."""
    if end.namespace != OURS:
        return []
    return [
        each
        for each in policies
        if direction in each["policyTypes"] and _chosen(each["podSelector"], end.labels)
    ]


def _passes(
    policies: list[dict[str, Any]], rules: str, peers: str, other: End, port: int, protocol: str
) -> bool:
    if not policies:
        return True
    return any(
        (peers not in rule or any(_is_peer(peer, other) for peer in rule[peers]))
        and ("ports" not in rule or (protocol, port) in set(_ports(rule["ports"])))
        for policy in policies
        for rule in policy.get(rules, [])
    )


def _ports(ports: list[dict[str, Any]]) -> Iterator[tuple[str, int]]:
    for each in ports:
        for number in range(each["port"], each.get("endPort", each["port"]) + 1):
            yield each.get("protocol", "TCP"), number


def _is_peer(peer: dict[str, Any], other: End) -> bool:
    if "ipBlock" in peer:
        block, address = peer["ipBlock"], ip_address(other.address)
        return address in ip_network(block["cidr"]) and not any(
            address in ip_network(each) for each in block.get("except", [])
        )
    if other.namespace is None:
        return False
    named = {"kubernetes.io/metadata.name": other.namespace}
    is_there = (
        _chosen(peer["namespaceSelector"], named) if "namespaceSelector" in peer else other.namespace == OURS
    )
    return is_there and _chosen(peer.get("podSelector", {}), other.labels)


def _chosen(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    return wanted and all(
        _expressed(each["operator"], labels.get(each["key"]), each.get("values", []))
        for each in selector.get("matchExpressions", [])
    )


def _expressed(operator: str, value: str | None, values: list[str]) -> bool:
    answers = {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }
    return answers[operator]
