"""The forms that a report is handed out in."""

from enum import StrEnum


class ReportForm(StrEnum):
    PDF = "pdf"
    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"

    @property
    def label(self) -> str:
        return {"pdf": "PDF", "html": "HTML", "markdown": "Markdown", "json": "JSON"}[self.value]

    @property
    def media_type(self) -> str:
        return {
            "pdf": "application/pdf",
            "html": "text/html; charset=utf-8",
            "markdown": "text/markdown; charset=utf-8",
            "json": "application/json",
        }[self.value]

    def name_of(self, run_id: int) -> str:
        return f"snakeweb-run-{run_id}.{'md' if self is ReportForm.MARKDOWN else self.value}"
