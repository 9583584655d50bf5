import pytest

from tests.architecture.sources import GENERATED, ROOT, tracked

LONGEST = 400
SUFFIXES = {".py", ".html", ".css", ".js"}
HAND_WRITTEN = [path for path in tracked() if path.suffix in SUFFIXES and not str(path).startswith(GENERATED)]


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=str)
def test_no_file_is_longer_than_a_person_reads(path):
    lines = len((ROOT / path).read_text().splitlines())

    assert lines <= LONGEST, f"{path} has {lines} lines; split it along a noun"
