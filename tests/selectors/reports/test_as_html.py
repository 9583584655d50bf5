import re

import pytest

from migrations_app.selectors.reports import as_html
from migrations_app.selectors.reports.as_markdown import text
from tests.selectors.reports.stories import document_for, much


@pytest.mark.django_db
def test_the_file_fetches_nothing_runs_nothing_and_escapes_everything(now, auditor):
    written = as_html.written(document_for(auditor, much(now), now))
    assert "&lt;b&gt;*Slow*&lt;/b&gt;" in written
    assert "<script" not in written
    assert " style=" not in written
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"', written) == []
    assert "url(" not in written
    assert written.count("<style>") == written.count("</style>") == 1
    assert text("*a* | <b>") == r"\*a\* \| \<b\>"


def test_a_string_of_css_cannot_be_ended():
    assert as_html.css_text('a"}</style>') == '"a\\000022\\00007d\\00003c\\00002fstyle\\00003e"'
