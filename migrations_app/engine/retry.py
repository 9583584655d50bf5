"""Whether to try again, as a pure decision (procrastinate's retry strategy is the model)."""

from dataclasses import dataclass

from migrations_app.engine.errors import MigrationError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `max_retries` tries without progress; waits double from `first_seconds` up to `longest_seconds`."""

    max_retries: int
    first_seconds: float = 1.0
    longest_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class RetryDecision:
    retry: bool
    after_seconds: float = 0.0
    because: str = ""


def decide(error: MigrationError, failures: int, policy: RetryPolicy) -> RetryDecision:
    """Decide after one more failure; `failures` counts the retries since the last new checkpoint."""
    if not error.retryable:
        return RetryDecision(retry=False, because=f"{error.code} does not go away by itself")
    if failures >= policy.max_retries:
        return RetryDecision(retry=False, because=f"tried {failures + 1} times without progress")
    exponent = min(failures, 30)  # beyond that every policy waits its longest
    wait = min(policy.longest_seconds, policy.first_seconds * 2**exponent)
    return RetryDecision(retry=True, after_seconds=wait, because=f"retry {failures + 1} of {policy.max_retries}")
