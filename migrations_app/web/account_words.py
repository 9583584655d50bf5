"""What the account's pages say of roles and browsers: pure functions, which the template tags name."""

ROLES = {
    "viewer": "Sees everything there and changes nothing.",
    "operator": "Writes, plans, starts, pauses and rolls back migrations.",
    "approver": "Reads plans and signs or refuses them.",
    "auditor": "Reads the audit trail and verifies its chain.",
    "admin": "Manages environments, targets, policies and who may do what.",
}
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def role_meaning(role: object) -> str:
    """`operator in staging` -> what an operator may do; '' for a role without a description."""
    return ROLES.get(str(role).partition(" ")[0], "")


def browser_name(user_agent: object) -> str:
    """`Mozilla/5.0 (X11; Linux x86_64) ... Chrome/140.0` -> `Chrome on Linux`. The first mark that is there decides."""
    text = str(user_agent)
    browser = next((name for mark, name in BROWSERS if mark in text), "")
    system = next((name for mark, name in SYSTEMS if mark in text), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or (text[:40] if text else "not told")
