"""Values drawn from hypothesis' strategies outside of a test: the same seed gives the same values in every process."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.strategies import SearchStrategy

Value = TypeVar("Value")
_BACKEND: Final = "snakeweb_by_seed_alone"


class BySeedAlone(HypothesisProvider):
    """Without the constants that hypothesis collects from whatever modules this process happens to have loaded."""

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


AVAILABLE_PROVIDERS[_BACKEND] = f"{__name__}.{BySeedAlone.__qualname__}"


def draw(strategy: SearchStrategy[Value], count: int, *, number: int) -> list[Value]:
    """`count` of them, some perhaps the same. Nothing is kept on disk."""
    if count <= 0:
        return []
    drawn: list[Value] = []

    @seed(number)
    @settings(
        max_examples=count,
        backend=_BACKEND,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def keep(value: Value) -> None:
        drawn.append(value)

    run: Callable[[], None] = keep
    run()
    return drawn
