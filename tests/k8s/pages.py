"""Commands as docs/operations/kubernetes.md tells them, so that what is tested is what is typed."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "operations" / "kubernetes.md"


def commands(heading: str) -> list[str]:
    """The lines of code under a heading of the page, those that go on in the next line joined."""
    found = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#|\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"{PAGE} has no heading {heading}"
    lines = re.findall(r"^ {4,}(\S.*)$", found[1].replace("\\\n", ""), re.MULTILINE)
    return [re.sub(r"\s{2,}", " ", line) for line in lines]
