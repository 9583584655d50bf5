import pytest

from migrations_app.stores.sessions.records import Codec
from tests.stores.sessions.place import Place


def snapshot_place(path, codec="opaque", form="ndjson"):
    return Place({"store": "snapshot", "path": str(path), "format": form, "codec": codec}, codec=Codec(codec))


def erlang_place(path):
    return snapshot_place(path, "etf", "etf")


@pytest.fixture
def place(tmp_path):
    return snapshot_place(tmp_path / "sessions.ndjson")
