"""What a caller of the router is told. All are MigrationErrors; none names a session's id."""

from migrations_app.engine.errors import DependencyUnavailable, MigrationError


class WritesAreWaiting(DependencyUnavailable):
    """A switch of this route is under way and took longer than this request can wait; try again."""

    code = "writes_are_waiting"
    recovery_actions = (
        "Answer 503 with Retry-After.",
        "Try again shortly.",
    )


class LeaseExpired(DependencyUnavailable):
    """This process has not renewed its lease in time, and its stores cannot refuse an outdated client by themselves."""

    code = "lease_expired"
    recovery_actions = (
        "Answer 503 with Retry-After.",
        "Look at the way to the control plane: the router goes on as soon as it answers.",
    )


class StoreNotConfigured(MigrationError):
    """The route leads to a store that this process has no configuration for; nothing was read or written."""

    code = "store_not_configured"
    recovery_actions = (
        "Give this process the configuration of the named store, beside the others, and start it anew.",
    )


class SessionExists(MigrationError):
    """A session of that id is there already; nothing was written."""

    code = "session_exists"


class SessionMissing(MigrationError):
    """There is no live session of that id; nothing was written."""

    code = "session_missing"


class SessionChanged(MigrationError):
    """Somebody else wrote the session meanwhile; nothing was written."""

    code = "session_changed"
    recovery_actions = ("Read the session again and apply the change to what is there now.",)
