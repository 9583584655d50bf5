"""The pages as a browser without scripts sees them."""

from django.test import Client

from tests.cast import PASSWORD


def signed_in(username: str) -> Client:
    """Through the login form, so that the session knows when the password was shown."""
    client = Client(headers={"Referer": "http://testserver/migrations/"})
    answer = client.post("/accounts/login/", {"login": username, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return client
