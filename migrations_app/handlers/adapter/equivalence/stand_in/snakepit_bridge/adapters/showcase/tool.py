"""One item of a stream."""

from dataclasses import dataclass
from typing import Any


@dataclass
class StreamChunk:
    data: Any
    is_final: bool = False
    metadata: Any = None
