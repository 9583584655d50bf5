"""The pages of an invitation, from the admin's link to the door."""

import re

import pytest
from django.test import Client

from migrations_app.models import Invitation, Person
from tests.cast import Cast
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db
GOOD = "four unrelated words here"
FORM = {"username": "newcomer", "full_name": "Nora New", "password": GOOD, "again": GOOD}


def link_from(admin: Client, cast: Cast) -> str:
    given = {"email": "new@example.org", "role": "operator", "environment": cast.environments["staging"].pk}
    page = admin.post("/settings/people/invitations/", given).content.decode()
    found = re.search(r"http://testserver(/invitations/[\w-]{43}/)", page)
    assert found is not None
    return found[1]


def test_the_link_is_shown_once_and_makes_an_account(cast: Cast) -> None:
    admin, stranger, second = signed_in("admin"), Client(), Client()
    link = link_from(admin, cast)
    assert link not in admin.get("/settings/people/invitations/").content.decode()

    for client in (stranger, second):  # opened by two
        assert client.get(link)["Location"] == "/invitations/accept/"
    page = stranger.get("/invitations/accept/")
    assert "as operator in staging" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    refused = stranger.post("/invitations/accept/", {**FORM, "again": "another"})
    assert refused.status_code == 422
    assert GOOD not in refused.content.decode()

    assert stranger.post("/invitations/accept/", FORM)["Location"] == "/accounts/login/?next=%2F"
    late = second.post(
        "/invitations/accept/",
        {**FORM, "username": "second"},
        headers={"Referer": "http://testserver/invitations/accept/"},
    )
    assert late.status_code in (302, 404)
    assert "cannot be used" in second.get("/invitations/accept/").content.decode()
    assert Person.objects.filter(email="new@example.org").count() == 1

    answer = stranger.post("/accounts/login/", {"login": "newcomer", "password": GOOD}, follow=True)
    assert "operator in staging" in stranger.get("/settings/").content.decode().lower()
    assert answer.status_code == 200


def test_a_revoked_link_opens_nothing(cast: Cast) -> None:
    admin = signed_in("admin")
    link, row = link_from(admin, cast), Invitation.objects.get()
    opened = Client()
    opened.get(link)

    assert "Its link opens nothing" in admin.get(f"/settings/people/invitations/{row.pk}/revoke/").content.decode()
    admin.post(f"/settings/people/invitations/{row.pk}/revoke/")

    assert Client().get(link).status_code == 404
    opened.post("/invitations/accept/", FORM)
    assert not Person.objects.filter(username="newcomer").exists()
    assert Client().get("/invitations/accept/").status_code == 404


def test_whoever_is_signed_in_is_asked_to_sign_out_first(cast: Cast) -> None:
    admin = signed_in("admin")
    admin.get(link_from(admin, cast))

    assert "signed in as admin" in admin.get("/invitations/accept/").content.decode()
    admin.post("/invitations/accept/", FORM)

    assert not Person.objects.filter(username="newcomer").exists()
    assert Invitation.objects.get().accepted_at is None


def test_problems_stand_at_their_fields(cast: Cast) -> None:
    answer = signed_in("admin").post(
        "/settings/people/invitations/", {"email": "x", "role": "king", "environment": "all"}
    )
    assert answer.status_code == 422
    assert "is no mail address" in answer.content.decode()
    assert signed_in("operator").get("/settings/people/invitations/").status_code == 403
