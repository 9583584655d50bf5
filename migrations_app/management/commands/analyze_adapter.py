"""`manage.py analyze_adapter PATH`: which tools of a project the generic adapter can take over, and why not all.

With `--compare` it tries what it says: custom and generic side by side, in sandboxes.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from migrations_app.files.errors import FileUnusable
from migrations_app.files.reading import read
from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.cache import DirectoryCache
from migrations_app.handlers.adapter.configuration import generic_configuration
from migrations_app.handlers.adapter.document import to_document
from migrations_app.handlers.adapter.equivalence.comparing import compare
from migrations_app.handlers.adapter.equivalence.recorded import recorded_calls
from migrations_app.handlers.adapter.facts import Adapter, Analysis, Tool, Verdict
from migrations_app.management import comparison
from migrations_app.sandbox import SandboxMissing

NOTHING_FOUND: Final = 1
NOT_READ: Final = 2
PARTLY_READ: Final = 3
_UNREAD: Final = frozenset({"unread", "too_deep", "too_large", "too_much"})


class Command(BaseCommand):
    help = (
        "Reads a directory of Python adapters without importing it; needs no server, database or network. Exit status "
        "0: all was read; 1: there is no adapter; 2: the directory cannot be read; 3: some files could not be read "
        "(standard error names them, the rest is printed). With --compare, which runs the project's code in a sandbox "
        "and nowhere else: 0: no case told a tool from its entry; 4: a tool differs; 5: none differs, and some could "
        "not be compared; 6: this machine has no sandbox, and nothing was run."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the directory of the project")
        parser.add_argument("--json", action="store_true", help="the whole analysis as JSON, with its format version")
        parser.add_argument("--configuration", action="store_true", help="the generic adapter's configuration instead")
        parser.add_argument("--cache", type=Path, help="a directory in which analyses are kept")
        parser.add_argument(
            "--compare", action="store_true", help="run custom and generic tools side by side; with --json"
        )
        parser.add_argument("--adapter", help="the one to compare, as the table names it; else the first with tools")
        parser.add_argument("--tool", action="append", help="of it this tool alone; may be repeated")
        parser.add_argument("--seed", type=int, default=0, help="the same seed tries the same cases")
        parser.add_argument("--cases", type=int, default=200, help="of each tool")
        parser.add_argument("--recorded", type=Path, help='recorded calls, {"tool": ..., "arguments": {...}} a line')
        parser.add_argument("--python", type=Path, help="the interpreter of the project's own environment")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            analysis = analyze(path, cache=DirectoryCache(options["cache"]) if options["cache"] else None)
        except FileUnusable as error:
            self.stderr.write(f"{error} {' '.join(error.recovery_actions)}")
            sys.exit(NOT_READ)
        if options["compare"]:
            self._compare(path, analysis, options)
            return
        if options["configuration"]:
            self.stdout.write(json.dumps(generic_configuration(analysis), indent=2))
        elif options["json"]:
            self.stdout.write(json.dumps(to_document(analysis), indent=2))
        else:
            self._table(analysis)
        for finding in analysis.findings:
            self.stderr.write(f"{finding.lines}: {finding.message} {finding.advice}")
        if not analysis.adapters:
            self.stderr.write(f"There is no adapter in {path}: no class with execute_tool or one of Snakepit's bases.")
            sys.exit(NOTHING_FOUND)
        if any(finding.code in _UNREAD for finding in analysis.findings):
            sys.exit(PARTLY_READ)

    def _compare(self, path: Path, analysis: Analysis, options: dict[str, Any]) -> None:
        adapter = options["adapter"] or next((one.name for one in analysis.adapters if one.tools), None)
        if adapter is None:
            self.stderr.write(f"There is no adapter with tools in {path}, so there is nothing to compare.")
            sys.exit(NOTHING_FOUND)
        try:
            recorded = recorded_calls(read(options["recorded"])) if options["recorded"] else None
            report = compare(
                path,
                analysis,
                generic_configuration(analysis, adapter),
                adapter=adapter,
                tools=options["tool"],
                recorded=recorded,
                seed=options["seed"],
                cases=options["cases"],
                python=options["python"],
                progress=comparison.progress(self.stderr.write),
            )
        except SandboxMissing as error:
            self.stderr.write(f"{error} {' '.join(error.recovery_actions)}")
            sys.exit(comparison.NO_SANDBOX)
        except LookupError as error:
            raise CommandError(
                f"There is no adapter or tool {error} in {path}; the table without --compare has all."
            ) from error
        except (FileUnusable, ValueError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(to_document(report), indent=2))
        else:
            Console(file=self.stdout, soft_wrap=False).print(comparison.table(report, adapter))  # type: ignore[arg-type]
            self.stdout.write(comparison.summary(report))
        sys.exit(comparison.status(report))

    def _table(self, analysis: Analysis) -> None:
        console = Console(file=self.stdout, soft_wrap=False)  # type: ignore[arg-type]
        for adapter in analysis.adapters:
            console.print(_tools(adapter))
        tools = [tool for adapter in analysis.adapters for tool in adapter.tools]
        taken = sum(tool.mapping.verdict is Verdict.AUTOMATIC for tool in tools)
        files = f"{analysis.files:,} files, {analysis.code_lines:,} lines"
        self.stdout.write(f"{files}: {len(tools)} tools, {taken} automatic, {len(tools) - taken} manual.")
        if others := [f"{one.module} ({one.name or 'unknown'})" for one in analysis.distributions]:
            self.stdout.write(f"Uses of others: {', '.join(others)}")


def _tools(adapter: Adapter) -> Table:
    table = Table(
        "tool", "verdict", "why", title=f"{adapter.name} ({adapter.form}, {adapter.lines})", title_justify="left"
    )
    for tool in adapter.tools:
        table.add_row(tool.name, f"{tool.mapping.verdict}\n{tool.mapping.body}", _why(tool))
    return table


def _why(tool: Tool) -> str:
    """The first three reasons, or the first evidence."""
    reasons = tool.mapping.reasons
    if not reasons:
        return f"{tool.mapping.confidence}: {tool.mapping.evidence[0]}"
    said = [f"{reason.lines}: {reason.message}" for reason in reasons[:3]]
    more = [f"and {len(reasons) - 3} more (--json)"] if len(reasons) > 3 else []
    return "\n".join([*said, f"→ {reasons[0].guidance}", *more])
