from migrations_app.handlers.adapter.cache import DirectoryCache


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
