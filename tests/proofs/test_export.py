"""An export that proves itself: what holds, and that nothing in it can be changed unseen."""

import io
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrations_app.proofs.export import Entry, ExportDamaged, verify
from migrations_app.proofs.keys import PublicKeys, Signer
from tests.proofs.chains import KEYS, chain, exported, proven, sealed

ENTRIES = chain(12)
PROVEN = proven(ENTRIES, sealed(ENTRIES, (4, 5)))
FILE = exported(PROVEN)


def test_the_whole_chain_is_proven_up_to_its_newest_checkpoint() -> None:
    check = verify(FILE, KEYS)

    assert (check.entries, check.proven, check.unproven, check.checkpoints) == (12, 9, 3, 2)
    assert (check.first, check.last, check.whole) == (1, 12, True)
    assert check.filters == {"actor": "olga"}


def test_a_filtered_export_proves_each_of_its_entries() -> None:
    check = verify(exported([PROVEN[1], PROVEN[5], PROVEN[8]]), KEYS)

    assert (check.entries, check.proven, check.whole) == (3, 3, False)


def test_an_empty_export_is_whole_as_a_file_and_proves_nothing() -> None:
    check = verify(exported([]), KEYS)

    assert (check.entries, check.proven, check.first, check.whole) == (0, 0, None, False)


def test_no_byte_of_a_small_file_can_be_changed() -> None:
    """Every position in turn: one of its bits, and the one that makes a capital letter of a small one."""
    entries = chain(2)
    whole = b"".join(exported(proven(entries, sealed(entries, (2,)))))
    assert verify(io.BytesIO(whole), KEYS).proven == 2
    for place in range(len(whole)):
        for bit in (1 << place % 8, 0x20):
            changed = bytearray(whole)
            changed[place] ^= bit
            with pytest.raises(ExportDamaged):
                verify(io.BytesIO(changed), KEYS)


def test_no_byte_can_be_changed() -> None:
    whole = b"".join(FILE)
    chosen = random.Random(7)  # noqa: S311 - which bytes to change
    for place in chosen.sample(range(len(whole)), 400):
        changed = bytearray(whole)
        changed[place] ^= 1 << chosen.randrange(8)
        with pytest.raises(ExportDamaged):
            verify(bytes(changed).splitlines(keepends=True), KEYS)


def test_no_line_can_be_left_out_repeated_or_moved() -> None:
    for number in range(len(FILE)):
        with pytest.raises(ExportDamaged):
            verify([*FILE[:number], *FILE[number + 1 :]], KEYS)
        with pytest.raises(ExportDamaged):
            verify([*FILE[:number], FILE[number], FILE[number], *FILE[number + 1 :]], KEYS)
    for number in range(len(FILE) - 1):
        with pytest.raises(ExportDamaged):
            verify([*FILE[:number], FILE[number + 1], FILE[number], *FILE[number + 2 :]], KEYS)
    with pytest.raises(ExportDamaged, match="more behind the last line"):
        verify([*FILE, FILE[-1]], KEYS)


def test_the_first_damaged_line_is_named() -> None:
    number = next(place for place, line in enumerate(FILE) if b'"seq":6,' in line)
    line = FILE[number].replace(b"olga", b"eve!")

    with pytest.raises(ExportDamaged, match="entry 6 has a body that does not match its hash") as refused:
        verify([*FILE[:number], line, *FILE[number + 1 :]], KEYS)
    assert refused.value.line == number + 1


def test_a_chain_that_was_rewritten_and_signed_with_another_key_does_not_pass() -> None:
    other = Signer(b"o" * 32)
    rewritten = chain(12, actor="eve")
    file = exported(proven(rewritten, sealed(rewritten, (4, 5), other)), other)

    with pytest.raises(ExportDamaged, match="was not given"):
        verify(file, KEYS)
    assert verify(file, PublicKeys([other.public])).proven == 9


def test_a_rewritten_entry_does_not_pass_under_the_old_checkpoint() -> None:
    rewritten = chain(12, actor="eve")
    mixed = [
        Entry(one.seq, one.hash, one.previous, one.body, was.checkpoint, was.path)
        for one, was in zip(rewritten, PROVEN, strict=True)
    ]
    with pytest.raises(ExportDamaged, match="is not the one that checkpoint 1 has sealed"):
        verify(exported(mixed), KEYS)


@given(st.lists(st.binary(max_size=200), max_size=5))
@settings(max_examples=200)
def test_rubbish_is_refused_as_such(lines: list[bytes]) -> None:
    with pytest.raises(ExportDamaged):
        verify(lines, KEYS)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
        max_leaves=9,
    ),
    st.sampled_from(["begin", "checkpoint", "entry", "end", "other"]),
)
def test_lines_of_any_shape_are_refused_as_such(content: object, kind: str) -> None:
    line = json.dumps({"line": kind, **(content if isinstance(content, dict) else {"body": content})}).encode() + b"\n"
    for file in ([line], [FILE[0], line], [*FILE[:-1], line]):
        with pytest.raises(ExportDamaged):
            verify(file, KEYS)


def test_nesting_that_no_reader_survives_is_refused() -> None:
    with pytest.raises(ExportDamaged):
        verify([FILE[0], b'{"line":' + b"[" * 200_000 + b"\n"], KEYS)
