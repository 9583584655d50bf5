import base64
import json

import pytest

from migrations_app.engine.errors import DataCorruption, DependencyUnavailable
from migrations_app.handlers.config.snapshots import file_fingerprints, fingerprint, key_of, load, save
from migrations_app.testing.memory import MemoryArtifacts

CONTENTS = {"config.exs": b"import Config\r\n\xff", "deep/prod.exs": b""}


def test_what_was_saved_is_loaded_byte_for_byte() -> None:
    store = MemoryArtifacts()

    assert load(store, 7, save(store, 7, CONTENTS)) == CONTENTS


def test_the_same_content_is_kept_once_and_another_beside_it() -> None:
    store = MemoryArtifacts()
    first = save(store, 7, CONTENTS)

    assert save(store, 7, dict(reversed(CONTENTS.items()))) == first
    assert save(store, 7, {**CONTENTS, "config.exs": b""}) != first
    assert len(list(store.keys("configurations/target-7/"))) == 2


def test_names_count_as_much_as_bytes() -> None:
    assert fingerprint({"a.exs": b"1"}) != fingerprint({"b.exs": b"1"})
    assert file_fingerprints({"b.exs": b"", "a.exs": b""}).keys() == {"a.exs", "b.exs"}


def test_one_target_never_reads_the_snapshot_of_another() -> None:
    store = MemoryArtifacts()
    kept = save(store, 7, CONTENTS)

    with pytest.raises(DependencyUnavailable, match="There is no snapshot"):
        load(store, 8, kept)


@pytest.mark.parametrize(
    "kept", [b"{}", b"no json", json.dumps({"files": {"config.exs": base64.b64encode(b"another").decode()}}).encode()]
)
def test_one_that_does_not_hold_what_it_was_saved_with_is_not_used(kept: bytes) -> None:
    store = MemoryArtifacts()
    key = save(store, 7, CONTENTS)
    with store.create(key_of(7, key)) as stream:
        stream.write(kept)

    with pytest.raises(DataCorruption):
        load(store, 7, key)
