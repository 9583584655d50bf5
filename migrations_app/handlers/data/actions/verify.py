"""Compare every row by digests; name, mend and compare again what differs, until a whole pass finds nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import DataCorruption
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.data import rejected, written_since
from migrations_app.handlers.data.comparison import Comparer, Found, Sums
from migrations_app.handlers.data.documents import range_from_document, range_to_document
from migrations_app.handlers.data.kept import Kept, Share, load, shares
from migrations_app.handlers.data.live.parameters import TRIGGERS
from migrations_app.handlers.data.live.settling import Settle, settling
from migrations_app.handlers.data.looking import apart, require_no_orphans
from migrations_app.handlers.data.parameters import SOURCE, TARGET
from migrations_app.handlers.data.sides import close_partitions, reading, writing
from migrations_app.stores.tables.base import ChunkDigest, Database
from migrations_app.stores.tables.moving import write_rows
from migrations_app.stores.tables.selection import KeyRange

PASSES = 3
NAMED = 100
SHOWN = 5
CHUNK_ROWS = 20_000
SIDES = ("source", "target", "aside")


class Verify(Action):
    """Result of a partition, put together over all: compared, repaired, passes, differences (named, at most 100);
    tables: {target: {source_rows, target_rows, rejected, source_digest, target_digest}}.
    """

    not_proven = ""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        kept = load(ctx)
        with reading(ctx.targets[SOURCE]) as source, writing(ctx, TARGET) as target:
            mine = shares(ctx, kept, kept.selections, apart=apart(source, target, kept.selections))
            with settling(ctx, source, target) as settle:
                return _Passes(ctx, kept, mine, source, target, settle).run()

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self.do(ctx)

    def merge(self, results: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        tables: dict[str, dict[str, Sums]] = {}
        for result in results:
            for name, found in result["tables"].items():
                sums = tables.setdefault(name, {side: Sums() for side in SIDES})
                for side in SIDES:
                    sums[side].add(ChunkDigest(found[f"{side}_rows"], found[f"{side}_digest"]))
        return {
            "compared": sum(result["compared"] for result in results),
            "repaired": sum(result["repaired"] for result in results),
            "passes": max((result["passes"] for result in results), default=0),
            "differences": [one for result in results for one in result["differences"]][:NAMED],
            "tables": _described(tables),
        }

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        """The sums have to be right too: the source's rows are the target's and those put aside. So do foreign keys:
        they were not looked at while rows arrived. Those of a rehearsal's tables lack rows that it did not copy.
        """
        wrong = [name for name, found in result["tables"].items() if not found["equal"]]
        if wrong:
            raise DataCorruption(f"The digests of {', '.join(wrong)} are not equal on both sides.")
        if ctx.originals or ctx.parameters["live"] == TRIGGERS:
            return  # while rows come and go they are not all of one moment; the hand-over looks
        with reading(ctx.targets[TARGET]) as target:
            require_no_orphans(target, list(result["tables"]))

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        tables = ctx.results.get("prepare", {}).get("tables", {})
        return {"rows": sum(each["rows"] for each in tables.values())}

    def undo(self, ctx: ActionContext) -> None:
        """What somebody wrote to the tables since the comparison is about to go: it is kept first."""
        if ctx.parameters["live"] == TRIGGERS:
            return  # what was written there since the hand-over has been brought back by its undo
        verified = ctx.results.get(ctx.step.id, {}).get("tables", {})
        with reading(ctx.targets[SOURCE]) as source, writing(ctx, TARGET) as target:
            close_partitions(ctx, target)
            for selection in load(ctx).selections if verified else ():
                found = verified[selection.target]
                as_verified = ChunkDigest(found["target_rows"], found["target_digest"])
                rows = written_since.keep(ctx, source, target, selection, as_verified)
                if rows:
                    ctx.log.warning(
                        f"{rows} row(s) of {selection.target} were written or changed there since this run compared "
                        "it. They are removed with the others, and kept in the run's artifact “written-since”."
                    )

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo in this step, if nobody needs what was written to the target since the run.",)


class _Passes:
    """The passes of one partition; a checkpoint holds the pass, the place in it, and the sums of the pass."""

    def __init__(
        self,
        ctx: ActionContext,
        kept: Kept,
        mine: Sequence[Share],
        source: Database,
        target: Database,
        settle: Settle | None,
    ) -> None:
        self._ctx, self._kept, self._mine, self._source, self._target = ctx, kept, mine, source, target
        self._settle = settle
        saved = ctx.checkpoint
        self._aside = rejected.keys_by_table(ctx)
        self._quarantine = rejected.Quarantine(ctx)
        self._pass = saved.get("pass", 1)
        self._repaired_before = saved.get("repaired_before", 0)
        self._repaired = saved.get("repaired", 0)  # in this pass
        self._differences: list[dict[str, Any]] = list(saved.get("differences", ()))
        self._place = saved.get("place", 0)
        self._left = range_from_document(saved["left"]) if saved.get("left") else None
        self._tables = _sums(saved.get("tables", {}))

    def run(self) -> dict[str, Any]:
        while True:
            self._one_pass()
            reach("data.verify.pass")
            if not self._repaired:
                return self._result()
            if self._pass >= PASSES:
                raise self._never_clean()
            self._pass += 1
            self._repaired_before += self._repaired
            self._repaired, self._place, self._left, self._tables = 0, 0, None, {}
            self._save()

    def _one_pass(self) -> None:
        while self._place < len(self._mine):
            share = self._mine[self._place]
            aside = self._aside.setdefault(self._kept.called(share.selection.target), set())
            comparer = Comparer(self._source, self._target, aside, self._settle)
            for chunk in comparer.chunks(share.selection, self._left or share.within, CHUNK_ROWS):
                self._chunk(comparer, share, chunk)
                self._left = KeyRange(chunk.upto, share.within.upto)
                if chunk.upto == share.within.upto:
                    self._place, self._left = self._place + 1, None
                self._save()

    def _chunk(self, comparer: Comparer, share: Share, chunk: KeyRange) -> None:
        found = comparer.look(share.selection, chunk)
        if found.differs:
            self._name(share, found)
            found = self._repaired_chunk(comparer, share, chunk, found)
        sums = self._tables.setdefault(self._kept.called(share.selection.target), {side: Sums() for side in SIDES})
        for side in SIDES:
            sums[side].add(getattr(found, side))

    def _repaired_chunk(self, comparer: Comparer, share: Share, chunk: KeyRange, found: Found) -> Found:
        selection, name = share.selection, self._kept.called(share.selection.target)
        if not selection.key:
            raise DataCorruption(
                f"{name} does not hold what {selection.source} holds: {len(found.missing)} row(s) are "
                f"missing, {len(found.extra)} too many. It has no key, so they can be neither named nor mended.",
                details={"table": name, "missing": len(found.missing), "extra": len(found.extra)},
            )
        if found.extra:
            self._target.remove(selection, found.extra, self._ctx.worker)
        if found.missing or found.value:
            wanted = (*found.missing, *found.value)
            for row in write_rows(self._source, self._target, selection, wanted, self._ctx.worker):
                self._quarantine.put_aside(replace(row, table=name))
                self._aside[name].add(row.key)
        reach("data.verify.repaired")
        self._repaired += sum(1 for _ in found.named())
        return comparer.look(selection, chunk)

    def _name(self, share: Share, found: Found) -> None:
        name = self._kept.called(share.selection.target)
        for kind, key in found.named():
            if len(self._differences) < NAMED:
                named = {"table": name, "key": list(key), "kind": str(kind), "pass": self._pass}
                self._differences.append(named)
        self._ctx.log.warning(
            f"{name}: {len(found.missing)} missing, {len(found.extra)} extra and {len(found.value)} "
            "damaged row(s) are mended."
        )

    def _never_clean(self) -> DataCorruption:
        ctx = self._ctx
        shown = "; ".join(
            f"{each['table']} {rejected.shown(tuple(each['key']))} ({each['kind']})"
            for each in self._differences[-SHOWN:]
        )
        return DataCorruption(
            f"“{ctx.targets[TARGET].name}” still differed from “{ctx.targets[SOURCE].name}” in pass {self._pass}, "
            f"although it was mended before: {shown}. Somebody writes to one of them. Stop that writer before you "
            "try again.",
            details={"differences": self._differences, "repaired": self._repaired_before + self._repaired},
        )

    def _save(self) -> None:
        compared = sum(sums["source"].rows for sums in self._tables.values())
        self._ctx.progress.save(
            {
                "pass": self._pass,
                "place": self._place,
                "left": range_to_document(self._left) if self._left else None,
                "repaired": self._repaired,
                "repaired_before": self._repaired_before,
                "differences": self._differences,
                "tables": _described(self._tables),
            },
            done=compared,
            unit="rows",
            counters={"repaired": self._repaired_before + self._repaired},
        )

    def _result(self) -> dict[str, Any]:
        return {
            "compared": sum(sums["source"].rows for sums in self._tables.values()),
            "repaired": self._repaired_before,
            "passes": self._pass,
            "differences": self._differences,
            "tables": _described(self._tables),
        }


def _described(tables: Mapping[str, Mapping[str, Sums]]) -> dict[str, dict[str, Any]]:
    found = {}
    for name, sums in tables.items():
        both = Sums()
        both.add(sums["target"].total)
        both.add(sums["aside"].total)
        described: dict[str, Any] = {}
        for side in SIDES:
            described |= {f"{side}_rows": sums[side].rows, f"{side}_digest": sums[side].total.digest}
        found[name] = {**described, "equal": both.total == sums["source"].total}
    return found


def _sums(described: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Sums]]:
    return {
        name: {side: Sums(found[f"{side}_rows"], int(found[f"{side}_digest"], 16)) for side in SIDES}
        for name, found in described.items()
    }
