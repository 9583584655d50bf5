"""Lines of a configuration as people may see them: values that are credentials by their key are hidden.

The files themselves are kept and written as they are; what is shown is also stored, sent by the API, and exported.
"""

import re

HIDDEN = "•••"
_KEY = r"[\w.\"'-]*(?:password|passwd|secret|token|api_?key|private_?key|cookie|credential)[\w.\"'?-]*"
_ASSIGNED = re.compile(
    rf"(?P<key>{_KEY}\s*(?:=>|:=|[:=,])\s*)(?P<quote>[\"'])(?:\\.|(?!(?P=quote)).)+(?P=quote)", re.IGNORECASE
)
_BARE = re.compile(rf"(?P<key>^\s*(?:-\s*)?{_KEY}\s*[:=]\s+)(?P<value>[^\s\"'{{\[&*|>#][^#\n]*)", re.IGNORECASE)
_IN_URL = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^\s:/@\"']*:)[^\s@/\"']+(?=@)", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z_.]+[?!]?\(")  # `password: System.get_env("PASSWORD")` names no secret


def shown(line: str) -> str:
    line = line.replace("\0", "�")  # what PostgreSQL does not store in JSON
    line = _ASSIGNED.sub(lambda found: f"{found['key']}{found['quote']}{HIDDEN}{found['quote']}", line)
    line = _BARE.sub(lambda found: found[0] if _CODE.match(found["value"]) else f"{found['key']}{HIDDEN}", line)
    return _IN_URL.sub(lambda found: f"{found['before']}{HIDDEN}", line)
