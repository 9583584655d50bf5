"""The pages as a browser without scripts sees them."""

from django.http import HttpResponse
from django.test import Client

from tests.cast import PASSWORD


def signed_in(username: str) -> Client:
    """Through the login form, so that the session knows when the password was shown."""
    client = Client(headers={"Referer": "http://testserver/migrations/"})
    answer = client.post("/accounts/login/", {"login": username, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return client


def five_minutes_later(client: Client) -> None:
    """As if the person had shown that it is them 301 seconds ago."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()


def shown_again(client: Client, asked: HttpResponse) -> HttpResponse:
    """The answer after the password was given where `asked` leads to: what was posted before is done then."""
    assert asked.status_code == 302
    assert "/reauthenticate/" in asked["Location"], asked["Location"]
    return client.post(asked["Location"], {"password": PASSWORD}, follow=True)
