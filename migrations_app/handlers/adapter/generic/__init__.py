"""An adapter for Snakepit that serves tools from a JSON configuration: `--adapter <this package>.GenericAdapter`.

The standard library is all that it needs, and its own imports are relative, so that the folder can be copied into any
project under any name. The format is in docs/adapters.md.
"""

from .adapter import GenericAdapter

__all__ = ["GenericAdapter"]
