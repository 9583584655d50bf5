"""Both adapters side by side in the sandbox, tool by tool: a driver that dies goes on at the next tool."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.plan import content_digest
from migrations_app.handlers.adapter import samples
from migrations_app.handlers.adapter.actions.work import root_of
from migrations_app.handlers.adapter.checks import tolerance_of
from migrations_app.handlers.adapter.document import from_document, to_document
from migrations_app.handlers.adapter.equivalence.comparing import compare
from migrations_app.handlers.adapter.equivalence.report import EquivalenceReport, Outcome, Tolerance, ToolReport
from migrations_app.handlers.adapter.facts import Analysis
from migrations_app.handlers.adapter.parameters import OFF, REQUIRED
from migrations_app.sandbox import SandboxMissing

Recorded = Mapping[str, Sequence[Mapping[str, Any]]]


def compared(
    ctx: ActionContext, analysis: Analysis, configuration: Mapping[str, Any], calls: Recorded
) -> dict[str, Any]:
    """Result: report (an EquivalenceReport's document), or `skipped` with the reason.

    Raises ValidationFailed, with the report among its details, where the plan's demand is not met, and SandboxMissing
    where one is demanded and cannot be had; then nothing of the project was run.
    """
    demand = ctx.parameters["equivalence"]
    if demand == OFF:
        return {"skipped": "the plan asks for no proof"}
    try:
        report = _report(ctx, analysis, configuration, calls)
    except SandboxMissing as missing:
        if demand == REQUIRED:
            raise
        ctx.log.warning(f"Nothing was compared: {missing.message}")
        return {"skipped": missing.message}
    document = to_document(report)
    if open_ := [tool for tool in report.tools if _is_open(tool, demand)]:
        raise ValidationFailed(
            f"{'; '.join(map(said, open_))}. Nothing was changed by this.",
            details={"report": document},
            recovery_actions=(
                "Look at the first difference of each tool that is named.",
                "Correct its entry by hand (edits), or leave it with the custom adapter (null), and plan again.",
            ),
        )
    cases = sum(tool.cases for tool in report.tools)
    ctx.log.info(f"{len(report.tools)} tools answered {cases} cases side by side.")
    return {"report": document}


def recorded(ctx: ActionContext) -> Recorded:
    """The plan's recorded calls, of any age."""
    name = ctx.parameters["recorded"]
    return samples.samples_in(samples.recorded_in(root_of(ctx), name)).calls if name else {}


def said(tool: ToolReport) -> str:
    """One tool, for people, without a full stop."""
    if tool.outcome is Outcome.DIFFERENT and tool.difference:
        return f"{tool.tool} is different: {tool.difference.what}, with {tool.difference.arguments[:200]}"
    if tool.outcome is Outcome.NOT_COMPARED:
        return f"{tool.tool} was not compared: {tool.reason.rstrip('.')}"
    return f"{tool.tool} is {tool.outcome}"


def _is_open(tool: ToolReport, demand: str) -> bool:
    return tool.outcome is Outcome.DIFFERENT or (demand == REQUIRED and tool.outcome is not Outcome.EQUIVALENT)


def _report(
    ctx: ActionContext, analysis: Analysis, configuration: Mapping[str, Any], calls: Recorded
) -> EquivalenceReport:
    names = list(ctx.step.parameters["tools"])
    done = {name: from_document(EquivalenceReport, one) for name, one in ctx.checkpoint.get("reports", {}).items()}
    for name in names:
        if name in done:
            continue
        done[name] = _one(ctx, analysis, configuration, name, calls)
        saved = {one: to_document(report) for one, report in done.items()}
        ctx.progress.save({"reports": saved}, done=len(done), total=len(names), unit="tools")
    reports = [done[name] for name in names]
    digest = content_digest([report.digest for report in reports])
    return replace(reports[0], digest=digest, tools=tuple(tool for report in reports for tool in report.tools))


def _one(
    ctx: ActionContext, analysis: Analysis, configuration: Mapping[str, Any], name: str, calls: Recorded
) -> EquivalenceReport:
    given = ctx.parameters
    tolerance = tolerance_of(given)
    return compare(
        root_of(ctx),
        analysis,
        configuration,
        adapter=ctx.step.parameters["adapter"],
        tools=[name],
        recorded={name: calls[name]} if name in calls else None,
        renamed=given["renames"] or {},
        seed=given["seed"],
        cases=given["cases"],
        python=Path(given["python"]) if given["python"] else None,
        tolerance=Tolerance() if tolerance is None else Tolerance(relative=tolerance),
        progress=lambda *_: ctx.progress.alive(),
    )
