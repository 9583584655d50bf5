"""The catalogue of what the audit trail says: each kind of entry, its words, and which fields it fills.

Services name a kind when they record; a test compares every call with this table. `fills` are the members that an
allowed entry of this kind has beside those of every entry (who, on whose behalf, token, address, request, object,
outcome); a kind without any is recorded only when it is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Topic(StrEnum):
    """What an auditor asks for by one word; each kind belongs to one."""

    SIGNATURES = "signatures"
    RIGHTS = "rights"
    EMERGENCIES = "emergencies"
    RUNS = "runs"
    CHANGES = "changes"
    SCHEDULES = "schedules"
    POLICIES = "policies"
    PLACES = "places"
    EXPORTS = "exports"
    AUDIT = "audit"
    DOORS = "doors"


@dataclass(frozen=True, slots=True)
class AuditKind:
    """`about` is the type of the thing that entries are about, `verb` what somebody did to it.

    `only_refused`: each entry of it says that somebody was refused, and the verb says so.
    """

    name: str
    topic: Topic
    about: str
    verb: str
    fills: frozenset[str]
    only_refused: bool = False

    @property
    def example(self) -> Mapping[str, Any]:
        """The body of such an entry as the trail holds it, with every member that the kind fills."""
        refused = self.only_refused or not self.fills
        thing = {"name": f"the {self.about.replace('_', ' ')} of an example"}
        return {
            "format": 1, "seq": 1, "previous": "0" * 64, "at": "2026-03-01T12:00:00.000000Z", "actor": "olga",
            "on_behalf_of": "", "token": "", "address": "192.0.2.7", "request_id": "request-1", "action": self.name,
            "object": {"type": self.about, "id": "7"}, "outcome": "denied" if refused else "allowed",
            "environment": "production" if "environment" in self.fills else "",
            "reason": "permission_denied: an example" if refused else "An example." if "reason" in self.fills else "",
            "before": thing if "before" in self.fills else None,
            "after": thing if "after" in self.fills else None,
        }  # fmt: skip


def _kind(name: str, topic: Topic, about: str, verb: str, fills: str = "", *, only_refused: bool = False) -> AuditKind:
    return AuditKind(name, topic, about, verb, frozenset(fills.split()), only_refused)


_CHANGE = "environment before after"
_GIVEN_REASON = "environment reason before after"
_SAID = "environment reason after"

KINDS: Mapping[str, AuditKind] = {
    kind.name: kind
    for kind in (
        _kind("environment.create", Topic.PLACES, "environment", "created", _CHANGE),
        _kind("environment.edit", Topic.PLACES, "environment", "changed", _CHANGE),
        _kind("window.create", Topic.PLACES, "window", "created", _CHANGE),
        _kind("window.edit", Topic.PLACES, "window", "changed", _CHANGE),
        _kind("freeze.create", Topic.PLACES, "freeze", "began or planned", _CHANGE),
        _kind("freeze.edit", Topic.PLACES, "freeze", "changed", _CHANGE),
        _kind("freeze.lift", Topic.PLACES, "freeze", "lifted", _CHANGE),
        _kind("target.create", Topic.PLACES, "target", "created", _CHANGE),
        _kind("target.edit", Topic.PLACES, "target", "changed", _CHANGE),
        _kind("target.archive", Topic.PLACES, "target", "archived", _CHANGE),
        _kind("target.restore", Topic.PLACES, "target", "brought back", _CHANGE),
        _kind("target.test", Topic.PLACES, "target", "tested the connection of", _SAID),
        _kind("route.open", Topic.PLACES, "route", "opened", "environment after"),
        _kind("schedule.create", Topic.SCHEDULES, "schedule", "scheduled", _CHANGE),
        _kind("schedule.edit", Topic.SCHEDULES, "schedule", "changed the schedule of", _CHANGE),
        _kind("schedule.cancel", Topic.SCHEDULES, "schedule", "cancelled the schedule of", _CHANGE),
        _kind("schedule.move", Topic.SCHEDULES, "schedule", "moved the schedule of", _CHANGE),
        _kind("schedule.miss", Topic.SCHEDULES, "migration", "missed the scheduled time of", _SAID),
        _kind("schedule.end", Topic.SCHEDULES, "migration", "ended the schedule of", _SAID),
        _kind("schedule.window_closed", Topic.SCHEDULES, "migration", "acted on the closed window of", _SAID),
        _kind("schedule.window_opened", Topic.SCHEDULES, "migration", "went on in the next window with", _SAID),
        _kind("schedule.held_up", Topic.SCHEDULES, "migration", "kept paused in an open window", _SAID),
        _kind("migration.create", Topic.CHANGES, "migration", "created", _CHANGE),
        _kind("migration.clone", Topic.CHANGES, "migration", "cloned", _CHANGE),
        _kind("migration.promote", Topic.CHANGES, "migration", "promoted what was proven as", _CHANGE),
        _kind("migration.edit", Topic.CHANGES, "migration", "edited", _CHANGE),
        _kind("migration.describe", Topic.CHANGES, "migration", "described", _CHANGE),
        _kind("migration.archive", Topic.CHANGES, "migration", "archived", _CHANGE),
        _kind("migration.restore", Topic.CHANGES, "migration", "brought back", _CHANGE),
        _kind("migration.plan", Topic.CHANGES, "migration", "planned", _CHANGE),
        _kind("migration.preflight", Topic.CHANGES, "environment", "made a pre-flight in", "environment after"),
        _kind("migration.cancel", Topic.CHANGES, "migration", "cancelled", _GIVEN_REASON),
        _kind("dependency.add", Topic.CHANGES, "migration", "had another migration come before", _CHANGE),
        _kind("dependency.remove", Topic.CHANGES, "migration", "no longer has another migration come before", _CHANGE),
        _kind("review.submit", Topic.SIGNATURES, "migration", "submitted for review", _CHANGE),
        _kind("review.withdraw", Topic.SIGNATURES, "migration", "withdrew from review", _CHANGE),
        _kind("review.approve", Topic.SIGNATURES, "migration", "signed", _SAID),
        _kind("review.reject", Topic.SIGNATURES, "migration", "declined", _SAID),
        _kind("review.comment", Topic.SIGNATURES, "migration", "commented on", _SAID),
        _kind("review.approved", Topic.SIGNATURES, "migration", "completed the review of", "environment after"),
        _kind("review.warn", Topic.SIGNATURES, "migration", "told of the end of the review of", "environment after"),
        _kind("review.expire", Topic.SIGNATURES, "migration", "ended the expired review of", "environment after"),
        _kind("review.asked_anew", Topic.SIGNATURES, "migration", "changed who has to sign", _GIVEN_REASON),
        _kind("run.sign_off", Topic.SIGNATURES, "run", "answered the confirmation of", "environment after"),
        _kind("waiver.give", Topic.SIGNATURES, "migration", "waived a finding of the risk of", _GIVEN_REASON),
        _kind("waiver.withdraw", Topic.SIGNATURES, "migration", "withdrew a waiver of the risk of", _GIVEN_REASON),
        _kind("policy.propose", Topic.POLICIES, "policy", "proposed", "reason before after"),
        _kind("policy.confirm", Topic.POLICIES, "policy", "put in force", "reason before after"),
        _kind("policy.withdraw", Topic.POLICIES, "policy", "withdrew the proposal of", "reason before after"),
        _kind("grant.create", Topic.RIGHTS, "grant", "made", _CHANGE),
        _kind("grant.revoke", Topic.RIGHTS, "grant", "took away", _CHANGE),
        _kind("token.create", Topic.RIGHTS, "token", "made", "after"),
        _kind("token.edit", Topic.RIGHTS, "token", "changed", "before after"),
        _kind("token.revoke", Topic.RIGHTS, "token", "revoked", "before"),
        _kind("person.create", Topic.RIGHTS, "person", "made the account of", "reason before after"),
        _kind("person.edit", Topic.RIGHTS, "person", "changed the account of", "reason before after"),
        _kind("group.create", Topic.RIGHTS, "group", "made", "after"),
        _kind("group.edit", Topic.RIGHTS, "group", "changed", "after"),
        _kind("group.delete", Topic.RIGHTS, "group", "deleted", "after"),
        _kind("session.revoke", Topic.RIGHTS, "session", "ended", "before"),
        _kind("session.revoke_all", Topic.RIGHTS, "session", "ended the sessions of", "reason before"),
        _kind("session.revoke_others", Topic.RIGHTS, "session", "ended the other sessions of"),
        _kind("account.lock", Topic.RIGHTS, "account", "was locked out of", "reason after", only_refused=True),
        _kind(
            "account.use_key",
            Topic.RIGHTS,
            "account",
            "used a security key that was copied, of",
            only_refused=True,
        ),
        _kind("account.unlock", Topic.RIGHTS, "account", "lifted the lock of", "before"),
        _kind("invitation.create", Topic.RIGHTS, "invitation", "made", "environment after"),
        _kind("invitation.revoke", Topic.RIGHTS, "invitation", "revoked", "environment after"),
        _kind("invitation.open", Topic.RIGHTS, "invitation", "opened", "environment after"),
        _kind("invitation.accept", Topic.RIGHTS, "invitation", "accepted", "environment after"),
        _kind("sign_on_answer.keep", Topic.RIGHTS, "sign_on_answer", "brought a second time", only_refused=True),
        _kind("sign_on_answer.take", Topic.RIGHTS, "sign_on_answer", "finished elsewhere", only_refused=True),
        _kind("person.sign_on", Topic.RIGHTS, "person", "signed on as"),
        _kind("person.link", Topic.RIGHTS, "person", "linked the single sign-on of", "after"),
        _kind("alert_rule.create", Topic.PLACES, "alert_rule", "made", _CHANGE),
        _kind("alert_rule.edit", Topic.PLACES, "alert_rule", "changed", _CHANGE),
        _kind("alert_rule.test", Topic.PLACES, "alert_rule", "tested", _CHANGE),
        _kind("alert_channel.create", Topic.PLACES, "alert_channel", "made", "before after"),
        _kind("alert_channel.edit", Topic.PLACES, "alert_channel", "changed", "before after"),
        _kind("alert_channel.test", Topic.PLACES, "alert_channel", "tested", "after"),
        _kind("alert.acknowledge", Topic.PLACES, "alert", "acknowledged", "environment after"),
        _kind("webhook.create", Topic.PLACES, "webhook", "made", _CHANGE),
        _kind("webhook.edit", Topic.PLACES, "webhook", "changed", _CHANGE),
        _kind("webhook.rotate", Topic.PLACES, "webhook", "gave a new secret to", _CHANGE),
        _kind("webhook.test", Topic.PLACES, "webhook", "tested", _CHANGE),
        _kind("webhook.redeliver", Topic.PLACES, "webhook", "sent again a message of", _CHANGE),
        _kind("webhook.end", Topic.PLACES, "webhook", "ended", _SAID),
        _kind("secret.create", Topic.PLACES, "stored_secret", "stored", "environment after"),
        _kind("secret.replace", Topic.PLACES, "stored_secret", "gave another value to", "environment after"),
        _kind("secret.archive", Topic.PLACES, "stored_secret", "archived", "environment after"),
        _kind("secret.restore", Topic.PLACES, "stored_secret", "restored", "environment after"),
        _kind("secrets.rotate", Topic.PLACES, "secrets", "sealed with the newest key the", "after"),
        _kind("run.validate", Topic.RUNS, "migration", "started a dry run of", _CHANGE),
        _kind("run.rehearse", Topic.RUNS, "migration", "started a rehearsal of", _CHANGE),
        _kind("run.execute", Topic.RUNS, "migration", "started", _CHANGE),
        _kind("run.roll_back", Topic.RUNS, "migration", "asked to roll back", _CHANGE),
        _kind("run.pause", Topic.RUNS, "run", "asked to pause", _CHANGE),
        _kind("run.resume", Topic.RUNS, "run", "resumed", _CHANGE),
        _kind("run.cancel", Topic.RUNS, "run", "asked to cancel", _CHANGE),
        _kind("run.retry", Topic.RUNS, "run", "retried", _CHANGE),
        _kind("run.postpone", Topic.RUNS, "run", "postponed the hand-over of", _CHANGE),
        _kind("run.cut_over", Topic.RUNS, "run", "released the hand-over of", _CHANGE),
        _kind("run.bring_back", Topic.RUNS, "run", "asked to bring back every bucket of", _CHANGE),
        _kind("run.throttle", Topic.RUNS, "run", "set the pace of", _CHANGE),
        _kind("run.break_glass", Topic.EMERGENCIES, "migration", "broke the glass to start", _GIVEN_REASON),
        _kind("break_glass.close", Topic.EMERGENCIES, "migration", "closed the break-glass of", _SAID),
        _kind("run.read_report", Topic.RUNS, "run", "read the report of", "environment after"),
        _kind("run.export_report", Topic.EXPORTS, "run", "downloaded the report of", "environment after"),
        _kind("run.ask_report", Topic.EXPORTS, "run", "asked for a file of the report of", "environment after"),
        _kind("run.fetch_report", Topic.EXPORTS, "run", "fetched a file of the report of", "environment after"),
        _kind("run.drop_report", Topic.EXPORTS, "run", "removed a file of the report of", "environment after"),
        _kind("run.send_report", Topic.EXPORTS, "run", "sent the report of", "environment after"),
        _kind("run.rejected_rows", Topic.EXPORTS, "run", "downloaded the refused rows of", "environment after"),
        _kind("backup.delete", Topic.PLACES, "run", "deleted the backup of", _SAID),
        _kind("audit.read", Topic.EXPORTS, "audit", "read", "after"),
        _kind("audit.export", Topic.EXPORTS, "audit", "exported", "after"),
        _kind("audit.download", Topic.EXPORTS, "audit", "downloaded an export of", "after"),
        _kind("audit.remove_export", Topic.EXPORTS, "audit", "removed an export of", "after"),
        _kind("audit.verify", Topic.AUDIT, "audit", "verified", "after"),
        _kind("audit.remove", Topic.AUDIT, "audit", "removed archived entries of", "reason after"),
        _kind("review.decide", Topic.DOORS, "migration", "decided on"),
        _kind("migration.watch", Topic.DOORS, "migration", "watched"),
        _kind("migration.unwatch", Topic.DOORS, "migration", "stopped watching"),
        _kind("notification.read", Topic.DOORS, "notification", "read"),
        _kind("notification.unread", Topic.DOORS, "notification", "marked as unread"),
        _kind("notification.read_all", Topic.DOORS, "notification", "read all of"),
        _kind("saved_filter.save", Topic.DOORS, "saved_filter", "saved"),
        _kind("saved_filter.rename", Topic.DOORS, "saved_filter", "renamed"),
        _kind("saved_filter.choose_default", Topic.DOORS, "saved_filter", "chose as default"),
        _kind("saved_filter.delete", Topic.DOORS, "saved_filter", "deleted"),
        _kind("saved_filter.restore", Topic.DOORS, "saved_filter", "brought back"),
        _kind("person.guide", Topic.DOORS, "person", "showed or hid the guide of"),
        _kind("route.lease", Topic.DOORS, "route", "took a lease of"),
        _kind("rate_limit", Topic.DOORS, "rate_limit", "was held back by", only_refused=True),
        _kind("page.open", Topic.DOORS, "page", "opened"),
        _kind("api.call", Topic.DOORS, "api", "called"),
        _kind("live.watch", Topic.DOORS, "run", "watched"),
        _kind("admin.open", Topic.DOORS, "admin", "opened"),
    )
}


def actions_of(topic: str) -> tuple[str, ...]:
    """The kinds of a topic, by name; none for what is no topic."""
    return tuple(sorted(kind.name for kind in KINDS.values() if kind.topic == topic))
