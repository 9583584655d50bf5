"""A process that appends to the audit trail from many threads at once, over the database of its surroundings.

python -m tests.audit_appending NAME THREADS EACH
"""

import sys

import django

django.setup()

from migrations_app.runtime import audit  # noqa: E402  # models are there from setup on
from tests.parallel import at_once  # noqa: E402
from tests.runs import AT  # noqa: E402


def main(name: str, threads: int, each: int) -> int:
    def append(thread: int) -> None:
        for number in range(each):
            audit.append(
                audit.AuditRecord(
                    at=AT, actor=f"{name}-{thread}", action="run.pause", object_type="run", object_id=str(number)
                )
            )

    outcomes = at_once(*[lambda thread=thread: append(thread) for thread in range(threads)])
    failed = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    sys.stdout.write("\n".join(map(repr, failed)))
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
