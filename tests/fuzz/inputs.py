"""Strategies: bytes that are nearly what a reader expects, and documents that cost a careless one minutes."""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.services.bombs import BOMBS

_FIXTURES = Path(__file__).resolve().parents[1] / "configuration/fixtures"
_WORDS = {
    "yaml": "apiVersion: snakeweb/v1 kind Migration metadata: {title, environment} spec targets ? - [ ] & * "
    "! !!python/object:os.system << | > %YAML --- ... null ~ 0x1f 1e999 2001-12-14 .inf '' \" # \\ \t",
    "snapshot cursor": "0 -1 ' \" { } : , [ ] e30= s000001 \\u0000 9999999999999999999999",
    "log line": "password= token: 'a' \"secret\": \" redis://u:p@h Bearer x1 -----BEGIN PRIVATE KEY----- = : \\ '",
    "export": '{ } [ ] " : , seq hash previous body signature null 1e999 -0 \\ud800 \n',
    "checkpoint": '{"body": "signature": 0a "format":1, "number":1 [ ] } \\u0000 1e999 NaN null ff',
    "route": '{"name":"r","epoch":1,"stores":{}, "buckets":[{"from":0,"to":255,"phase":"plain_a",'
    '"epoch":1,"authority":"a"}]'
    ' "handoff_deadline":"2026-01-01T00:00:00" null -1 1e999 NaN "x" [ ] { } : , true',
    "search": 'kind: kind:run state: env:"x y" " # #14 run 14 0a0b0c0d \\ % _ * ( ) AND NEAR \u0130 \ufb01 \ud7ff : \'',
    "receiver": "https:// http:// gopher:// u:p@ [::1] [::ffff:127.0.0.1] [fe80::1%25lo] 127.0.0.1 0x7f000001 "
    "017700000001 2130706433 169.254.169.254 localhost :0 :65536 :-1 :x example.org \u24d4xample.org \u2100 "
    "/ ? # @ % %2e%2f [ ] \\ . ..",
    "receiver of alerts": "json:// jsons:// slack:// discord:// tgram:// ntfys:// workflows:// mmosts:// file:// "
    "u:p@ [::1] [ ] 127.0.0.1 example.org :0 :65536 :x / //// ? ?to= & = # % %zz %00 , \u2100 \\",
    "configuration config.exs": 'import Config config :snakepit, pools: [ ] %{ } do end fn -> ~s( ) """ #{ } << >> & | '
    'import_config "x.exs" config_env() System.get_env( ) if unless case cond :a @b 1_000 0xff ?a \\ \n',
    "configuration config.json": '{ } [ ] " : , snakepit pools null true 1e999 \\u0000 \\ud800 // \n',
    "configuration config.yaml": "snakepit: pools: - { } [ ] & * ! << : ? | > --- ... \t \n \" '",
    "configuration config.toml": "[snakepit] [[pools]] = \" ''' { } , 1979-05-27T07:32:00Z inf nan # . \n",
    "snapshot ndjson": '{"format":1,"id":"a","value":"QQ==","codec":"opaque","version":[0,0],"extra":{} } , 1e999 \n',
    "snapshot etf": "",
}
_ETF_TAGS = [
    bytes([tag]) for tag in (70, 80, 97, 98, 99, 100, 104, 105, 106, 107, 108, 109, 110, 111, 115, 116, 118, 119, 131)
]
_LENGTHS = [size.to_bytes(4, "big") for size in (0, 1, 5, 2**16, 2**31, 2**32 - 1)]


def of_text(name: str) -> st.SearchStrategy[str]:
    return of(name).map(lambda content: content.decode("utf-8", "replace"))


def of(name: str) -> st.SearchStrategy[bytes]:
    """Bytes for the reader of this name; decode them for one that takes text."""
    parts = [word.encode() for word in _WORDS[name].split(" ")] + [b" ", b"\n", b"\x00", b"\xff"]
    if name == "snapshot etf":
        parts += _ETF_TAGS + _LENGTHS + [b"\x83P\x00\x10\x00\x00" + zlib.compress(bytes(1 << 20))]
    whole = _whole(name)
    joined = st.lists(st.sampled_from(parts) | st.binary(max_size=8), max_size=60).map(b"".join)
    return joined | st.binary(max_size=400) | (damaged(whole) if whole else st.nothing())


@st.composite
def damaged(draw: st.DrawFn, whole: list[bytes]) -> bytes:
    """A good file that was cut, doubled in parts, or changed at some places."""
    content = bytearray(draw(st.sampled_from(whole)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        to = draw(st.integers(at, min(len(content), at + 40)))
        content[at:to] = draw(st.binary(max_size=6)) * draw(st.sampled_from([0, 1, 1, 3, 200]))
    return bytes(content)


def _whole(name: str) -> list[bytes]:
    if name == "configuration config.exs":
        return [path.read_bytes() for path in sorted(_FIXTURES.rglob("*.exs"))]
    if name == "snapshot ndjson":
        entry = {
            "format": 1,
            "id": "a",
            "value": "QQ==",
            "codec": "opaque",
            "created_at_ms": 1,
            "last_accessed_at_ms": 1,
        }
        entry |= {"ttl_ms": None, "expires_at_ms": 4_000_000_000_000, "extra": {}, "version": [0, 0]}
        return [json.dumps(entry).encode() + b"\n"]
    if name == "configuration config.json":
        return [json.dumps({"snakepit": {"pools": [{"name": ":default", "pool_size": 4}]}}).encode()]
    if name == "configuration config.yaml":
        return [b"snakepit:\n  pools:\n    - name: ':default'\n      pool_size: 4\n"]
    if name == "configuration config.toml":
        return [b'[snakepit]\npooling_enabled = true\n[[snakepit.pools]]\nname = ":default"\npool_size = 4\n']
    if name == "route":
        part = {"from": 0, "to": 255, "phase": "plain_a", "epoch": 1, "authority": "a"}
        return [json.dumps({"name": "r", "epoch": 1, "buckets": [part], "stores": {"a": "x"}}).encode()]
    if name == "yaml":
        return [text.encode() for text in BOMBS.values() if len(text) < 4_000]
    return []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["named", "high", "dev"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
_HOSTILE = st.sampled_from(
    [
        "",
        " ",
        "0",
        "-1",
        "9" * 400,
        "1e9",
        "x" * 20_001,
        "\x00",
        "\x1b[31m",
        "\u202e",
        "\ufdfd" * 300,
        "<script>alert(1)</script>",
        "{{ 7|add:7 }} {% load x %}",
        "' OR 1=1 --",
        "%(x)s %s {0}",
        "../../etc/passwd",
        "2026-13-99",
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "24:61",
        "Mars/Olympus",
        "FREQ=SECONDLY;BYSECOND=1;BYSETPOS=366",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "RRULE:FREQ=DAILY;UNTIL=99991231T235959Z;COUNT=2",
        "https://[",
        "json://[::1",
        "!!python/object:os.system",
        "[" * 3_000,
        '{"a":' * 500,
    ]
)
#: Of one field of a form: kept as it is, or any of these; more than one where one is expected.
TYPED = _HOSTILE | st.text(max_size=60) | st.lists(_HOSTILE, max_size=3)
_NAMED = st.text(max_size=20) | _HOSTILE
MADE: Mapping[str, st.SearchStrategy[Any]] = {
    "/webhooks": st.fixed_dictionaries(
        {"name": _NAMED | JSON, "address": st.deferred(lambda: of_text("receiver")) | JSON},
        optional={
            "kinds": st.lists(st.sampled_from(["run.failed", "x"]) | JSON, max_size=3) | JSON,
            "environment_id": JSON,
        },
    ),
    "/alert-channels": st.fixed_dictionaries(
        {"name": _NAMED | JSON, "kind": st.sampled_from(["mail", "apprise", "webhook", "x"]) | JSON},
        optional={
            "address": st.deferred(lambda: of_text("receiver of alerts")) | _HOSTILE | JSON,
            "webhook_id": JSON,
        },
    ),
    "/alert-rules": st.fixed_dictionaries(
        {
            "name": _NAMED | JSON,
            "cause": st.sampled_from(["run_failed", "lag", "x"]) | JSON,
            "channels": st.lists(st.integers()) | JSON,
        },
        optional={
            name: _HOSTILE | JSON | st.sampled_from(["22:00", "06:00:00.000001+14:00"])
            for name in ("limit", "template", "quiet_from", "quiet_to", "zone", "repeat_minutes", "environment_id")
        },
    ),
    "/secrets": st.fixed_dictionaries({"name": _NAMED | JSON, "secret": _NAMED | JSON, "environment_id": JSON}),
    "/windows": st.fixed_dictionaries(
        {
            "environment_id": st.just(1) | JSON,
            "name": _NAMED,
            "zone": st.sampled_from(["UTC", "Europe/Paris"]) | _HOSTILE,
            "first": st.sampled_from(["2027-01-31T02:00", "9999-12-31T23:59"]) | _HOSTILE,
            "minutes": st.integers() | JSON,
        },
        optional={"recurrence": _HOSTILE | st.text(alphabet="FREQ=;WKLYDAIBHOUT,-+0123456789", max_size=80)},
    ),
    "/policies": st.deferred(lambda: POLICIES),
}
_CONDITION = st.sampled_from(
    ["scope", "environments", "types", "risk_at_least", "zero_downtime", "irreversible", "other"]
)
_REQUIREMENT = st.dictionaries(st.sampled_from(["role", "group", "count"]), JSON, max_size=3)
POLICIES = st.fixed_dictionaries(
    {},
    optional={
        "name": JSON,
        "conditions": st.dictionaries(_CONDITION, JSON, max_size=6) | JSON,
        "requirements": st.lists(_REQUIREMENT, max_size=3) | JSON,
        "comment_required": JSON,
    },
)
_TEXT = st.text(max_size=40) | st.sampled_from(
    [
        "0",
        "-1",
        "9" * 30,
        "1e9",
        "%",
        "_",
        "'",
        '"',
        "\\",
        "\x00",
        "2026-13-99",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31",
    ]
)
_PARAMETERS = (
    "cursor limit q environment status type state kind actor action outcome object_type object_id since until after "
    "archived page sort before request_id review_state risk owner label format within field text_before text_after "
    "token address environment_id preset view code state token"
)
QUERIES = st.dictionaries(st.sampled_from(_PARAMETERS.split()), _TEXT | st.lists(_TEXT, max_size=3), max_size=5)
#: A header line cannot carry a line break; a server refuses that before anything of ours reads it.
_HEADER = st.text(st.characters(min_codepoint=1, max_codepoint=255, exclude_characters="\r\n"), max_size=300)
HEADERS = st.dictionaries(
    st.sampled_from(["Idempotency_Key", "If_Match", "If_None_Match", "X_Request_ID", "Accept", "Content_Encoding"]),
    _HEADER | st.sampled_from(["*", '"1.2"', 'W/"x"', "", "9" * 300]),
    min_size=1,
    max_size=3,
)
