"""The code in docs/adoption.md, word for word."""

import re

from tests.architecture.sources import ROOT

TEXT = (ROOT / "docs/adoption.md").read_text()


def samples(language: str, heading: str = "") -> list[str]:
    """Every sample in the language, or those below one heading of the third level."""
    text = TEXT
    if heading:
        (text,) = re.findall(rf"^### {re.escape(heading)}\n(.*?)(?=^##)", TEXT, re.MULTILINE | re.DOTALL)
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
