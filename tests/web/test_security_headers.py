"""What every answer says to browsers, whoever gave it."""

import pytest
from django.test import Client

from tests.cast import Cast
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db

ANSWERS = {
    "/": 200,
    "/audit/export/": 200,
    "/accounts/login/": 302,
    "/admin/": 302,
    "/no/such/page/": 404,
    "/search/?q=%00": 400,
    "/api/v1/environments": 200,
    "/api/v1/none": 404,
    "/healthz": 200,
    "/static/snakeweb/base.css": 200,
}


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in("auditor")


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_is_hardened(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == ANSWERS[path]
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    for part in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "script-src"):
        assert part in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    kept = "max-age" in answer["Cache-Control"] and "no-store" not in answer["Cache-Control"]
    assert kept is path.startswith("/static/")
    answer.close()


def test_a_page_of_data_is_kept_by_nobody(client: Client) -> None:
    for path in ("/", "/audit/", "/migrations/", "/api/v1/environments", "/audit/export/", "/settings/tokens/"):
        assert "no-store" in client.get(path)["Cache-Control"], path


def test_scripts_are_told_apart_by_a_word_that_is_new_each_time(client: Client) -> None:
    policies = {client.get("/settings/sessions/")["Content-Security-Policy"] for _ in range(2)}
    assert policies == {policy for policy in policies if "script-src 'self'" in policy}
    page = client.get("/").content.decode()
    assert "<script>" not in page


def test_the_session_s_cookie_is_out_of_reach_of_scripts_and_other_sites(client: Client) -> None:
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "run_list",
        "https://[",
        "//[",
    ],
)
def test_signing_in_leads_to_no_other_site(cast: Cast, target: str) -> None:
    client = Client()
    form = {"login": "operator", "password": "correct horse battery staple", "next": target}
    answer = client.post(f"/accounts/login/?next={target}", form)
    assert answer.status_code == 302
    assert answer["Location"] == "/"


def test_a_host_that_is_not_served_gets_nothing(client: Client) -> None:
    for path in ("/", "/api/v1/environments", "/accounts/login/"):
        assert client.get(path, headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/audit/export/", "/audit/export/?format=csv", "/api/v1/audit/export"])
def test_a_download_is_a_file_and_nothing_a_browser_would_run(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "html" not in answer["Content-Type"]
