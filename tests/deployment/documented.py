"""The commands of a page of the documentation, to be run as they stand there."""

import re

from tests.architecture.sources import ROOT

BLOCK = re.compile(r"^(?P<indent> *)```sh\n(?P<body>.*?)^ *```$", re.MULTILINE | re.DOTALL)


def commands(page: str, heading: str) -> list[str]:
    """Those of the blocks beneath a heading, one after the other. Raises ValueError when there is no such heading."""
    text = (ROOT / page).read_text()
    start = text.index(f"\n## {heading}\n")
    end = text.find("\n## ", start + 1)
    blocks = BLOCK.finditer(text[start : end if end >= 0 else None])
    return [line.strip() for block in blocks for line in block["body"].splitlines() if line.strip()]
