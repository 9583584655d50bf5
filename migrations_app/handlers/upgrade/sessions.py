"""What an upgrade means for the sessions that a node holds. Source: the session modules at the public tags."""

from dataclasses import dataclass

from migrations_app.snakepit.versions import Version


@dataclass(frozen=True, slots=True)
class SessionChange:
    """From `version` on, for whoever goes there from an older one."""

    version: str
    what: str


CHANGES = (
    SessionChange("0.4.2", "creating a session that exists answers with it, and its options are not taken over"),
    SessionChange("0.5.0", "a session has no variables any more; what 0.4 kept there is lost"),
    SessionChange(
        "0.6.6", "10,000 sessions are the most (session_store.max_sessions), and only their server writes them"
    ),
    SessionChange("0.7.2", "programs are no longer stored by calls of their own; the field is still there"),
    SessionChange("0.13.0", "the most sessions hold for those that workers make, too"),
)


def changes_between(origin: Version, to: Version) -> tuple[SessionChange, ...]:
    """Those that lie on the way up; nothing downwards, where what is new is simply not there."""
    return tuple(change for change in CHANGES if origin < Version(change.version) <= to)
