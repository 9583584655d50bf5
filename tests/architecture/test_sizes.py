from tests.architecture.sources import GENERATED, ROOT, tracked

LONGEST = 400
SUFFIXES = {".py", ".html", ".css", ".js"}


def test_no_file_is_longer_than_a_person_reads():
    written = [path for path in tracked() if path.suffix in SUFFIXES and not str(path).startswith(GENERATED)]
    lengths = {str(path): len((ROOT / path).read_text().splitlines()) for path in written}

    assert lengths
    assert not {path: lines for path, lines in lengths.items() if lines > LONGEST}
