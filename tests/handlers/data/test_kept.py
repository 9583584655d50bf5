from dataclasses import replace

import pytest

from migrations_app.engine.errors import DataCorruption, DependencyUnavailable
from migrations_app.engine.plan import Step
from migrations_app.engine.vocabulary import StepKind
from migrations_app.handlers.data import documents, kept
from migrations_app.handlers.data.kept import Kept
from migrations_app.handlers.data.parameters import TARGET
from migrations_app.stores.tables.scratch import scratch_config
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange, Mapped, Selection
from tests.handlers.data.cases import FILE, REMOTE, spec
from tests.handlers.data.contexts import context

ORDERS = Selection("orders", "public.orders", ("id",), (Mapped("id", "id"),))
PEOPLE = Selection("people", "shop.people", ("id",), (Mapped("id", "id"),))
HALVES = (KeyRange(None, ("5",)), KeyRange(("5",), None))
KEPT = Kept(
    (PEOPLE, ORDERS), {"public.orders": HALVES, "shop.people": (EVERYTHING,)}, {"public.orders": 9, "shop.people": 2}
)
BOUND = {"tables": ["public.orders"], "binds": documents.digest(KEPT.selections)}
STEP = Step("copy_01", StepKind.MIGRATION, "Copy", "copy", BOUND)


def test_it_comes_back_as_it_was_kept() -> None:
    ctx = context(step=STEP)
    kept.save(ctx, KEPT)
    assert kept.load(ctx) == KEPT
    assert KEPT.of(kept.planned_tables(ctx)) == (ORDERS,)


def test_what_was_not_signed_is_not_gone_by() -> None:
    ctx = context(step=STEP)
    kept.save(ctx, replace(KEPT, selections=(ORDERS,)))
    with pytest.raises(DataCorruption, match="not what was signed"):
        kept.load(ctx)


def test_without_its_first_step_a_run_has_nothing_to_go_by() -> None:
    with pytest.raises(DependencyUnavailable):
        kept.load(context(step=STEP))


def test_a_rollback_goes_by_what_the_run_kept_that_it_undoes() -> None:
    ctx = context(step=STEP)
    kept.save(ctx, KEPT)
    assert kept.load(context(step=STEP, artifacts=ctx.artifacts, run_id=8, undoes=7)) == KEPT


def test_in_a_rehearsal_tables_have_the_names_of_its_namespace() -> None:
    wanted = spec(FILE, REMOTE)
    scratch = replace(wanted.targets[TARGET], config=scratch_config(REMOTE, 7))
    ctx = context(wanted, step=STEP, targets={**wanted.targets, TARGET: scratch}, originals=wanted.targets)
    kept.save(ctx, replace(KEPT, apart=frozenset({"shop.people"})))

    found = kept.load(ctx)

    assert [each.target for each in found.selections] == [
        "snakeweb_rehearsal_7.shop__people",
        "snakeweb_rehearsal_7.orders",
    ]
    assert found.apart == {"snakeweb_rehearsal_7.shop__people"}
    assert kept.planned_tables(ctx) == ("snakeweb_rehearsal_7.orders",)
    assert [share.selection.bytewise for share in kept.shares(ctx, found, found.selections)] == [True, False, False]


def test_ranges_are_dealt_to_the_partitions_each_once() -> None:
    parts = [context(step=STEP, partition=number, partitions=2) for number in range(2)]
    dealt = [
        [(share.selection.target, share.number) for share in kept.shares(ctx, KEPT, KEPT.selections)] for ctx in parts
    ]
    assert dealt == [[("shop.people", 0), ("public.orders", 1)], [("public.orders", 0)]]


def test_where_the_orders_differ_a_table_is_compared_in_one_piece() -> None:
    share = kept.shares(context(step=STEP), KEPT, KEPT.selections, apart={"public.orders"})[1]
    assert (share.selection.bytewise, share.within) == (True, EVERYTHING)


def test_the_scope_of_a_range_is_the_runs() -> None:
    assert kept.table_scope(7, "copy_01", "public.orders", 1) == "run:7:copy_01:public.orders:1"
    assert kept.table_scope(7, "copy_01", "public.orders") == "run:7:copy_01:public.orders:"
