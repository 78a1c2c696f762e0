"""`python -m baton_dev.kubernetes.rulebook FOLDER`: makes a rulebook's folder a part that overlays can name.

Writes `Kustomization` into the folder: a ConfigMap with every file, and how intake and the publication job
mount it as the folder it was. Run it again when files come or go; what is in them is read at each apply.
"""

import re
import sys
from pathlib import Path

SUFFIXES = (".yaml", ".csv")
MOST_BYTES = 1_000_000
"""A ConfigMap holds 1 MiB with all that is around its values."""
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
TEXT = """\
# Written by `python -m baton_dev.kubernetes.rulebook`: run it again when a file comes or goes.
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
configMapGenerator:
  - name: rulebook
    files:
{files}patches:
  - target:
      kind: StatefulSet|Job
      labelSelector: app.kubernetes.io/name in (intake, publish-rulebook)
    patch: |
      - op: test
        path: /spec/template/spec/volumes/0/name
        value: rulebook
      - op: add
        path: /spec/template/spec/volumes/0/configMap/items
        value:
{items}"""


class RulebookUnfit(ValueError):
    """The folder cannot become a ConfigMap: do what the message says."""


def component(folder: Path) -> str:
    """The text of the folder's Kustomization. Raises RulebookUnfit."""
    files = sorted(each for each in folder.rglob("*") if each.is_file() and each.suffix in SUFFIXES)
    if not (folder / "company.yaml").is_file():
        raise RulebookUnfit(f"{folder} is no rulebook: name a folder with a company.yaml")
    size = sum(each.stat().st_size for each in files)
    if size > MOST_BYTES:
        raise RulebookUnfit(
            f"{folder} has {size:,} bytes and a ConfigMap holds {MOST_BYTES:,}: leave the rulebook out of "
            "the overlay and publish it with `baton rulebook publish`"
        )
    paths = [each.relative_to(folder).as_posix() for each in files]
    return TEXT.format(
        files="".join(f"      - {_key(path)}={path}\n" for path in paths),
        items="".join(f"          - {{key: {_key(path)}, path: {path}}}\n" for path in paths),
    )


def _key(path: str) -> str:
    """A ConfigMap has no folders, so a key carries the folder before two dashes."""
    key = path.replace("/", "--")
    if not KEY.fullmatch(key):
        raise RulebookUnfit(f"{path}: a ConfigMap takes letters, digits, dots, dashes and _: rename the file")
    return key


def main(arguments: list[str]) -> int:
    """Write the file; exit code 0, 1 for an unfit folder, 2 for wrong usage."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m baton_dev.kubernetes.rulebook FOLDER\n")
        return 2
    folder = Path(arguments[0])
    try:
        (folder / "Kustomization").write_text(component(folder))
    except RulebookUnfit as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
