"""An audit entry as one sentence: who did, or tried, what to which thing."""

from collections.abc import Mapping
from typing import Any

_VERBS: Mapping[str, str] = {
    "environment.create": "created",
    "environment.edit": "changed",
    "window.create": "created",
    "window.edit": "changed",
    "freeze.create": "began or planned",
    "freeze.edit": "changed",
    "freeze.lift": "lifted",
    "schedule.create": "scheduled",
    "schedule.edit": "changed the schedule of",
    "schedule.cancel": "cancelled the schedule of",
    "schedule.move": "moved the schedule of",
    "schedule.miss": "missed the scheduled time of",
    "schedule.end": "ended the schedule of",
    "schedule.window_closed": "acted on the closed window of",
    "schedule.window_opened": "went on in the next window with",
    "schedule.held_up": "kept paused in an open window",
    "dependency.add": "had another migration come before",
    "dependency.remove": "no longer has another migration come before",
    "target.create": "created",
    "route.open": "opened",
    "target.edit": "changed",
    "target.archive": "archived",
    "target.restore": "brought back",
    "target.test": "tested the connection of",
    "migration.create": "created",
    "migration.clone": "cloned",
    "migration.promote": "promoted what was proven as",
    "migration.edit": "edited",
    "migration.cancel": "cancelled",
    "migration.describe": "described",
    "migration.archive": "archived",
    "migration.restore": "brought back",
    "migration.plan": "planned",
    "migration.import": "imported",
    "review.submit": "submitted for review",
    "review.withdraw": "withdrew from review",
    "review.decide": "decided on",
    "review.approve": "signed",
    "review.reject": "declined",
    "review.comment": "commented on",
    "review.approved": "completed the review of",
    "review.warn": "told of the end of the review of",
    "review.expire": "ended the expired review of",
    "review.asked_anew": "changed who has to sign",
    "policy.propose": "proposed",
    "policy.confirm": "put in force",
    "policy.withdraw": "withdrew the proposal of",
    "waiver.give": "waived a finding of the risk of",
    "waiver.withdraw": "withdrew a waiver of the risk of",
    "grant.create": "made",
    "grant.revoke": "took away",
    "session.revoke": "ended",
    "session.revoke_all": "ended the sessions of",
    "session.revoke_others": "ended the other sessions of",
    "account.lock": "locked",
    "account.unlock": "lifted the lock of",
    "invitation.create": "made",
    "invitation.revoke": "revoked",
    "invitation.open": "opened",
    "invitation.accept": "accepted",
    "person.sign_on": "signed on as",
    "person.link": "linked the single sign-on of",
    "token.create": "made",
    "token.revoke": "revoked",
    "alert_rule.create": "made",
    "alert_rule.edit": "changed",
    "alert_rule.test": "tested",
    "alert_channel.create": "made",
    "alert_channel.edit": "changed",
    "alert_channel.test": "tested",
    "alert.acknowledge": "acknowledged",
    "secret.create": "stored",
    "secret.replace": "gave another value to",
    "secret.archive": "archived",
    "secret.restore": "restored",
    "webhook.create": "made",
    "webhook.edit": "changed",
    "webhook.rotate": "gave a new secret to",
    "webhook.test": "tested",
    "webhook.redeliver": "sent again a message of",
    "webhook.end": "ended",
    "run.validate": "started a dry run of",
    "run.rehearse": "started a rehearsal of",
    "run.execute": "started",
    "run.break_glass": "broke the glass to start",
    "break_glass.close": "closed the break-glass of",
    "run.roll_back": "asked to roll back",
    "run.pause": "asked to pause",
    "run.resume": "resumed",
    "run.cancel": "asked to cancel",
    "run.retry": "retried",
    "run.postpone": "postponed the hand-over of",
    "run.cut_over": "released the hand-over of",
    "run.bring_back": "asked to bring back every bucket of",
    "run.throttle": "set the pace of",
    "run.sign_off": "answered the confirmation of",
    "run.rejected_rows": "downloaded the refused rows of",
    "backup.delete": "deleted the backup of",
    "audit.verify": "verified",
    "audit.export": "exported",
}


def sentence(body: Mapping[str, Any]) -> str:
    """`body` is the entry's content. Unknown actions are shown by their own name."""
    thing = _thing(body)
    verb = _VERBS.get(body["action"])
    who = body["actor"] + (f" (for {body['on_behalf_of']})" if body["on_behalf_of"] else "")
    if body["outcome"] == "denied":
        return f"{who} was refused: {body['action'].replace('.', ' ').replace('_', ' ')} {thing}"
    failed = " without success" if body["outcome"] == "failed" else ""
    if verb is None:
        return f"{who}: {body['action'].replace('.', ' ').replace('_', ' ')} {thing}{failed}"
    return f"{who} {verb} {thing}{failed}"


def _thing(body: Mapping[str, Any]) -> str:
    name = next(
        (
            str(side[key])
            for side in (body["after"], body["before"])
            if isinstance(side, Mapping)
            for key in ("title", "name", "holder")
            if side.get(key)
        ),
        "",
    )
    kind = body["object"]["type"].replace("_", " ")
    named = f"“{name}”" if name else body["object"]["id"]
    where = f" in {body['environment']}" if body["environment"] and kind != "environment" else ""
    return f"{kind} {named}{where}".strip()
