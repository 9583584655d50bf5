"""How far off estimates are, on the runs of an installation: `python -m benchmarks.estimates`, in its surroundings.

Each past run is foretold from the others of its type, pair of stores and environment, step by step, and compared with
what its journal's steps took; beside it stands what the migration type thinks without a past. It only reads.
"""

import django

django.setup()

from migrations_app.engine.estimates import Expected, estimate  # noqa: E402  models load only after django.setup()
from migrations_app.engine.vocabulary import RunKind, RunState  # noqa: E402
from migrations_app.models import Run  # noqa: E402
from migrations_app.selectors.history import past_of  # noqa: E402

COLUMNS = "{:>6}  {:>9}  {:>13}  {}"


def main() -> None:
    print(COLUMNS.format("runs", "learned", "rule of thumb", "of"))
    alike = Run.objects.filter(kind=RunKind.APPLY, state=RunState.SUCCEEDED).exclude(stores="").order_by()
    for handler, stores, place, name in sorted(
        alike.values_list("migration__handler", "stores", "environment", "environment__name").distinct()
    ):
        past = past_of(handler=handler, pair=stores, environment_id=place)
        told = estimate(
            [Expected(step, max(each.own_seconds for each in past.steps[step])) for step in past.steps], past
        )
        errors = [_percent(each) for each in (told.error_percent, told.own_error_percent)]
        everywhere = " and everywhere" if past.everywhere else ""
        print(COLUMNS.format(told.runs, *errors, f"{handler}, {stores}, {name}{everywhere}"))


def _percent(error: int | None) -> str:
    return "–" if error is None else f"{error} % off"


if __name__ == "__main__":
    main()
