"""Terms as a real VM writes them, and bytes that no VM would write."""

import random
import struct
import zlib

import erldistpy
import pytest

from migrations_app.beam.terms import BadTerm, canonical, is_map, may_be_of_one_node, problem_with_term

#: Random terms, made on the node from a seed: what `term_to_binary` can write in all its ways.
TERMS = """
rand:seed(exsss, Seed),
Pick = fun(Choices) -> element(rand:uniform(tuple_size(Choices)), Choices) end,
Make = fun
    Make(0) -> (Pick({fun() -> rand:uniform(600) - 300 end,
                      fun() -> rand:uniform(1 bsl 80) - (1 bsl 79) end,
                      fun() -> rand:normal() end,
                      fun() -> Pick({a, 'B c', true, nil, undefined, 'ünï', '日本', ''}) end,
                      fun() -> rand:bytes(rand:uniform(20) - 1) end,
                      fun() -> <<(rand:uniform(200)):9>> end,
                      fun() -> binary_to_list(rand:bytes(rand:uniform(20) - 1)) end,
                      fun() -> fun lists:map/2 end,
                      fun() -> {} end}))();
    Make(Deep) ->
      Several = [Make(Deep - 1) || _ <- lists:seq(1, rand:uniform(6))],
      (Pick({fun() -> Several end,
             fun() -> list_to_tuple(Several) end,
             fun() -> [hd(Several) | Make(0)] end,
             fun() -> maps:from_list([{Make(0), T} || T <- Several]) end,
             fun() -> maps:from_list([{{N, Make(0)}, N} || N <- lists:seq(1, 40)]) end}))()
  end,
[begin
    Term = Make(rand:uniform(4) - 1),
    [term_to_binary(Term, Ways) || Ways <- [[], [compressed], [{minor_version, 0}], [{minor_version, 1}],
                                            [{minor_version, 2}], [deterministic]]]
 end || _ <- lists:seq(1, 60)]
"""
SAME = "[binary_to_term(A) =:= binary_to_term(B) || {A, B} <- Pairs]"


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_however_a_node_writes_a_term_its_canonical_form_is_one(beam_node, seed):
    pairs = []
    for ways in beam_node.evaluate(TERMS, Seed=seed):
        forms = {canonical(way) for way in ways}
        assert len(forms) == 1
        (form,) = forms
        assert canonical(form) == form
        assert problem_with_term(ways[0]) == ""
        pairs.append((ways[0], form))

    assert beam_node.evaluate(SAME, Pairs=pairs) == [True] * 60


def test_terms_that_differ_stay_different():
    def term(body: bytes) -> bytes:
        return canonical(b"\x83" + body)

    one, one_float, true = b"a\x01", b"F" + struct.pack(">d", 1.0), b"w\x04true"
    entries = b"".join(key + b"j" for key in (one, one_float, true))
    assert len({term(one), term(one_float), term(true)}) == 3
    assert term(b"t\x00\x00\x00\x03" + entries)[5] == 3
    assert term(b"m\x00\x00\x00\x01a") != term(b"k\x00\x01a")


def test_the_order_of_a_map_does_not_matter():
    pairs = [(n, f"value {n}") for n in range(50)]
    shuffled = random.Random(1).sample(pairs, 50)  # noqa: S311 - test data

    assert canonical(erldistpy.encode(dict(pairs))) == canonical(erldistpy.encode(dict(shuffled)))


@pytest.mark.parametrize(
    "text", ["self()", "hd(erlang:ports())", "make_ref()", "fun(X) -> X end", "spawn(fun() -> ok end)"]
)
def test_terms_of_one_node_are_seen_and_named(beam_node, text):
    for shape in ("%s", "{deep, [#{a => {%s}}]}", "#{%s => 1}", "[1 | %s]"):
        data = beam_node.evaluate(f"term_to_binary({shape % text})")

        assert may_be_of_one_node(data)
        assert "means nothing on another node" in problem_with_term(data)


def test_ordinary_text_need_not_be_walked():
    text = "The yes-es of Xerxes' expressive gateway: visit example@example.org, x=1; Zwei p q. " * 50

    assert not may_be_of_one_node(erldistpy.encode({"text": text, "n": list(range(1000))}))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not in Erlang's"),
        (b"{}", "not in Erlang's"),
        (b"\x83", "cut off"),
        (b"\x83m\xff\xff\xff\xffabc", "cut off"),
        (b"\x83l\xff\xff\xff\xff" + b"a\x01" * 10, "cut off"),
        (b"\x83i\xff\xff\xff\xff", "cut off"),
        (b"\x83o\xff\xff\xff\xff\x00a", "cut off"),
        (b"\x83t\x7f\xff\xff\xffj", "cut off"),
        (b"\x83\xff", "no Erlang term"),
        (b"\x83w\x02\xff\xfe", ""),
        (b"\x83jj", "follows"),
        (b"\x83t\x00\x00\x00\x02a\x01ja\x01j", "twice"),
        (b"\x83c" + b"x" * 31, "not readable"),
        (b"\x83" + b"l\x00\x00\x00\x01" * 5000 + b"j", "nested deeper"),
        (b"\x83" + b"h\x01" * 100_000, "nested deeper"),
        (b"\x83P\x00\x00\x00\x10garbage", "damaged"),
        (b"\x83P\x7f\xff\xff\xff" + zlib.compress(b"j"), "too large"),
        (b"\x83P\x00\x00\x00\x01" + zlib.compress(bytes(10_000_000)), "damaged"),
    ],
)
def test_what_is_no_term_is_said_and_harms_nothing(data, reason):
    assert reason in problem_with_term(data)
    if reason:
        with pytest.raises(BadTerm):
            canonical(data)


@pytest.mark.parametrize("seed", range(3))
def test_damaged_terms_never_do_more_than_be_refused(beam_node, seed):
    randomly = random.Random(seed)  # noqa: S311 - test data
    whole = [ways[0] for ways in beam_node.evaluate(TERMS, Seed=seed + 100)]
    for data in whole * 5:
        spoilt = bytearray(data)
        for _ in range(randomly.randrange(1, 4)):
            spoilt[randomly.randrange(len(spoilt))] = randomly.randrange(256)
        problem_with_term(bytes(spoilt))
        problem_with_term(data[: randomly.randrange(len(data))])


def test_maps_are_told_by_their_head():
    assert is_map(erldistpy.encode({"a": 1}))
    assert not is_map(erldistpy.encode([1]))
    assert not is_map(b"")
