"""The table of a sweep, for people and for docs/faults.md: one row a fault, counts, seeds, hardware."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.faults.zero_downtime.registry import Row
from tests.faults.zero_downtime.titles import TITLES


def line(row: Row) -> str:
    counts = " ".join(f"{name}={shown(value)}" for name, value in row.counts.items())
    told = f"{row.fault:<4} {row.verdict:<10} {row.seconds:>6.1f} s  seed {row.seed}  {TITLES[row.fault]}  {counts}"
    return told.rstrip()


def problems(row: Row) -> list[str]:
    return [f"     {text}" for problem in row.problems for text in problem.splitlines()]


def shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return f"{value:,}" if isinstance(value, int) else str(value)


def markdown(rows: Sequence[Row], facts: Mapping[str, Any]) -> str:
    said = ", ".join(f"{name} {value}" for name, value in facts.items())
    lines = [said, "", "| # | fault | outcome | seconds | seed | counted |", "|---|---|---|---|---|---|"]
    for row in rows:
        counts = ", ".join(f"{name.replace('_', ' ')} {shown(value)}" for name, value in row.counts.items())
        lines.append(
            f"| {row.fault} | {TITLES[row.fault]} | {row.verdict} | {row.seconds:.0f} | {row.seed} | {counts} |"
        )
    return "\n".join(lines) + "\n"


def hardware() -> dict[str, Any]:
    """What the figures depend on."""
    model = [
        text.partition(":")[2].strip()
        for text in Path("/proc/cpuinfo").read_text().splitlines()
        if text.startswith("model name")
    ]
    memory = Path("/proc/meminfo").read_text().split()[1]
    return {
        "cores": os.cpu_count(),
        "processor": model[0] if model else platform.machine(),
        "memory_gb": round(int(memory) / 1_048_576),
        "python": platform.python_version(),
        "load_at_start": round(os.getloadavg()[0], 1),
    }


def write(directory: Path, rows: Sequence[Row], facts: Mapping[str, Any]) -> Path:
    """`table.json` and `table.md` beside what the faults left."""
    document = {"facts": dict(facts), "rows": [row.as_dict() for row in rows]}
    (directory / "table.json").write_text(json.dumps(document, indent=1))
    path = directory / "table.md"
    path.write_text(markdown(rows, facts))
    return path
