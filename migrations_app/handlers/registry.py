"""Every migration type that this installation knows, by handler name."""

from collections.abc import Mapping

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.handler import HANDLER_API, Handler
from migrations_app.handlers.config.handler import ConfigMigration
from migrations_app.handlers.session.handler import SessionMigration
from migrations_app.handlers.upgrade.handler import VersionUpgrade

BUILT_IN: tuple[type[Handler], ...] = (SessionMigration, ConfigMigration, VersionUpgrade)


def built_in() -> Mapping[str, Handler]:
    return {handler.name: handler() for handler in BUILT_IN if handler.api_version == HANDLER_API}


def all_handlers() -> Mapping[str, Handler]:
    return built_in()


def get(name: str) -> Handler:
    """Raises ValidationFailed (field `spec.handler`) for a name that nobody registered."""
    handlers = all_handlers()
    if name not in handlers:
        raise ValidationFailed(
            problems=[
                Problem(
                    "spec.handler",
                    f"There is no migration handler “{name}”.",
                    f"Use one of: {', '.join(sorted(handlers))}.",
                    "unknown_handler",
                )
            ]
        )
    return handlers[name]
