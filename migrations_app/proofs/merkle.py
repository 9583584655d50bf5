"""The Merkle tree of RFC 6962 (section 2.1) over the hashes of a segment's entries: its root, and inclusion proofs.

Hashes are hex text of SHA-256, as in the chain. Leaves and nodes are told apart by a first byte, so that no node can be
passed off as an entry.
"""

import hashlib
from collections.abc import Sequence

_LEAF, _NODE = b"\x00", b"\x01"


class Tree:
    """Built once for all paths of a segment. Raises ValueError for no entry at all: nothing is sealed then."""

    def __init__(self, hashes: Sequence[str]) -> None:
        if not hashes:
            raise ValueError("a segment has at least one entry")
        # From the leaves up. An odd last node goes up as it is, which makes the tree of the RFC.
        self._levels = [[_leaf(one) for one in hashes]]
        while len(below := self._levels[-1]) > 1:
            pairs = zip(below[::2], below[1::2], strict=False)
            above = [_node(left, right) for left, right in pairs]
            self._levels.append(above + below[len(above) * 2 :])

    @property
    def root(self) -> str:
        return self._levels[-1][0].hex()

    def path(self, index: int) -> tuple[str, ...]:
        """The siblings from the leaf `index` (from 0) up to the root. Raises IndexError."""
        if not 0 <= index < len(self._levels[0]):
            raise IndexError(index)
        siblings = []
        for level in self._levels[:-1]:
            if index ^ 1 < len(level):
                siblings.append(level[index ^ 1].hex())
            index //= 2
        return tuple(siblings)


def root_by(path: Sequence[str], *, entry: str, index: int, size: int) -> str:
    """The root of the tree of `size` leaves in which `entry` is leaf `index` and has these siblings.

    Raises ValueError for a path that no such tree has. (RFC 9162, section 2.1.3.2.)
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} among {size}")
    node, last, here = _leaf(entry), size - 1, index
    for sibling in path:
        if last == 0:
            raise ValueError("the path is too long")
        beside = bytes.fromhex(sibling)
        if here % 2 or here == last:
            node = _node(beside, node)
            while here % 2 == 0:
                here, last = here // 2, last // 2
        else:
            node = _node(node, beside)
        here, last = here // 2, last // 2
    if last:
        raise ValueError("the path is too short")
    return node.hex()


def _leaf(entry: str) -> bytes:
    return hashlib.sha256(_LEAF + bytes.fromhex(entry)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
