"""`python -m baton_dev.kubernetes.rules`: the Prometheus rules as the operator's kind.

Reads deploy/prometheus/rules/*.yml, in order of their names, and writes the PrometheusRules of deploy/k8s.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
RULES = ROOT / "deploy" / "prometheus" / "rules"
WRITTEN = ROOT / "deploy" / "k8s" / "components" / "monitoring" / "prometheus-rules.yaml"
HEAD = "# Written by `make generate` from deploy/prometheus/rules: change it there.\n"


def groups(file: Path) -> list[dict[str, Any]]:
    """The groups of rules in a file. Raises ValueError when it holds none."""
    content = yaml.safe_load(file.read_text())
    if not isinstance(content, dict) or not content.get("groups"):
        raise ValueError(f"{file} holds no rules: it begins with `groups:`")
    found: list[dict[str, Any]] = content["groups"]
    return found


def prometheus_rules(folder: Path) -> str:
    """A PrometheusRule for each file of a folder: names of groups are unique in a file, not in the folder."""
    kinds = [
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": f"baton-{file.stem}"},
            "spec": {"groups": groups(file)},
        }
        for file in sorted(folder.glob("*.yml"))
    ]
    return HEAD + yaml.safe_dump_all(kinds, sort_keys=False, width=200, allow_unicode=True)


def main() -> int:
    """Write the file."""
    WRITTEN.write_text(prometheus_rules(RULES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
