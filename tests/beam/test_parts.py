"""Walking over terms as a real VM writes them, and over bytes that no VM would write."""

import random

import erldistpy
import pytest
from erldistpy import Atom

from migrations_app.beam import parts
from migrations_app.beam.terms import DEEPEST, BadTerm, canonical, integer
from tests.beam.test_terms import TERMS

OF_ONE_NODE = """
[term_to_binary(Term, Ways) || Ways <- [[], [{minor_version, 1}]], Term <-
  [self(), make_ref(), hd(erlang:ports()), fun() -> Ways end, fun lists:map/2, {self(), [make_ref() | self()]}]]
"""
READERS = (parts.tuple_at, parts.list_at, parts.integer_at, parts.binary_at, parts.atom_at)


@pytest.mark.parametrize("seed", [11, 12])
def test_the_end_of_whatever_a_node_writes_is_found(beam_node, seed):
    for ways in beam_node.evaluate(TERMS, Seed=seed):
        for way in ways:
            if way[1] != 80:  # compressed: unpacked first
                assert parts.end_of(way + b"more", 1) == len(way)


def test_terms_of_one_node_are_walked_over(beam_node):
    for term in beam_node.evaluate(OF_ONE_NODE):
        assert parts.end_of(term + b"more", 1) == len(term)


def test_the_wanted_pairs_of_a_map_are_found(beam_node):
    term = beam_node.evaluate("term_to_binary(#{id => 7, <<\"id\">> => 8, [id] => 9, 'a b' => {[a], 1}, ttl => -1})")

    count, found, end = parts.pairs_at(term, 1, (b"id", b"a b", b"none"))

    assert (count, end) == (5, len(term))
    values = {name: canonical(b"\x83" + term[pair.value : pair.end]) for name, pair in found.items()}
    assert values == {b"id": b"\x83" + integer(7), b"a b": erldistpy.encode(([Atom("a")], 1))}
    assert {canonical(b"\x83" + term[pair.begin : pair.value])[3:] for pair in found.values()} == set(found)


@pytest.mark.parametrize("number", [0, 255, 256, -1, 2**31 - 1, -(2**31), 2**31, 2**63, -(2**63), 2**64 - 1])
def test_integers_are_read(number):
    term = integer(number)

    assert parts.integer_at(b"??" + term + b"?", 2) == (number, 2 + len(term))


def test_small_terms_are_written_as_the_node_reads_them(beam_node):
    term = parts.small_tuple(parts.atom("a b"), parts.binary(b"\0x"), parts.map_of(1, parts.atom("a") + integer(1)))

    assert beam_node.evaluate("binary_to_term(T) =:= {'a b', <<0, $x>>, #{a => 1}}", T=b"\x83" + term) is True


def test_what_is_too_deep_or_has_too_many_parts_is_refused():
    deep = b"l\0\0\0\1" * DEEPEST
    assert canonical(b"\x83" + deep + b"j" * (DEEPEST + 1))
    assert parts.end_of(deep + b"j" * (DEEPEST + 1), 0) == 6 * DEEPEST + 1

    for bad, reason in (
        (b"l\0\0\0\1" + deep + b"j" * (DEEPEST + 2), "deeper"),
        (b"l\0\0\0\1" * 1_000_000, "deeper"),
        (b"l" + parts.MOST_PARTS.to_bytes(4, "big") + b"j" * (parts.MOST_PARTS + 1), "parts"),
    ):
        with pytest.raises(BadTerm, match=reason):
            parts.end_of(bad, 0)
    many = parts.MOST_PARTS.to_bytes(4, "big")
    with pytest.raises(BadTerm, match="parts"):
        parts.pairs_at(b"t" + many + b"jj" * parts.MOST_PARTS, 0, ())


def test_a_wanted_key_that_is_there_twice_is_refused():
    with pytest.raises(BadTerm, match="twice"):
        parts.pairs_at(parts.map_of(2, 2 * (parts.atom("id") + integer(1))), 0, (b"id",))


def test_bytes_that_no_node_writes_raise_nothing_else():
    randomly = random.Random(1)  # noqa: S311 - test data
    good = erldistpy.encode({Atom("a"): [(1, b"x", 2**80)], b"b": {Atom("c"): [1, 2, 3], 7: [Atom("d")] * 300}})
    for _ in range(3000):
        bad = bytearray(good[: randomly.randrange(1, len(good))] if randomly.random() < 0.3 else good)
        for _ in range(randomly.randrange(1, 4)):
            bad[randomly.randrange(len(bad))] = randomly.randrange(256)
        data, at = bytes(bad), randomly.randrange(len(bad) + 1)
        for read in (parts.end_of, lambda d, a: parts.pairs_at(d, a, (b"a",))[2], *READERS):
            try:
                found = read(data, at)
            except BadTerm:
                continue
            end = found if isinstance(found, int) else found[1]
            assert at < end <= len(data)
