import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.proofs.merkle import Tree, root_by


def leaves(count: int) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(count)]


def test_the_root_is_the_one_of_rfc_6962() -> None:
    one, two, three = (bytes.fromhex(leaf) for leaf in leaves(3))
    hashed = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in (one, two, three)]
    pair = hashlib.sha256(b"\x01" + hashed[0] + hashed[1]).digest()

    assert Tree(leaves(1)).root == hashed[0].hex()
    assert Tree(leaves(3)).root == hashlib.sha256(b"\x01" + pair + hashed[2]).hexdigest()


@given(st.integers(1, 130), st.data())
def test_the_path_of_each_leaf_leads_to_the_root_and_to_no_other(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    path = Tree(hashes).path(index)

    assert root_by(path, entry=hashes[index], index=index, size=size) == Tree(hashes).root
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index)) if size > 1 else None
    if other is not None:
        assert root_by(path, entry=leaves(size + 1)[-1], index=index, size=size) != Tree(hashes).root
        try:
            elsewhere = root_by(path, entry=hashes[index], index=other, size=size)
        except ValueError:
            elsewhere = ""
        assert elsewhere != Tree(hashes).root


def test_a_path_that_no_tree_of_this_size_has_is_refused() -> None:
    hashes = leaves(5)
    path = Tree(hashes).path(1)

    for wrong in (path[:-1], (*path, hashes[0])):
        with pytest.raises(ValueError, match=r"too short|too long"):
            root_by(wrong, entry=hashes[1], index=1, size=5)
    with pytest.raises(ValueError, match="no leaf 5"):
        root_by(path, entry=hashes[1], index=5, size=5)


def test_nothing_has_no_root_and_no_path() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Tree([])
    with pytest.raises(IndexError):
        Tree(leaves(2)).path(2)
