from migrations_app.engine.errors import DependencyUnavailable, InsufficientResources
from migrations_app.handlers.adapter.cache import ArtifactCache, DirectoryCache
from migrations_app.testing.memory import MemoryArtifacts


def test_what_was_put_is_there_for_others(tmp_path):
    DirectoryCache(tmp_path / "new").put("abc", b"{}")
    DirectoryCache(tmp_path / "new").put("abc", b"[]")

    assert DirectoryCache(tmp_path / "new").get("abc") == b"[]"
    assert DirectoryCache(tmp_path / "new").get("def") is None
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["abc.json"]


def test_a_place_that_cannot_be_written_keeps_nothing(tmp_path):
    (tmp_path / "file").touch()
    cache = DirectoryCache(tmp_path / "file" / "below")
    cache.put("abc", b"{}")

    assert cache.get("abc") is None


def test_artifacts_keep_them_too_and_what_is_not_there_is_none():
    cache = ArtifactCache(MemoryArtifacts())
    cache.put("abc", b"{}")

    assert cache.get("abc") == b"{}"
    assert cache.get("def") is None


class NoRoom(MemoryArtifacts):
    def create(self, key):
        raise InsufficientResources("The disk is full.")

    def stat(self, key):
        raise DependencyUnavailable("It does not answer.")


def test_a_store_that_does_not_answer_keeps_nothing():
    cache = ArtifactCache(NoRoom())
    cache.put("abc", b"{}")

    assert cache.get("abc") is None
