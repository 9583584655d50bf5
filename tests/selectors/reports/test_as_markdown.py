import pytest

from migrations_app.selectors.reports import as_markdown
from tests.selectors.reports.stories import document_for, much


@pytest.mark.django_db
def test_nothing_of_a_text_becomes_markup_and_rows_keep_their_cells(now, auditor):
    written = as_markdown.written(document_for(auditor, much(now), now))
    assert r"\<b\>\*Slow\*\</b\> \| \# \[x\](y)" in written
    for table in written.split("\n\n"):
        lines = table.splitlines()
        if len(lines) > 1 and lines[0].startswith("| "):
            cells = {line.replace(r"\|", "").count("|") for line in lines}
            assert len(cells) == 1, lines[0]
