"""The ORM: one module per noun."""

from migrations_app.models.alert import Alert, AlertChannel, AlertRule
from migrations_app.models.audit import (
    AuditCheckpoint,
    AuditEntry,
    AuditHead,
    AuditPlace,
    AuditProof,
    AuditRetention,
    AuditWatch,
)
from migrations_app.models.audit_reading import AuditExport, AuditReading
from migrations_app.models.break_glass import BreakGlass, OverriddenCondition
from migrations_app.models.dependency import MigrationDependency
from migrations_app.models.environment import Environment
from migrations_app.models.external_identity import ExternalIdentity
from migrations_app.models.following import MigrationWatcher, followers
from migrations_app.models.freeze import Freeze
from migrations_app.models.impact import ImpactSample, ImpactWatch
from migrations_app.models.invitation import Invitation
from migrations_app.models.migration import Migration, MigrationEditor, MigrationTarget
from migrations_app.models.notification import NoticeKind, Notification
from migrations_app.models.person import GivenAccess, Person, RoleGrant
from migrations_app.models.plan import PlanRevision
from migrations_app.models.policy import Policy, PolicyRequirement, PolicyType, PolicyVersion
from migrations_app.models.repeated_denial import RepeatedDenial
from migrations_app.models.report_file import ReportFile
from migrations_app.models.review import AskedPolicy, Signature
from migrations_app.models.route import Route, RouteLease, RoutePanel, RouteSample
from migrations_app.models.run import (
    DISPATCHING,
    ClaimedTarget,
    Leadership,
    Lease,
    OutboxRow,
    Queue,
    Run,
    RunEvent,
    StepRun,
)
from migrations_app.models.saved_filter import SavedFilter
from migrations_app.models.schedule import Attendance, Schedule, ScheduledStart
from migrations_app.models.sign_on_answer import SignOnAnswer
from migrations_app.models.sketch import Sketch
from migrations_app.models.stored_secret import MigrationSecret, StoredSecret
from migrations_app.models.target import SealedSecret, Target, TargetProbe
from migrations_app.models.token import ApiToken, IdempotencyKey
from migrations_app.models.waiver import RiskWaiver
from migrations_app.models.webhook import Delivery, DeliveryTry, OutgoingSecret, Webhook
from migrations_app.models.window import MaintenanceWindow
from migrations_app.models.written_file import WrittenFile

__all__ = [
    "DISPATCHING",
    "Alert",
    "AlertChannel",
    "AlertRule",
    "ApiToken",
    "AskedPolicy",
    "Attendance",
    "AuditCheckpoint",
    "AuditEntry",
    "AuditExport",
    "AuditHead",
    "AuditPlace",
    "AuditProof",
    "AuditReading",
    "AuditRetention",
    "AuditWatch",
    "BreakGlass",
    "ClaimedTarget",
    "Delivery",
    "DeliveryTry",
    "Environment",
    "ExternalIdentity",
    "Freeze",
    "GivenAccess",
    "IdempotencyKey",
    "ImpactSample",
    "ImpactWatch",
    "Invitation",
    "Leadership",
    "Lease",
    "MaintenanceWindow",
    "Migration",
    "MigrationDependency",
    "MigrationEditor",
    "MigrationSecret",
    "MigrationTarget",
    "MigrationWatcher",
    "NoticeKind",
    "Notification",
    "OutboxRow",
    "OutgoingSecret",
    "OverriddenCondition",
    "Person",
    "PlanRevision",
    "Policy",
    "PolicyRequirement",
    "PolicyType",
    "PolicyVersion",
    "Queue",
    "RepeatedDenial",
    "ReportFile",
    "RiskWaiver",
    "RoleGrant",
    "Route",
    "RouteLease",
    "RoutePanel",
    "RouteSample",
    "Run",
    "RunEvent",
    "SavedFilter",
    "Schedule",
    "ScheduledStart",
    "SealedSecret",
    "SignOnAnswer",
    "Signature",
    "Sketch",
    "StepRun",
    "StoredSecret",
    "Target",
    "TargetProbe",
    "Webhook",
    "WrittenFile",
    "followers",
]
