import re

from tests.architecture.sources import ROOT

NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def test_every_guarantee_names_a_test_that_exists():
    named = NAMED.findall((ROOT / "docs/guarantees.md").read_text())
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or f"def {name}(" not in (ROOT / path).read_text()
    ]

    assert named
    assert not missing
