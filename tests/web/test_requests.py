import pytest
from django.test import RequestFactory

from migrations_app.web.requests import onwards


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/runs/?state=failed", "/runs/?state=failed"),
        ("", "/"),
        ("0", "/"),
        ("run_list", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example", "/"),
        ("https://elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_somebody_goes_on_to_an_address_of_ours_or_where_we_say(wanted: str, leads_to: str) -> None:
    assert onwards(RequestFactory().get("/"), wanted, "/") == leads_to
