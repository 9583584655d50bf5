"""What the demo says, and its progress bar: one line that moves on a terminal, a line now and then elsewhere."""

import sys
import time
from typing import TextIO

BAR_CELLS = 30
LABEL_CELLS = 44
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
        """Redraw the bar on a terminal; elsewhere write a line every two seconds."""
        name = label if len(label) <= LABEL_CELLS else label[: LABEL_CELLS - 1] + "…"
        if total:
            share = min(1.0, done / total)
            full = round(share * BAR_CELLS)
            bar = f"[{'█' * full}{'·' * (BAR_CELLS - full)}] {share:4.0%}  {done:,} of {total:,} {unit}"
        else:
            bar = f"{done:,} {unit}"
        line = f"  {name:<{LABEL_CELLS}} {bar}"
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
