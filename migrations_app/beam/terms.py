"""Terms in Erlang's external format (ETF), as bytes: what is portable, and one form for what means the same.

The bytes come from nodes of any version and are compared between stores, so they are never turned into Python values:
there `1`, `1.0` and `true` would be one key of a map. A walk over the bytes copies each term in one canonical form:
maps in the order of their keys' bytes, atoms as UTF-8, integers as short as they go, lists of bytes as strings.

Format: https://www.erlang.org/doc/apps/erts/erl_ext_dist.html
"""

import re
import struct
import zlib

VERSION = 131
DEEPEST = 256  # levels; no session is nested deeper, and a hostile one must not exhaust the stack
LARGEST = 256 * 1024 * 1024  # bytes that a compressed term may unpack to

_NEW_FLOAT, _BIT_BINARY, _COMPRESSED = 70, 77, 80
_SMALL_INTEGER, _INTEGER, _FLOAT = 97, 98, 99
_SMALL_TUPLE, _LARGE_TUPLE, _NIL, _STRING, _LIST, _BINARY = 104, 105, 106, 107, 108, 109
_SMALL_BIG, _LARGE_BIG, _EXPORT, _MAP = 110, 111, 113, 116
_ATOM, _SMALL_ATOM, _ATOM_UTF8, _SMALL_ATOM_UTF8 = 100, 115, 118, 119
_OF_ONE_NODE = {
    88: "a process id",
    103: "a process id",
    89: "a port",
    102: "a port",
    120: "a port",
    90: "a reference",
    101: "a reference",
    114: "a reference",
    112: "a function",
    117: "a function",
    121: "a term of one node",
}
# How `term_to_binary` of OTP 23 and later begins such a term: its tag, then a node's name or sizes.
_SUSPECT = re.compile(
    rb"[XYx](?:[dv]\x00.|[sw].)[\x21-\x7e]{0,252}?@|Z\x00.[dsvw]|p\x00\x00",
    re.DOTALL,
)


class BadTerm(ValueError):
    """The bytes are no term in the external format, or none that may leave its node; the text says why, for people."""


def canonical(data: bytes) -> bytes:
    """The same term in its one canonical form. Raises BadTerm."""
    if not data or data[0] != VERSION:
        raise BadTerm("the value is not in Erlang's external term format")
    start = 1
    try:
        if is_compressed(data):
            data, start = unpacked(data), 0
        term, end = _walk(data, start, 0)
    except (IndexError, struct.error, UnicodeDecodeError, OverflowError):
        raise BadTerm("the value is cut off or no Erlang term") from None
    if end != len(data):
        raise BadTerm("something follows the Erlang term")
    return bytes([VERSION]) + term


def problem_with_term(data: bytes) -> str:
    """Why these bytes are no portable term; '' when they are."""
    try:
        canonical(data)
    except BadTerm as problem:
        return str(problem)
    return ""


def may_be_of_one_node(data: bytes) -> bool:
    """Whether a term that a node has written must be walked to know that it holds no process id, port and the like."""
    # Each but a function names its node, and a node's name has an @: looking for that is much quicker.
    return (b"@" in data or b"p\x00\x00" in data) and _SUSPECT.search(data) is not None


def is_map(data: bytes) -> bool:
    return data[:1] == bytes([VERSION]) and data[1:2] in (bytes([_MAP]), bytes([_COMPRESSED]))


def is_compressed(data: bytes) -> bool:
    return data[:2] == bytes([VERSION, _COMPRESSED])


def unpacked(data: bytes, most: int = LARGEST) -> bytes:
    """What a compressed term unpacks to, without a version; `most` bytes at most. Raises BadTerm."""
    size = int.from_bytes(data[2:6], "big")
    if size > most:
        raise BadTerm("the compressed Erlang term is too large")
    packed = zlib.decompressobj()
    try:
        term = packed.decompress(data[6:], size + 1)
    except zlib.error:
        raise BadTerm("the compressed Erlang term is damaged") from None
    if len(term) != size or packed.unused_data:
        raise BadTerm("the compressed Erlang term is damaged")
    return term


def _walk(data: bytes, at: int, depth: int) -> tuple[bytes, int]:
    """The canonical bytes of the term at `at`, and where the next one begins.

    Raises BadTerm; IndexError and struct.error where the bytes end too early.
    """
    tag = data[at]
    if tag == _SMALL_INTEGER:
        return _slice(data, at, 2)
    if tag == _BINARY:
        return _slice(data, at, 5 + _size(data, at + 1))
    if tag in (_SMALL_ATOM_UTF8, _ATOM_UTF8, _SMALL_ATOM, _ATOM):
        return _atom(data, at, tag)
    if tag == _NIL:
        return b"j", at + 1
    if tag == _NEW_FLOAT:
        return _slice(data, at, 9)
    if tag in (_INTEGER, _SMALL_BIG, _LARGE_BIG):
        return _integer(data, at, tag)
    if depth >= DEEPEST:
        raise BadTerm(f"the term is nested deeper than {DEEPEST} levels")
    if tag == _MAP:
        return _map(data, at, depth + 1)
    if tag in (_SMALL_TUPLE, _LARGE_TUPLE):
        return _tuple(data, at, tag, depth + 1)
    if tag in (_LIST, _STRING):
        return _list(data, at, tag, depth + 1)
    return _rare(data, at, tag, depth)


def _rare(data: bytes, at: int, tag: int, depth: int) -> tuple[bytes, int]:
    if tag == _EXPORT:  # `fun Module:name/arity` means the same wherever the module is
        module, at = _walk(data, at + 1, depth)
        name, at = _walk(data, at, depth)
        arity, at = _walk(data, at, depth)
        return bytes([_EXPORT]) + module + name + arity, at
    if tag == _BIT_BINARY:
        return _slice(data, at, 6 + _size(data, at + 1))
    if tag == _FLOAT:
        text, end = _slice(data, at, 32)
        try:
            return bytes([_NEW_FLOAT]) + struct.pack(">d", float(text[1:].rstrip(b"\0"))), end
        except ValueError:
            raise BadTerm("a float of the term is not readable") from None
    if tag in _OF_ONE_NODE:
        raise BadTerm(f"the value holds {_OF_ONE_NODE[tag]}, which means nothing on another node")
    raise BadTerm("the value is no Erlang term")


def _size(data: bytes, at: int) -> int:
    size: int = struct.unpack_from(">I", data, at)[0]
    return size


def _slice(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    if at + size > len(data):
        raise IndexError
    return data[at : at + size], at + size


def _atom(data: bytes, at: int, tag: int) -> tuple[bytes, int]:
    head = 2 if tag in (_SMALL_ATOM_UTF8, _SMALL_ATOM) else 3
    size = data[at + 1] if head == 2 else int.from_bytes(data[at + 1 : at + 3], "big")
    whole, end = _slice(data, at, head + size)
    if tag == _SMALL_ATOM_UTF8:
        return whole, end
    name = whole[head:] if tag == _ATOM_UTF8 else whole[head:].decode("latin-1").encode()
    if len(name) < 256:
        return bytes([_SMALL_ATOM_UTF8, len(name)]) + name, end
    return bytes([_ATOM_UTF8]) + len(name).to_bytes(2, "big") + name, end


def _integer(data: bytes, at: int, tag: int) -> tuple[bytes, int]:
    if tag == _INTEGER:
        whole, end = _slice(data, at, 5)
        return integer(int.from_bytes(whole[1:], "big", signed=True)), end
    head = 3 if tag == _SMALL_BIG else 6
    size = data[at + 1] if tag == _SMALL_BIG else _size(data, at + 1)
    whole, end = _slice(data, at, head + size)
    magnitude = int.from_bytes(whole[head:], "little")
    return integer(-magnitude if whole[head - 1] else magnitude), end


def integer(number: int) -> bytes:
    """Its term, without a version, as short as it goes."""
    if 0 <= number < 256:
        return bytes([_SMALL_INTEGER, number])
    if -(2**31) <= number < 2**31:
        return bytes([_INTEGER]) + number.to_bytes(4, "big", signed=True)
    size = (abs(number).bit_length() + 7) // 8
    tail = bytes([number < 0]) + abs(number).to_bytes(size, "little")
    return (bytes([_SMALL_BIG, size]) if size < 256 else bytes([_LARGE_BIG]) + struct.pack(">I", size)) + tail


def _several(data: bytes, at: int, count: int, depth: int) -> tuple[list[bytes], int]:
    if count > len(data) - at:  # each takes a byte at least
        raise IndexError
    terms = []
    for _ in range(count):
        term, at = _walk(data, at, depth)
        terms.append(term)
    return terms, at


def _tuple(data: bytes, at: int, tag: int, depth: int) -> tuple[bytes, int]:
    count, at = (data[at + 1], at + 2) if tag == _SMALL_TUPLE else (_size(data, at + 1), at + 5)
    terms, at = _several(data, at, count, depth)
    head = bytes([_SMALL_TUPLE, count]) if count < 256 else bytes([_LARGE_TUPLE]) + struct.pack(">I", count)
    return head + b"".join(terms), at


def _list(data: bytes, at: int, tag: int, depth: int) -> tuple[bytes, int]:
    if tag == _STRING:
        whole, end = _slice(data, at, 3 + int.from_bytes(data[at + 1 : at + 3], "big"))
        return (whole, end) if len(whole) > 3 else (bytes([_NIL]), end)
    count = _size(data, at + 1)
    terms, at = _several(data, at + 5, count, depth)
    tail, at = _walk(data, at, depth)
    if not terms:
        return tail, at
    if tail == b"j" and count < 2**16 and all(term[0] == _SMALL_INTEGER for term in terms):
        return bytes([_STRING]) + count.to_bytes(2, "big") + b"".join(term[1:] for term in terms), at
    return bytes([_LIST]) + struct.pack(">I", count) + b"".join(terms) + tail, at


def _map(data: bytes, at: int, depth: int) -> tuple[bytes, int]:
    count = _size(data, at + 1)
    terms, at = _several(data, at + 5, 2 * count, depth)
    pairs = dict(zip(terms[::2], terms[1::2], strict=True))
    if len(pairs) < count:
        raise BadTerm("a map of the term has a key twice")
    return bytes([_MAP]) + struct.pack(">I", count) + b"".join(key + pairs[key] for key in sorted(pairs)), at
