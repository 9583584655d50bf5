"""The people of the demo, one login a role, and the environments they work in. Passwords are for showing only."""

from dataclasses import dataclass, field

from migrations_app.engine.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    full_name: str
    role: Role
    password: str = field(repr=False)
    superuser: bool = False

    @property
    def email(self) -> str:
        return f"{self.username}@snakeweb.example"


OPERATOR = Login("operator", "Olivia Operator", Role.OPERATOR, "demo-operator")
APPROVER = Login("approver", "Arthur Approver", Role.APPROVER, "demo-approver")
SECOND_APPROVER = Login("second_approver", "Beatrix Approver", Role.APPROVER, "demo-second-approver")
AUDITOR = Login("auditor", "Audrey Auditor", Role.AUDITOR, "demo-auditor")
VIEWER = Login("viewer", "Victor Viewer", Role.VIEWER, "demo-viewer")
ADMIN = Login("admin", "Ada Admin", Role.ADMIN, "demo-admin", superuser=True)
SECOND_ADMIN = Login("second_admin", "Adrian Admin", Role.ADMIN, "demo-second-admin")  # policies take two

NEWCOMER = Login("newcomer", "Nora Newcomer", Role.OPERATOR, "demo-newcomer")  # has never run anything: sees the guide

PEOPLE = (OPERATOR, APPROVER, SECOND_APPROVER, AUDITOR, VIEWER, ADMIN, SECOND_ADMIN, NEWCOMER)


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    position: int
    protected: bool
    required_approvals: int
    description: str


DEV = Place("dev", 1, False, 0, "Where things may break.")
STAGING = Place("staging", 2, False, 1, "Like production, without its users.")
PRODUCTION = Place("production", 3, True, 2, "The users are here.")

PLACES = (DEV, STAGING, PRODUCTION)
