from migrations_app.handlers.config.patch import Block, blocks, digests, patch_digest

BEFORE = b"one\ntwo\nthree\nfour\nfive\nsix\n"
AFTER = b"one\nTWO\nthree\nfour\nfive\nsix\n"


def test_a_block_is_what_goes_what_comes_and_what_stands_beside_it() -> None:
    assert blocks({"a": BEFORE}, {"a": AFTER}) == (Block("a", 2, (b"two\n",), (b"TWO\n",), (b"one\n", b"three\n")),)


def test_a_change_elsewhere_leaves_the_digest_and_one_beside_it_does_not() -> None:
    signed = patch_digest(blocks({"a": BEFORE}, {"a": AFTER}))

    def edited(old: bytes, new: bytes) -> str:
        return patch_digest(blocks({"a": BEFORE.replace(old, new)}, {"a": AFTER.replace(old, new)}))

    assert edited(b"five\n", b"") == signed
    assert edited(b"one\n", b"zero\none\n") == signed
    assert edited(b"three\n", b"3\n") != signed
    assert edited(b"three\n", b"2.5\nthree\n") != signed


def test_bytes_that_are_no_text_count_too() -> None:
    assert patch_digest(blocks({"a": b"\xff"}, {"a": b""})) != patch_digest(blocks({"a": b"\xfe"}, {"a": b""}))


def test_each_file_has_a_digest_of_its_own() -> None:
    found = digests(blocks({"a": BEFORE, "b": BEFORE}, {"a": AFTER, "b": BEFORE}))

    assert found.keys() == {"a"}
