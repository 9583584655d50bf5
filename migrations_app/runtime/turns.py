"""How long a thread of one of our processes computes before another gets its turn."""

import sys

TURN_SECONDS = 0.0005


def take_short_turns() -> None:
    """For this process. Its threads mostly wait for servers; the interpreter's own 5 ms would be added to each answer
    that arrives while another thread computes: a relay's pass of a dozen round trips took 70 ms beside a verifier.
    """
    sys.setswitchinterval(TURN_SECONDS)
