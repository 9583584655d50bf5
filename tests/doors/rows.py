"""What each address of a page asks for: the one table. A new address fails the walk until it has a row here.

A row is `METHOD name`, and what it asks of whom. Who holds a permission is the one table in `selectors/access.py`.
`docs/doors.md` shows this table; `python -m tests.doors.rows` writes it there, with
DJANGO_SETTINGS_MODULE=snakeweb.settings.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django

django.setup()

from migrations_app.selectors.access import Permission  # noqa: E402  models load only after django.setup()

P = Permission
EVERYBODY, NOBODY, SIGNED_IN, OWN, THING, FEED, ENTRY, WHOLE, ANYWHERE = (
    "everybody",
    "nobody: only where Snakeweb is built",
    "whoever signed in",
    "the owner",
    "a role there",
    "a role there; nobody is sent to sign in",
    "a role there; who has it elsewhere only finds nothing",
    "a role everywhere",
    "a role anywhere",
)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "doors.md"
BEGIN, END = "<!-- addresses -->\n", "<!-- end of addresses -->"


@dataclass(frozen=True)
class Asks:
    """`sent`: the form that gets as far as the question who may."""

    permission: P | None = None
    of: str = THING
    sent: Mapping[str, Any] = field(default_factory=dict)


def _rows(of: str, permission: P | None, names: str, method: str = "GET", **more: Any) -> dict[str, Asks]:
    return {f"{method} {name}": Asks(permission, of, **more) for name in names.split()}


IN_PRODUCTION = {"environment": "{environment_id}", "environment_id": "{environment_id}", "comment": "x"}
DECISION = {"decision": "reject", "step": "x", "digest": "0" * 64, "comment": "x"}
DECIDED = {"decision.area": "found", "decision.root": "found", "decision.total": "custom", "version": "1"}
ROWS: dict[str, Asks] = {
    **_rows(EVERYBODY, None, "healthz readyz metrics handbook handbook_page"),
    **_rows(
        SIGNED_IN, None, "home inbox search palette migration_list migration_new migration_import migration_compare"
    ),
    **_rows(
        SIGNED_IN, None, "calendar trends run_list run_hits environment_list environment_new target_list target_new"
    ),
    **_rows(SIGNED_IN, None, "policy_list policy_new freeze_new settings settings_sessions settings_tokens"),
    **_rows(SIGNED_IN, None, "session_revoke settings_token_revoke"),
    **_rows(SIGNED_IN, None, "guide_hide guide_show inbox_read inbox_read_one inbox_unread_one filter_save", "POST"),
    **_rows(SIGNED_IN, None, "help"),
    **_rows(SIGNED_IN, None, "settings_tokens theme_choose", "POST"),
    **_rows(OWN, None, "filter_rename filter_default filter_delete filter_restore sketch_discard", "POST"),
    **_rows(OWN, None, "session_revoke settings_token settings_token_revoke", "POST"),
    **_rows(OWN, None, "sketch settings_token"),
    **_rows(THING, P.VIEW, "migration migration_sign migration_describe migration_export migration_diff"),
    **_rows(THING, P.VIEW, "migration_rehearse migration_break_glass migration_roll_back migration_promote"),
    **_rows(THING, P.VIEW, "migration_across migration_related migration_cancel migration_schedule window_edit"),
    **_rows(THING, P.VIEW, "window_new waiver_new waiver_withdraw run run_report run_log run_lines run_actions"),
    **_rows(THING, P.VIEW, "run_report_file run_impact run_report_files"),
    **_rows(OWN, None, "run_report_fetch"),
    **_rows(THING, P.VIEW, "run_report_files", "POST"),
    **_rows(OWN, None, "run_report_drop", "POST"),
    **_rows(THING, P.VIEW, "run_charts run_route run_confirm run_roll_back run_cancel run_bring_back environment"),
    **_rows(THING, P.VIEW, "environment_edit target target_edit target_archive policy policy_edit policy_replay"),
    **_rows(THING, P.VIEW, "target_history migration_tools"),
    **_rows(THING, P.VIEW, "migration_watch migration_unwatch migration_promote", "POST"),
    **_rows(THING, P.AUTHOR, "migration_edit"),
    **_rows(ANYWHERE, P.AUTHOR, "sketch_begin sketch sketch_keep migration_import", "POST"),
    **_rows(OWN, P.AUTHOR, "sketch_restore", "POST"),
    **_rows(SIGNED_IN, None, "migration_new", "POST"),
    **_rows(THING, P.AUTHOR, "migration_describe migration_archive migration_restore migration_plan", "POST"),
    **_rows(THING, P.AUTHOR, "migration_submit migration_withdraw migration_clone migration_cancel", "POST"),
    **_rows(THING, P.AUTHOR, "migration_tools", "POST", sent=DECIDED),
    **_rows(THING, P.AUTHOR, "migration_dependency_add", "POST", sent={"predecessor_id": "{predecessor_id}"}),
    **_rows(THING, P.COMMENT, "migration_comment", "POST", sent=DECISION),
    **_rows(THING, P.SIGN, "migration_sign", "POST", sent=DECISION),
    **_rows(THING, P.SIGN, "migration_break_glass_close", "POST"),
    **_rows(THING, P.SIGN_OFF, "run_confirm", "POST", sent=DECISION),
    **_rows(THING, P.VALIDATE, "migration_validate migration_rehearse", "POST"),
    **_rows(THING, P.EXECUTE, "migration_execute migration_schedule schedule_cancel", "POST"),
    **_rows(THING, P.EXECUTE, "migration_dependency_remove", "POST"),
    **_rows(THING, P.BREAK_GLASS, "migration_break_glass", "POST"),
    **_rows(THING, P.ROLL_BACK, "migration_roll_back run_roll_back", "POST"),
    **_rows(THING, P.CONTROL, "run_pause run_resume run_cancel run_retry run_cut_over run_postpone", "POST"),
    **_rows(THING, P.CONTROL, "run_rejected"),
    **_rows(THING, P.CONTROL, "run_bring_back run_throttle run_report_send", "POST"),
    **_rows(THING, P.WAIVE_RISK, "waiver_new waiver_withdraw", "POST"),
    **_rows(THING, P.TEST_TARGET, "target_test", "POST"),
    **_rows(THING, P.MANAGE_TARGETS, "target_edit target_archive target_restore", "POST"),
    **_rows(THING, P.MANAGE_TARGETS, "target_new", "POST", sent=IN_PRODUCTION),
    **_rows(THING, P.AUTHOR, "target_history_restore", "POST", sent={"number": "{number}"}),
    **_rows(THING, P.MANAGE_ENVIRONMENTS, "environment_edit window_edit window_new window_restore freeze_lift", "POST"),
    **_rows(WHOLE, P.MANAGE_ENVIRONMENTS, "environment_new freeze_new", "POST"),
    **_rows(WHOLE, P.MANAGE_POLICIES, "policy_new policy_edit policy_retire policy_withdraw", "POST"),
    **_rows(WHOLE, P.CONFIRM_POLICIES, "policy_confirm", "POST"),
    **_rows(ANYWHERE, P.READ_AUDIT, "audit audit_export audit_exports"),
    **_rows(ANYWHERE, P.READ_AUDIT, "audit_exports", "POST"),
    **_rows(OWN, P.READ_AUDIT, "audit_export_file"),
    **_rows(OWN, P.READ_AUDIT, "audit_export_remove", "POST"),
    **_rows(ENTRY, P.READ_AUDIT, "audit_entry"),
    **_rows(WHOLE, P.VERIFY_AUDIT, "audit_verify", "POST"),
    **_rows(WHOLE, P.MANAGE_PEOPLE, "people person person_sign_out"),
    **_rows(WHOLE, P.MANAGE_PEOPLE, "person_sign_out", "POST"),
    **_rows(WHOLE, P.MANAGE_PEOPLE, "lockout_lift", "POST"),
    **_rows(ANYWHERE, P.MANAGE_PEOPLE, "invitation_list"),
    **_rows(ANYWHERE, P.MANAGE_PEOPLE, "invitation_revoke"),
    **_rows(THING, P.MANAGE_PEOPLE, "invitation_list", "POST", sent=IN_PRODUCTION),
    **_rows(ENTRY, P.MANAGE_PEOPLE, "invitation_revoke", "POST"),
    **_rows(ANYWHERE, P.MANAGE_SECRETS, "secret_list"),
    **_rows(THING, P.MANAGE_SECRETS, "secret_list", "POST", sent=IN_PRODUCTION),
    **_rows(THING, P.MANAGE_SECRETS, "secret_replace secret_archive"),
    **_rows(THING, P.MANAGE_SECRETS, "secret_replace secret_archive secret_restore", "POST"),
    **_rows(ANYWHERE, P.MANAGE_WEBHOOKS, "webhook_list"),
    **_rows(WHOLE, P.MANAGE_WEBHOOKS, "webhook_list", "POST"),
    **_rows(THING, P.MANAGE_WEBHOOKS, "webhook"),
    **_rows(THING, P.MANAGE_WEBHOOKS, "webhook webhook_test webhook_rotate webhook_redeliver webhook_restore", "POST"),
    **_rows(SIGNED_IN, None, "alert_list"),
    **_rows(THING, P.ACKNOWLEDGE_ALERTS, "alert_acknowledge", "POST"),
    **_rows(ANYWHERE, P.MANAGE_ALERTS, "alert_rule_new alert_channel"),
    **_rows(THING, P.MANAGE_ALERTS, "alert_rule_new", "POST", sent=IN_PRODUCTION),
    **_rows(THING, P.MANAGE_ALERTS, "alert_rule"),
    **_rows(THING, P.MANAGE_ALERTS, "alert_rule alert_rule_test alert_rule_restore", "POST"),
    **_rows(WHOLE, P.MANAGE_ALERTS, "alert_channel_new"),
    **_rows(WHOLE, P.MANAGE_ALERTS, "alert_channel_new alert_channel alert_channel_test", "POST"),
    **_rows(WHOLE, P.MANAGE_ALERTS, "alert_channel_archive alert_channel_restore", "POST"),
    **_rows(FEED, P.VIEW, "calendar_feed"),
    **_rows(EVERYBODY, None, "invitation"),
    **_rows(EVERYBODY, None, "invitation_accept single_sign_on single_sign_on_finish"),
    **_rows(EVERYBODY, None, "saml_metadata saml_finish"),
    **_rows(EVERYBODY, None, "saml_answer", "POST", sent={"SAMLResponse": "{saml_answer}"}),
    **_rows(EVERYBODY, None, "invitation_accept", "POST"),
    **_rows(NOBODY, None, "styleguide"),
}
# Pages of the sign-in package by whether somebody who has not signed in is answered; what they do is its own.
ENTRANCES = frozenset(
    [
        "account_login",
        "usersessions_list",
        "account_logout",
        "account_inactive",
        "account_signup",
        "account_email_verification_sent",
        "account_confirm_email",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "account_confirm_login_code",
        "mfa_authenticate",
    ]
)
OWN_ACCOUNT = ("account_", "mfa_", "usersessions_")


def table() -> str:
    """Of the page: one line for each permission and way of asking."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for name, asks in ROWS.items():
        key = (str(asks.permission.value) if asks.permission else "", asks.of)
        grouped.setdefault(key, []).append(name)
    lines = ["| permission | who | addresses |", "|---|---|---|"]
    for (permission, of), names in sorted(grouped.items()):
        shown = ", ".join(f"`{name}`" for name in sorted(names))
        lines.append(f"| {f'`{permission}`' if permission else '-'} | {of} | {shown} |")
    return "\n".join(lines) + "\n"


def shown() -> str:
    found = re.search(f"{re.escape(BEGIN)}(.*){re.escape(END)}", PAGE.read_text(), re.DOTALL)
    return found[1] if found else ""


if __name__ == "__main__":
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    PAGE.write_text(before + BEGIN + table() + END + rest.split(END)[1])
    sys.stdout.write(f"{len(ROWS)} rows\n")
