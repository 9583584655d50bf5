"""The answers when there is no view, or none could answer."""

from migrations_app.models import Migration
from tests.cast import Cast
from tests.web.door import signed_in


def test_a_form_that_is_too_large_says_so_and_what_to_shorten(cast: Cast) -> None:
    client = signed_in("operator")
    client.handler.enforce_csrf_checks = True  # the check reads the form first, as in production

    answer = client.post("/migrations/new/", {"title": "x" * 10_000_000})

    assert answer.status_code == 413
    text = answer.content.decode()
    assert "a title has at most 200 characters" in text
    assert "nothing was saved" in text
    assert not Migration.objects.exists()
