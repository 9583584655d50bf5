import re

import pytest

from tests.architecture.sources import ROOT

NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


@pytest.mark.parametrize("document", ["docs/guarantees.md", "SECURITY.md"])
def test_everything_that_is_promised_names_a_test_that_exists(document):
    named = NAMED.findall((ROOT / document).read_text())
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or f"def {name}(" not in (ROOT / path).read_text()
    ]

    assert named
    assert not missing
