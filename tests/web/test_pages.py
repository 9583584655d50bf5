"""Every page, for every member of the cast: who sees what, and nobody sees a traceback."""

from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from migrations_app.models import AuditEntry, AuditProof, Environment, Target
from migrations_app.web.urls import urlpatterns
from tests.cast import Cast
from tests.session_runs import SessionMigrationRows, sqlite_migration
from tests.web.door import opened_form, signed_in

PLAIN = [str(p.pattern) for p in urlpatterns if "<" not in str(p.pattern)]
FORMS_ONLY = {
    "migrations/new/begin/",
    "migrations/filters/",
    "guide/hide/",
    "guide/show/",
    "inbox/read/",
    "audit/verify/",
    "favicon.ico",
    "styleguide/",
    "settings/theme/",
    "docs/",  # for everybody
    "accounts/single-sign-on/",
    "accounts/single-sign-on/back/",
    "accounts/single-sign-on/saml/metadata/",
    "accounts/single-sign-on/saml/answer/",
    "accounts/single-sign-on/saml/back/",
    "invitations/accept/",  # for whoever has no account yet
}
ADMINS_ONLY = (
    "/settings/people/",
    "/settings/secrets/",
    "/settings/webhooks/",
    "/settings/alerts/rules/",
    "/settings/alerts/channels/",
)
THINGS = (
    "migrations/{migration}/",
    "migrations/{migration}/export/",
    "migrations/{migration}/revisions/1/1/",
    "targets/{target}/",
    "environments/{environment}/",
)


@pytest.fixture
def moving(cast: Cast, tmp_path: Path) -> SessionMigrationRows:
    return sqlite_migration(tmp_path)


def paths_of(moving: SessionMigrationRows) -> list[str]:
    numbers = {
        "migration": moving.revision.migration_id,
        "target": moving.source.pk,
        "environment": moving.source.environment_id,
    }
    return [f"/{path.format(**numbers)}" for path in THINGS]


@pytest.mark.parametrize("username", ["operator", "approver", "auditor", "viewer", "admin"])
def test_everybody_with_a_role_sees_the_pages(moving: SessionMigrationRows, username: str) -> None:
    client = signed_in(username)
    reads_audit = username in ("auditor", "admin")
    for path in [*(f"/{p}" for p in PLAIN if p not in FORMS_ONLY), *paths_of(moving)]:
        answer = client.get(path)
        may = username == "admin" if path.startswith(ADMINS_ONLY) else reads_audit or not path.startswith("/audit/")
        expected = 200 if may else 403
        assert answer.status_code == expected, (path, answer.status_code)


def test_an_outsider_learns_nothing(moving: SessionMigrationRows) -> None:
    client = signed_in("outsider")
    for path in paths_of(moving):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert b"Move sessions" not in answer.content


def test_nobody_sees_a_page_without_signing_in(moving: SessionMigrationRows) -> None:
    for path in [*(f"/{p}" for p in PLAIN if p not in FORMS_ONLY), *paths_of(moving)]:
        answer = Client().get(path)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/accounts/login/?next="), path


def test_a_page_carries_no_inline_style_or_script_and_a_strict_policy(moving: SessionMigrationRows) -> None:
    client = signed_in("admin")
    for path in ("/", *paths_of(moving)):
        answer = client.get(path)
        if not answer["Content-Type"].startswith("text/html"):
            continue
        text = answer.content.decode()
        assert ' style="' not in text, path
        assert "<style" not in text, path
        assert "onclick=" not in text, path
        assert "unsafe" not in answer["Content-Security-Policy"]


def test_a_refused_form_leads_back_and_says_why(moving: SessionMigrationRows) -> None:
    client = signed_in("viewer")
    page = f"/migrations/{moving.revision.migration_id}/"
    answer = client.post(f"{page}plan/", headers={"Referer": f"http://testserver{page}"}, follow=True)
    assert answer.redirect_chain == [(page, 302)]
    assert b"may not" in answer.content


def test_a_refusal_never_leads_to_another_site(moving: SessionMigrationRows) -> None:
    client = signed_in("viewer")
    path = f"/migrations/{moving.revision.migration_id}/plan/"
    answer = client.post(path, headers={"Referer": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


def test_every_answer_carries_the_request_id() -> None:
    assert len(Client().get("/accounts/login/")["X-Request-ID"]) == 32
    given = {"X-Request-ID": "from-the-proxy-1"}
    assert Client().get("/accounts/login/", headers=given)["X-Request-ID"] == "from-the-proxy-1"
    forged = {"X-Request-ID": "two\twords"}
    assert Client().get("/accounts/login/", headers=forged)["X-Request-ID"] != "two\twords"


def test_an_address_that_does_not_exist_is_answered_for_people() -> None:
    answer = Client().get("/no/such/page/")
    assert answer.status_code == 404
    assert b"nothing here that you may see" in answer.content


@pytest.mark.parametrize(("username", "outcome"), [("auditor", "allowed"), ("operator", "denied")])
def test_a_click_on_verify_leaves_an_entry_of_its_own(cast: Cast, username: str, outcome: str) -> None:
    signed_in(username).post("/audit/verify/")
    entry = AuditEntry.objects.get(action="audit.verify")
    assert (entry.actor, entry.outcome) == (username, outcome)
    assert AuditProof.objects.count() == (1 if outcome == "allowed" else 0)


def test_a_broken_chain_is_said_before_anything_else(cast: Cast) -> None:
    for ok, problem in ((True, ""), (False, "Entry 2 was changed.")):
        AuditProof.objects.create(at=timezone.now(), entries=3, head="0" * 64, ok=ok, problem=problem)
        page = signed_in("auditor").get("/audit/").content.decode()
        alert, list_begins = page.find('class="notice bad" role="alert"'), page.index("audit-cols")
        assert (alert < 0) is ok
        assert ok or alert < page.index(problem) < list_begins


def test_the_entry_that_was_forged_says_so_itself(cast: Cast) -> None:
    client = signed_in("auditor")
    for _ in range(2):
        client.post("/audit/verify/")
    AuditProof.objects.create(at=timezone.now(), entries=2, head="0" * 64, ok=False, problem="Entry 2 was changed.")
    assert 'href="/audit/2/">Look at entry 2' in client.get("/audit/").content.decode()
    assert "was changed past Snakeweb" in client.get("/audit/2/").content.decode()
    assert "was changed past Snakeweb" not in client.get("/audit/1/").content.decode()


def test_an_entry_has_an_address_and_unfolds_in_the_list(cast: Cast) -> None:
    client = signed_in("auditor")
    client.post("/audit/verify/")
    entry = AuditEntry.objects.get(action="audit.verify")
    listed = client.get("/audit/").content.decode()
    assert f'hx-get="/audit/{entry.seq}/"' in listed
    assert entry.hash not in listed.partition('class="trail"')[2].partition("</ol>")[0]
    page = client.get(f"/audit/{entry.seq}/").content.decode()
    unfolded = client.get(f"/audit/{entry.seq}/", headers={"HX-Request": "true"}).content.decode()
    assert "auditor verified the audit trail" in page
    assert unfolded.startswith('<article class="entry"')
    assert entry.hash in client.get(f"/audit/{entry.seq}/?tab=proof").content.decode()
    raw = client.get(f"/audit/{entry.seq}/?tab=raw").content.decode()
    assert escape(bytes(entry.body).decode()) in raw
    assert "<html" not in unfolded
    assert signed_in("operator").get(f"/audit/{entry.seq}/").status_code == 403


def test_an_entry_says_when_to_the_second_and_leads_to_what_it_is_about(cast: Cast) -> None:
    dev = Environment.objects.get(name="dev")
    admin = signed_in("admin")
    edit = f"/environments/{dev.pk}/edit/"
    admin.post(edit, opened_form(admin, edit) | {"description": "For trials."})
    client = signed_in("auditor")
    client.post("/audit/verify/")
    entry = AuditEntry.objects.get(action="environment.edit")
    page = client.get(f"/audit/{entry.seq}/").content.decode()
    assert f"{entry.at:%Y-%m-%d %H:%M:%S} UTC" in page
    assert f'href="/environments/{dev.pk}/"' in page
    assert f'rel="next" href="/audit/{entry.seq + 1}/?tab=summary"' in page


def test_a_filtered_trail_brings_its_counts_along_and_leads_back(cast: Cast) -> None:
    client = signed_in("auditor")
    client.post("/audit/verify/")
    part = client.get("/audit/?q=nobody-at-all", headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<div class="stack is-close" id="listing">')
    assert part.count('id="audit-facets"') == 1
    assert "Show the whole trail" in part
    whole = client.get("/audit/").content.decode()
    assert whole.count('id="audit-facets"') == whole.count('id="listing"') == 1


def test_an_archived_target_offers_the_way_back(moving: SessionMigrationRows) -> None:
    Target.objects.filter(pk=moving.source.pk).update(archived_at=timezone.now())
    restore = f'action="/targets/{moving.source.pk}/restore/"'
    assert restore in signed_in("admin").get(f"/targets/{moving.source.pk}/").content.decode()
    assert restore not in signed_in("viewer").get(f"/targets/{moving.source.pk}/").content.decode()


def test_a_list_of_targets_that_a_filter_emptied_says_so(moving: SessionMigrationRows) -> None:
    client = signed_in("viewer")
    assert "No target matches" in client.get("/targets/?health=failing").content.decode()
    assert "2 targets" in client.get("/targets/").content.decode()


@pytest.mark.parametrize("name", ["operator", "operator@example.org"])
def test_a_wrong_password_is_answered_in_plain_words(cast: Cast, name: str) -> None:
    page = Client().post("/accounts/login/", {"login": name, "password": "wrong"}).content.decode()
    assert "The name or the password is not right." in page
