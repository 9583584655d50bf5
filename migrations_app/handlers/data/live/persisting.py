"""Building what needs all rows to be of one moment, over a source that keeps changing."""

from collections.abc import Callable
from typing import TypeVar

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.handler import ActionContext
from migrations_app.handlers.data.live.pair import opened
from migrations_app.handlers.data.live.parameters import TRIGGERS

T = TypeVar("T")
ATTEMPTS = 5


def persistently(ctx: ActionContext, work: Callable[[], T]) -> T:
    """`work`, and again after what was in its way has been brought: two rows may stand there as no one moment had them,
    both with a value that one handed on to the other.
    """
    left = ATTEMPTS if ctx.parameters["live"] == TRIGGERS and not ctx.originals else 1
    while True:
        left -= 1
        try:
            return work()
        except ValidationFailed:
            if not left:
                raise
        with opened(ctx) as pair:
            pair.catch_up().once()
