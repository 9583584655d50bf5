"""A disk that is none, for worlds that are brought about by the hundred."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOM = 2**30  # bytes; a container often has 64 MiB there
IN_MEMORY = Path("/dev/shm")  # noqa: S108  (a directory of its own there, as in any other place for temporary files)


@contextmanager
def quick_disk() -> Iterator[Path]:
    """A directory in memory where the machine has such a place: each run forces dozens of writes to the disk, and a
    killed process loses nothing in memory either."""
    has_room = IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free >= ROOM
    directory = Path(tempfile.mkdtemp(prefix="snakeweb-", dir=IN_MEMORY if has_room else None))
    try:
        yield directory
    finally:
        shutil.rmtree(directory)
