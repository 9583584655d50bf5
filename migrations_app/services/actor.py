"""The caller of a service; defined beneath, because runtime and selectors know actors too."""

from migrations_app.models.actor import ANONYMOUS, SYSTEM, Actor

__all__ = ["ANONYMOUS", "SYSTEM", "Actor"]
