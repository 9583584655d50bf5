"""A damaged answer of a SAML provider is refused, or it is still the one that was signed."""

import base64
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from migrations_app.runtime.identity import SignOnFailed
from migrations_app.runtime.saml import Here, leaving, provider
from migrations_app.runtime.saml_answers import vouched
from tests.fuzz import inputs
from tests.fuzz.test_inputs import SOME
from tests.saml_provider import IdentityProvider

HERE = Here("https://snakeweb.example/metadata/", "https://snakeweb.example/answer/")
NORA = {"sub": "nora-1", "email": "nora@example.org", "name": "Nora New", "username": "nora", "groups": ["sre"]}


def test_a_damaged_answer_vouches_for_nobody_else(tmp_path: Path) -> None:
    signed_by = IdentityProvider(tmp_path)
    known = provider(signed_by.settings())
    address, _ = leaving(known, HERE, again=False)
    signed = signed_by.answer(address, NORA)
    now = datetime.now(UTC)
    expected = vouched(known, HERE, posted=signed, now=now)
    document = inputs.damaged([base64.b64decode(signed)])

    @SOME
    @given(document.map(lambda content: base64.b64encode(content).decode()) | st.text(max_size=400))
    def judge(posted: str) -> None:
        try:
            found = vouched(known, HERE, posted=posted, now=now)
        except SignOnFailed:
            return
        assert found == expected

    judge()
