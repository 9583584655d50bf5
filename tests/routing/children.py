"""Forking the test's process as a pre-fork server does."""

import os
import signal
import threading
import time
from collections.abc import Callable

LONGEST_SECONDS = 60.0


def in_a_child(check: Callable[[], object]) -> bool:
    """Whether `check()` is true in a forked child, which ends without any clean-up of the parent's.

    A child that hangs, which it may before it ever runs a line of its own, is killed and counts as false.
    """
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if check() else 2
        finally:
            os._exit(status)
    ends = time.monotonic() + LONGEST_SECONDS
    while (ended := os.waitpid(pid, os.WNOHANG)) == (0, 0):
        if time.monotonic() > ends:
            os.kill(pid, signal.SIGKILL)
            ends = float("inf")
        threading.Event().wait(0.005)
    return os.waitstatus_to_exitcode(ended[1]) == 0
