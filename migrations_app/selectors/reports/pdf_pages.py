"""Pages with a head and a foot that know how many there are."""

from typing import Any

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from migrations_app.selectors.reports import pdf_style as style

_SMALL, _SMALLER = 8, 7
_HEAD, _FOOT = style.HEIGHT - 12 * mm, 10 * mm


class NumberedPages(Canvas):  # type: ignore[misc]
    """Keeps the pages back until the last one is known."""

    running_text = ""
    proof = ""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._kept: list[dict[str, Any]] = []

    @classmethod
    def running(cls, running: str, proof: str) -> type["NumberedPages"]:
        """A canvas for one document."""
        return type("ReportPages", (cls,), {"running_text": running, "proof": proof})

    def showPage(self) -> None:  # noqa: N802  named by ReportLab
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, kept in enumerate(self._kept, 1):
            self.__dict__.update(kept)
            self._frame(number, len(self._kept))
            super().showPage()
        super().save()

    def _frame(self, number: int, of: int) -> None:
        right = style.WIDTH - style.SIDE
        self.setFont("Helvetica-Bold", _SMALL)
        self.setFillColor(style.ACCENT)
        self.drawString(style.SIDE, _HEAD, "Snakeweb")
        self.setFont("Helvetica", _SMALL)
        self.setFillColor(style.INK_3)
        self.drawRightString(right, _HEAD, self.running_text)
        self.drawRightString(right, _FOOT, f"Page {number} of {of}")
        self.setFont("Helvetica", _SMALLER)
        self.drawString(style.SIDE, _FOOT, self.proof)
        self.setStrokeColor(style.LINE)
        self.setLineWidth(0.6)
        self.line(style.SIDE, _FOOT + 4 * mm, right, _FOOT + 4 * mm)
