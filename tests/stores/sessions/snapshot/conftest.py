import pytest

from migrations_app.stores.sessions.records import Codec
from tests.stores.sessions.place import Place


def snapshot_place(path, codec="opaque"):
    return Place({"store": "snapshot", "path": str(path), "codec": codec}, codec=Codec(codec))


@pytest.fixture
def place(tmp_path):
    return snapshot_place(tmp_path / "sessions.ndjson")
