"""Where the parts of a term in Erlang's external format lie, and small terms written: for taking rows apart and putting
them together without turning what they hold into values of ours.

Bytes come from files of anybody. A walk holds a number for each level, so neither deep nesting nor a long list costs
memory; terms that live on one node only are walked over, and refused by `terms.canonical`.
"""

import struct
from collections.abc import Collection
from typing import NamedTuple

from migrations_app.beam.terms import DEEPEST, BadTerm

MOST_PARTS = 1_000_000  # in one walk: what is made of a term takes some 60 bytes a part

_BINARY, _NIL, _MAP = 109, 106, 116
_SMALL_TUPLE, _LARGE_TUPLE, _LIST, _EXPORT = 104, 105, 108, 113
_FIXED = {97: 2, 98: 5, 70: 9, 99: 32, _NIL: 1}
_SMALL_ATOMS, _ATOMS = (115, 119), (100, 118)
_ANY_ATOM = (*_SMALL_ATOMS, *_ATOMS)
_INTEGERS = {97: "B", 98: ">i"}
_SMALL_BIG = 110
_SHORT = {115: 2, 119: 2, _SMALL_BIG: 3}  # a length of one byte, and what lies around the content
_MIDDLE = {100: 3, 118: 3, 107: 3}
_LONG = {_BINARY: 5, 77: 6, 111: 6}
_AFTER_NODE = {103: 9, 88: 12, 102: 5, 89: 8, 120: 12, 101: 5}
_REFERENCES = {114: 1, 90: 4}
_FUN = 112
_CUT_OFF = "the term is cut off or no Erlang term"


class Pair(NamedTuple):
    """Of a map: where its key begins, where its value does, and where that ends."""

    begin: int
    value: int
    end: int


def end_of(data: bytes, at: int) -> int:
    """Where the term at `at` ends. Raises BadTerm for what is cut off, no term, too deep, or of too many parts."""
    try:
        return _walk_over(data, at, MOST_PARTS)[0]
    except (IndexError, struct.error):
        raise BadTerm(_CUT_OFF) from None


def tuple_at(data: bytes, at: int) -> tuple[int, int]:
    """How many elements the tuple has, and where the first one lies. Raises BadTerm for any other term."""
    tag = data[at : at + 1]
    if tag == bytes([_SMALL_TUPLE]) and len(data) > at + 1:
        return data[at + 1], at + 2
    if tag == bytes([_LARGE_TUPLE]) and len(data) > at + 4:
        return int.from_bytes(data[at + 1 : at + 5], "big"), at + 5
    raise BadTerm("no tuple where one should be")


def list_at(data: bytes, at: int) -> tuple[int, int]:
    """How many elements the proper or improper list has, and where the first one lies. Raises BadTerm."""
    if data[at : at + 1] == bytes([_NIL]):
        return 0, at + 1
    if data[at : at + 1] == bytes([_LIST]) and len(data) > at + 4:
        return int.from_bytes(data[at + 1 : at + 5], "big"), at + 5
    raise BadTerm("no list where one should be")


def integer_at(data: bytes, at: int) -> tuple[int, int]:
    """An integer of at most eight bytes, and where it ends. Raises BadTerm."""
    tag = data[at] if at < len(data) else -1
    form = _INTEGERS.get(tag)
    if form is not None and len(data) >= at + _FIXED[tag]:
        return struct.unpack_from(form, data, at + 1)[0], at + _FIXED[tag]
    if tag == _SMALL_BIG and at + 3 <= len(data) and data[at + 1] <= 8 and len(data) >= at + 3 + data[at + 1]:
        end = at + 3 + data[at + 1]
        magnitude = int.from_bytes(data[at + 3 : end], "little")
        return -magnitude if data[at + 2] else magnitude, end
    raise BadTerm("no integer of a usual size where one should be")


def binary_at(data: bytes, at: int) -> tuple[bytes, int]:
    """The bytes of a binary, and where it ends. Raises BadTerm."""
    if data[at : at + 1] == bytes([_BINARY]) and len(data) >= at + 5:
        end = at + 5 + int.from_bytes(data[at + 1 : at + 5], "big")
        if end <= len(data):
            return data[at + 5 : end], end
    raise BadTerm("no binary where one should be")


def atom_at(data: bytes, at: int) -> tuple[bytes, int]:
    """The bytes of an atom's name, and where it ends. Raises BadTerm."""
    tag = data[at] if at < len(data) else -1
    head = 2 if tag in _SMALL_ATOMS else 3 if tag in _ATOMS else 0
    if head and len(data) >= at + head:
        end = at + head + int.from_bytes(data[at + 1 : at + head], "big")
        if end <= len(data):
            return data[at + head : end], end
    raise BadTerm("no atom where one should be")


def pairs_at(data: bytes, at: int, names: Collection[bytes]) -> tuple[int, dict[bytes, Pair], int]:
    """Of the map at `at`: how many pairs it has, those whose key is an atom of `names`, and where it ends.

    Raises BadTerm, as `end_of` does, and when one of these keys is there twice.
    """
    if data[at : at + 1] != bytes([_MAP]):
        raise BadTerm("no map where one should be")
    count, begin, found, parts = int.from_bytes(data[at + 1 : at + 5], "big"), at + 5, dict[bytes, Pair](), MOST_PARTS
    try:
        for _ in range(count):
            name = None
            if data[begin] in _ANY_ATOM:
                name, value = atom_at(data, begin)
                parts -= 1
            else:
                value, parts = _walk_over(data, begin, parts)
            end, parts = _walk_over(data, value, parts)
            if name is not None and name in names:
                if name in found:
                    raise BadTerm("a map of the term has a key twice")
                found[name] = Pair(begin, value, end)
            begin = end
    except (IndexError, struct.error):
        raise BadTerm(_CUT_OFF) from None
    return count, found, begin


def atom(name: str) -> bytes:
    """Its term; at most 255 bytes."""
    return bytes([119, len(name.encode())]) + name.encode()


def binary(content: bytes) -> bytes:
    return bytes([_BINARY]) + len(content).to_bytes(4, "big") + content


def small_tuple(*terms: bytes) -> bytes:
    return bytes([_SMALL_TUPLE, len(terms)]) + b"".join(terms)


def map_of(count: int, pairs: bytes) -> bytes:
    return bytes([_MAP]) + count.to_bytes(4, "big") + pairs


def _walk_over(data: bytes, at: int, parts: int) -> tuple[int, int]:
    """Where the term ends, and how many of `parts` are left then."""
    size, waiting, left = len(data), list[int](), 1
    while left or waiting:
        if not left:
            left = waiting.pop()
            continue
        left -= 1
        parts -= 1
        if parts < 0:
            raise BadTerm(f"the term has more than {MOST_PARTS:,} parts")
        tag = data[at]
        if tag in _FIXED:
            at += _FIXED[tag]
        elif tag in _SHORT:
            at += _SHORT[tag] + data[at + 1]
        elif tag in _LONG:
            at += _LONG[tag] + struct.unpack_from(">I", data, at + 1)[0]
        elif tag in _MIDDLE:
            at += _MIDDLE[tag] + int.from_bytes(data[at + 1 : at + 3], "big")
        else:
            children, at = _inside(data, at, tag)
            if children > size - at:  # each takes a byte at least
                raise IndexError
            if len(waiting) >= DEEPEST:
                raise BadTerm(f"the term is nested deeper than {DEEPEST} levels")
            waiting.append(left)
            left = children
    if at > size:
        raise IndexError
    return at, parts


def _inside(data: bytes, at: int, tag: int) -> tuple[int, int]:
    """How many terms are inside of this one, and where the first of them (or what follows) lies."""
    if tag == _SMALL_TUPLE:
        return data[at + 1], at + 2
    if tag in (_LARGE_TUPLE, _LIST, _MAP):
        (count,) = struct.unpack_from(">I", data, at + 1)
        return 2 * count if tag == _MAP else count + (tag == _LIST), at + 5
    if tag == _EXPORT:
        return 3, at + 1
    if tag in _AFTER_NODE:
        return 0, atom_at(data, at + 1)[1] + _AFTER_NODE[tag]
    if tag in _REFERENCES:
        (words,) = struct.unpack_from(">H", data, at + 1)
        return 0, atom_at(data, at + 3)[1] + _REFERENCES[tag] + 4 * words
    if tag == _FUN:
        return 0, at + 1 + struct.unpack_from(">I", data, at + 1)[0]
    raise BadTerm("it is no Erlang term")
