"""What the demo says, and its progress bar: one line that moves on a terminal, a line now and then elsewhere."""

import sys
import time
from typing import TextIO

BAR_CELLS = 32
LINE_EVERY_SECONDS = 2.0


class Terminal:
    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._moving = self._stream.isatty()
        self._open = False
        self._last_line = 0.0

    def say(self, text: str = "") -> None:
        self._close()
        self._stream.write(text + "\n")
        self._stream.flush()

    def progress(self, label: str, done: int, total: int | None, unit: str) -> None:
        """Redraw the bar on a terminal; elsewhere write a line every two seconds and whenever the label is full."""
        share = min(1.0, done / total) if total else 0.0
        full = round(share * BAR_CELLS)
        amount = f"{done:,} of {total:,} {unit}" if total else f"{done:,} {unit}"
        line = f"  {label:<22} [{'█' * full}{'·' * (BAR_CELLS - full)}] {share:4.0%}  {amount}"
        if self._moving:
            self._stream.write("\r\x1b[2K" + line)
            self._open = True
        elif time.monotonic() - self._last_line >= LINE_EVERY_SECONDS:
            self._stream.write(line + "\n")
            self._last_line = time.monotonic()
        self._stream.flush()

    def _close(self) -> None:
        if self._open:
            self._stream.write("\n")
            self._open = False
