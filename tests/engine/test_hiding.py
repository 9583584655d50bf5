import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.engine import hiding
from migrations_app.engine.errors import StepFailed
from migrations_app.engine.hiding import HIDDEN, Redactor, redact, redact_text

OPENED = "pl4nted/Wört=&'5 of this module"


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test lets the process remember, the next has not seen."""
    monkeypatch.setattr(hiding, "_known", hiding._Known())


def test_secrets_are_hidden_in_whatever_is_for_people() -> None:
    hide = Redactor(["pw", "pw-longer", ""])
    payload = {"message": "a pw-longer b", "error": {"pw": ["pw", {"x": "pw"}, 3, None], "t": ("pw",)}}
    assert hide.payload(payload) == {
        "message": f"a {HIDDEN} b",
        "error": {HIDDEN: [HIDDEN, {"x": HIDDEN}, 3, None], "t": [HIDDEN]},
    }


def test_what_a_run_goes_on_by_is_not_changed_by_a_password_that_is_a_word() -> None:
    hiding.remember("seconds", "target-1")
    state = {"result": {"seconds": 3, "last": "target-1", "cursor": "x?token=abc"}, "checkpoint": {"pw": "the pw"}}
    assert Redactor(["pw"]).payload(state) is state


def test_a_long_secret_is_hidden_in_state_too_and_no_key_is() -> None:
    hiding.remember(OPENED)
    own = "own-secret-of-a-target"
    state = {"result": {"said": f"<{OPENED}>", own: [own]}}
    assert Redactor([own]).payload(state) == {"result": {"said": f"<{HIDDEN}>", own: [HIDDEN]}}


def test_a_word_is_not_looked_for_in_every_text() -> None:
    hiding.remember("postgres", "hunter2x")
    assert redact_text("postgres said hunter2x") == f"postgres said {HIDDEN}"


def test_where_nothing_is_to_hide_the_very_object_comes_back() -> None:
    payload = {"a": object(), "b": [1, ("x",), {"c": "text"}]}
    assert Redactor([""]).payload(payload) is payload
    assert redact(payload) is payload


@given(st.lists(st.text("ab", min_size=1, max_size=4), min_size=1), st.text("abc"))
def test_no_secret_survives(secrets: list[str], text: str) -> None:
    hidden = Redactor(secrets).text(text)
    assert not any(secret in hidden for secret in secrets)


def test_redaction_hides_by_name_by_url_and_by_value() -> None:
    shown = redact(
        {
            "password": "hunter2",
            "nested": [{"api_key": "k", "port": 6379}],
            "url": "redis://user:hunter2@host:1/0",
            "message": "login with hunter2 failed",
            "tokens": 3,
            "password_set": True,
        },
        hidden=["hunter2", ""],
    )

    assert shown == {
        "password": HIDDEN,
        "nested": [{"api_key": HIDDEN, "port": 6379}],
        "url": f"redis://user:{HIDDEN}@host:1/0",
        "message": f"login with {HIDDEN} failed",
        "tokens": 3,
        "password_set": True,
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("host=db password=hunter2 user=u", f"host=db password={HIDDEN} user=u"),
        ("host=db password='hun ter2' user=u", f"host=db password={HIDDEN} user=u"),
        ("{'user': 'u', 'password': 'hunter2'}", f"{{'user': 'u', 'password': {HIDDEN}}}"),
        ('{"db_password_2": "hun\\"ter2", "a": 1}', f'{{"db_password_2": {HIDDEN}, "a": 1}}'),
        ("GET /x?token=abc&page=2", f"GET /x?token={HIDDEN}&page=2"),
        ("Authorization: Basic dXNlcjpwdw==", f"Authorization: Basic {HIDDEN}"),
        ("sent Bearer abcdefgh12345678ijkl", f"sent Bearer {HIDDEN}"),
        ("used swk_0a1b2c3d_" + "x" * 43, f"used swk_0a1b2c3d_{HIDDEN}"),
        ("https://ghp_1234@git.example/x", f"https://{HIDDEN}@git.example/x"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nx", f"{HIDDEN}\nx"),
        ("-----BEGIN PRIVATE KEY-----\ncut off", HIDDEN),
        (f"GET /invitations/{'aB-_' * 11}/", f"GET /invitations/{HIDDEN}/"),
        ("/accounts/password/reset/key/1a-d00d-5eed/ 302", f"/accounts/password/reset/key/1a-{HIDDEN}/ 302"),
        (f"SAMLResponse={'A+/%3D' * 9}&RelayState={'r' * 30} x", f"SAMLResponse={HIDDEN}&RelayState={HIDDEN} x"),
        (f"<QueryDict: {{'SAMLResponse': ['{'A+/=' * 9}']}}>", f"<QueryDict: {{'SAMLResponse': ['{HIDDEN}']}}>"),
        (f"/sso/?code={'c' * 30}&state={'s' * 30} 302", f"/sso/?code={HIDDEN}&state={HIDDEN} 302"),
    ],
)
def test_what_looks_like_a_credential_is_hidden(text: str, shown: str) -> None:
    assert redact_text(text) == shown
    assert redact_text(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "lease token=7 of run:3",
        "password: required",
        "ssh://git@host/x",
        "bearer of bad news",
        "http://host:80/a",
        "/runs/?state=rolled_back&page=2",
        "/accounts/password/reset/key/1a-set-password/",
        "/invitations/3/revoke/",
    ],
)
def test_what_is_no_credential_stays(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize("before", ["", "u:", "us:"])
def test_a_value_that_was_opened_is_hidden_in_every_form(before: str) -> None:
    forms = [
        OPENED,
        quote(OPENED, safe=""),
        quote(OPENED, safe="").replace("%C3%B6", "%c3%b6").replace("%2F", "%2f").replace("%3D", "%3d"),
        json.dumps(OPENED),
        repr(OPENED),
        html.escape(OPENED),
        OPENED.encode().hex(),
        base64.b64encode(f"{before}{OPENED}@host".encode()).decode(),
    ]
    hiding.remember(OPENED)

    for form in forms:
        shown = redact_text(f"a {form} b")
        assert HIDDEN in shown
        assert "planted" not in shown
        assert base64.b64encode(OPENED[6:18].encode()).decode() not in shown


def test_short_values_are_not_looked_for_by_the_process() -> None:
    hiding.remember("short", "")
    assert redact_text("a short text") == "a short text"


def test_the_oldest_values_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hiding, "MOST_KNOWN", 2)
    hiding.remember("first-value", "second-value")
    hiding.remember("third-value")
    assert redact_text("first-value second-value third-value") == f"first-value {HIDDEN} {HIDDEN}"


def test_errors_hide_what_they_are_made_of() -> None:
    error = StepFailed(
        "connection to postgres://u:hunter2@h/d failed",
        details={"url": "redis://:hunter2@h", "password": "hunter2", "step": "copy"},
        recovery_actions=["Look at postgres://u:hunter2@h/d."],
    )

    assert "hunter2" not in json.dumps(error.as_dict(), ensure_ascii=False) + str(error)
    assert error.details["step"] == "copy"


@given(st.text(max_size=300))
def test_any_text_can_be_redacted_and_nothing_more_is_found_afterwards(text: str) -> None:
    once = redact_text(text)
    assert redact_text(once) == once
