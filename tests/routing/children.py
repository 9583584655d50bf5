"""Forking the test's process as a pre-fork server does."""

import os
from collections.abc import Callable


def in_a_child(check: Callable[[], object]) -> bool:
    """Whether `check()` is true in a forked child, which ends without any clean-up of the parent's."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if check() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
