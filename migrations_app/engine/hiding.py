"""What may be secret, and how it is hidden: the one rule for logs, events, audit entries, reports and error pages.

A text is hidden because of its name (`password: …`), of its shape (a password in an address or a connection string,
a bearer token, a private key, a link that lets somebody in), or because this process knows it: whoever opens a secret
calls `remember`. Known values are also found as they look in addresses, JSON, Python, HTML, hexadecimal and base64.
"""

import base64
import html
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "•••"
LEAST_KNOWN = 6  # characters; shorter values would hide half of every text, so a process does not look for them
LEAST_IN_STATE = 12  # characters; a shorter one may be the name of something that is read back
FOR_PEOPLE = frozenset({"message", "error", "instructions", "because"})  # entries of an event that nothing acts by
MOST_KNOWN = 5_000
_LEAST_ENCODED = 8  # characters of base64 that are no coincidence

SECRET_NAME = re.compile(
    r"passw(or)?d|passphrase|secret|token|credential|private_?key|api_?key|authorization|cookie|\bdsn\b"
    r"|session_?key|session_?id|recovery_?codes?|otp|saml_?(response|request)|relay_?state",
    re.IGNORECASE,
)
_NAMES = (
    r"(?:password|passwd|passphrase|pwd|secret|token|credential|private_?key|api_?key|authorization|cookie)[\w-]{0,40}"
)
_QUOTED = r"""(?P<quote>["'])(?:\\.|(?!(?P=quote))[^\\])+(?P=quote)"""
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}-----|\Z)", re.DOTALL), HIDDEN),
    (re.compile(r"\b([a-z][a-z0-9+.-]{0,20}://[^\s:/@]*):[^\s/@]+@", re.IGNORECASE), rf"\1:{HIDDEN}@"),
    (re.compile(r"\b(https?://)[^\s:/@•]+@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    (re.compile(r"(authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?\w{1,20} )[^\s\"',]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"\b(Bearer )(?=[^\s\"']{0,200}\d)[A-Za-z0-9._~+/=-]{16,}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"\b(swk_[0-9a-f]{8}_)[A-Za-z0-9_-]{16,}"), rf"\1{HIDDEN}"),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]{16,}"), HIDDEN),
    (re.compile(r"(/invitations/)[A-Za-z0-9_-]{16,}"), rf"\1{HIDDEN}"),
    (re.compile(r"(/password/reset/key/[0-9a-z]{1,40}-)(?!set-password\b)[^/\s\"'?#<>•]+"), rf"\1{HIDDEN}"),
    (re.compile(r"([?&](?:code|state)=)[^\s&\"'#<>•]{20,}"), rf"\1{HIDDEN}"),  # of a single sign-on; no word of ours
    (
        re.compile(r"((?:SAML(?:Response|Request)|RelayState)[\"']?\s{0,3}[:=]\s{0,3}[\"'\[]{0,2})[\w+/=%.-]{20,}"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(rf"({_NAMES}[\"']?\s{{0,3}}[:=]\s{{0,3}}){_QUOTED}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (
        re.compile(rf"({_NAMES}=)(?!(?:\d+|None|True|False)\b)[^\s,;&)\]}}\"'<>•]+", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
)


_UNWRITABLE = re.compile("[\\x00\\ud800-\\udfff]")


class _Known:
    """The values that this process has opened, as one pattern; the oldest are forgotten beyond `MOST_KNOWN`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, None] = {}
        self._pattern: re.Pattern[str] | None = None
        self._in_state: re.Pattern[str] | None = None

    def add(self, values: Iterable[str]) -> None:
        with self._lock:
            fresh = [value for value in values if _is_looked_for(value) and value not in self._values]
            if not fresh:
                return
            self._values.update(dict.fromkeys(fresh))
            for _ in range(len(self._values) - MOST_KNOWN):
                del self._values[next(iter(self._values))]
            self._pattern = pattern_of(self._values)
            self._in_state = pattern_of(filter(_is_long, self._values))

    def hide(self, text: str) -> str:
        return _hidden(self._pattern, text)

    def hide_in_state(self, text: str) -> str:
        return _hidden(self._in_state, text)


def _is_looked_for(value: str) -> bool:
    """No word of a language: it would blank out texts, and whoever guesses finds it anyway."""
    return len(value) >= LEAST_KNOWN and (_is_long(value) or not value.isalpha())


def _is_long(value: str) -> bool:
    return len(value) >= LEAST_IN_STATE


def _hidden(pattern: re.Pattern[str] | None, text: str) -> str:
    return pattern.sub(HIDDEN, text) if pattern is not None else text


_known = _Known()


def remember(*values: str) -> None:
    """From now on this process hides these values wherever it writes.

    Not those of less than `LEAST_KNOWN` characters, and no words of less than `LEAST_IN_STATE`. Known for the life of
    the process; where a run's targets have such, its own `Redactor` hides them in texts.
    """
    _known.add(values)


def pattern_of(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """One that matches any of these values in any of their forms, the longest first; None without values."""
    texts = {form for secret in secrets if secret for form in _forms(secret)}
    return re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True)))) if texts else None


def _forms(secret: str) -> Iterator[str]:
    yield secret
    if len(secret) < LEAST_KNOWN:
        return
    raw = secret.encode("utf-8", "surrogatepass")
    in_addresses = quote(raw, safe="")
    yield from (in_addresses, re.sub(r"%..", lambda found: found[0].lower(), in_addresses), quote_plus(raw))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    yield from (html.escape(secret), raw.hex(), raw.hex().upper())
    for before in range(3):  # what stands before it shifts the groups of base64
        encoded = base64.b64encode(bytes(before) + raw)
        own = encoded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6].decode()
        if len(own) >= _LEAST_ENCODED:
            yield from (own, own.replace("+", "-").replace("/", "_"))


class Redactor:
    """Hides the given values, however short, beside everything that the rule hides; names of entries do not count."""

    def __init__(self, secrets: Iterable[str]) -> None:
        given = [secret for secret in secrets if secret]
        self._own = pattern_of(given)
        self._own_in_state = pattern_of(filter(_is_long, given))

    def text(self, text: str) -> str:
        return redact_text(_hidden(self._own, text))

    def payload(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """The event's payload without secrets; the very object where there was nothing to hide.

        Results, checkpoints and whatever else is read back are what a run goes on by: a name or key there that happens
        to be somebody's password, or looks like one, must stay as it is. So only values that are no coincidence are
        hidden in those, and none of their keys.
        """
        entries = {
            key: _walked(item, self.text) if key in FOR_PEOPLE else _walked(item, self._state, keys=False)
            for key, item in event.items()
        }
        return event if all(map(_is, entries.values(), event.values())) else entries

    def _state(self, text: str) -> str:
        return _known.hide_in_state(_hidden(self._own_in_state, text))


def redact(value: Any, hidden: Iterable[str] = ()) -> Any:
    """A JSON-like value without what the rule hides, and without the values `hidden`.

    The very object where there was nothing to hide. Entries of a mapping are hidden by their name as well.
    """
    return _walked(value, Redactor(hidden).text, by_name=True)


def redact_texts(value: Any) -> Any:
    """A JSON-like value with `redact_text` of every text in it; names of entries do not count."""
    return _walked(value, redact_text)


def redact_text(text: str) -> str:
    """The text without values that this process knows and without what looks like a credential.

    Also without NUL and halves of surrogate pairs, which Python has in names of files and messages, and which neither
    PostgreSQL nor UTF-8 can hold: what could not be written down would be tried again for ever.
    """
    text = _known.hide(text)
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return _UNWRITABLE.sub("\ufffd", text)


def _walked(value: Any, hide: Any, *, by_name: bool = False, keys: bool = True) -> Any:
    if isinstance(value, str):
        shown = hide(value)
        return value if shown == value else shown
    if isinstance(value, Mapping):
        entries = {
            hide(key) if keys and isinstance(key, str) else key: HIDDEN
            if by_name and isinstance(item, str) and item and SECRET_NAME.search(str(key))
            else _walked(item, hide, by_name=by_name, keys=keys)
            for key, item in value.items()
        }
        same = len(entries) == len(value) and all(key in value and entries[key] is value[key] for key in entries)
        return value if same else entries
    if isinstance(value, list | tuple):
        items = [_walked(item, hide, by_name=by_name, keys=keys) for item in value]
        return value if all(map(_is, items, value)) else items
    return value


def _is(one: Any, other: Any) -> bool:
    return one is other
