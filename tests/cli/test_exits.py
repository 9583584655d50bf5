"""The statuses are a contract: the page of the docs and `--help` say what the one table says."""

import re

from migrations_app.cli.exits import Exit
from tests.architecture.sources import ROOT


def test_the_page_of_the_docs_is_the_table() -> None:
    text = (ROOT / "docs" / "cli.md").read_text()

    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| (.+) \|$", text, re.MULTILINE)

    assert rows == [(str(status.value), status.name, status.says) for status in Exit]
