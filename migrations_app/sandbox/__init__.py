"""Running what nobody trusts: in namespaces of its own, as nobody, with limits, or not at all."""

from migrations_app.sandbox.bubblewrap import run, why_not
from migrations_app.sandbox.outcome import Ending, Limits, Outcome, SandboxMissing

__all__ = ["Ending", "Limits", "Outcome", "SandboxMissing", "run", "why_not"]
