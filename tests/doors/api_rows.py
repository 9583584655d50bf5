"""What each operation of the API asks for whose things only the scene of the doors has.

The others stand in tests/api/test_role_matrix.py; a new operation has a row here or there. A row is `METHOD path`.
"""

from migrations_app.selectors.access import Permission
from tests.doors.rows import OWN, THING, WHOLE, Asks

P = Permission
PAST = "2020-01-01T00:00:00Z"
DOCUMENT = "a role there; of an environment that one may not see the document is wrong"
WINDOW, FREEZE, SCHEDULE = "/windows/{window_id}", "/freezes/{freeze_id}", "/schedules/{schedule_id}"
POLICY, MIGRATION, HISTORY = "/policies/{policy_id}", "/migrations/{migration_id}", "/targets/{target_id}/history"
ROUTE = "/routes/{name}"

API_ROWS: dict[str, Asks] = {
    f"GET {FREEZE}": Asks(P.VIEW, THING),
    f"PATCH {FREEZE}": Asks(P.MANAGE_ENVIRONMENTS, THING, sent={"reason": "x"}),
    f"POST {FREEZE}/lift": Asks(P.MANAGE_ENVIRONMENTS, THING),
    f"GET {WINDOW}": Asks(P.VIEW, THING),
    f"PATCH {WINDOW}": Asks(P.MANAGE_ENVIRONMENTS, THING, sent={"name": "x"}),
    "POST /migrations/import": Asks(P.AUTHOR, DOCUMENT),
    "POST /migrations/preflight": Asks(P.AUTHOR, DOCUMENT),
    f"POST {MIGRATION}/promote": Asks(P.VIEW, THING, sent={}),
    f"POST {MIGRATION}/waivers/{{waiver_id}}/withdraw": Asks(P.WAIVE_RISK, THING),
    f"GET {POLICY}": Asks(P.VIEW, THING),
    f"PATCH {POLICY}": Asks(P.MANAGE_POLICIES, WHOLE, sent={"reason": "x"}),
    f"POST {POLICY}/confirm": Asks(P.CONFIRM_POLICIES, WHOLE, sent={"version": 1}),
    f"POST {POLICY}/retire": Asks(P.MANAGE_POLICIES, WHOLE, sent={}),
    f"GET {POLICY}/versions/{{number}}/replay": Asks(P.VIEW, THING),
    f"POST {POLICY}/withdraw": Asks(P.MANAGE_POLICIES, WHOLE, sent={"version": 1}),
    f"GET {ROUTE}": Asks(P.VIEW, THING),
    f"GET {ROUTE}/leases": Asks(P.VIEW, THING),
    f"PUT {ROUTE}/leases/{{client_id}}": Asks(P.FOLLOW_ROUTES, THING, sent={"boot_id": "b", "acked_epoch": 1}),
    "POST /schedules": Asks(P.EXECUTE, THING, sent={"timing": "at", "at": PAST, "migration_id": "{migration_id}"}),
    f"GET {SCHEDULE}": Asks(P.VIEW, THING),
    f"PATCH {SCHEDULE}": Asks(P.EXECUTE, THING, sent={"grace_minutes": 5}),
    f"POST {SCHEDULE}/cancel": Asks(P.EXECUTE, THING),
    "DELETE /lockouts/{lockout_id}": Asks(P.MANAGE_PEOPLE, WHOLE),
    "POST /invitations/{invitation_id}/revoke": Asks(P.MANAGE_PEOPLE, THING),
    "DELETE /sessions/{session_id}": Asks(None, OWN),
    "DELETE /tokens/{token_id}": Asks(None, OWN),
    "GET /tokens/{token_id}": Asks(None, OWN),
    "PATCH /tokens/{token_id}": Asks(None, OWN, sent={"name": "x"}),
    f"GET {HISTORY}": Asks(P.VIEW, THING),
    f"GET {HISTORY}/{{before}}/{{after}}": Asks(P.VIEW, THING),
    f"POST {HISTORY}/{{number}}/restore": Asks(P.AUTHOR, THING, sent={}),
    "POST /alerts/{alert_id}/acknowledge": Asks(P.ACKNOWLEDGE_ALERTS, THING),
}


def page_of(path: str) -> str:
    """The address of the page that shows the same thing, where the scene has another one of that kind for it."""
    return "target_history" if path.startswith(HISTORY) else ""
