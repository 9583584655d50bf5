"""A small profile of the fuzzing; `python -m tests.fuzz --minutes 10` is the long one."""

import os
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrations_app.services.actor import Actor
from tests.api.door import browser, program
from tests.fuzz import inputs
from tests.fuzz.doors import LISTS, OF_TEXT, PLAIN, Asked

TIMES = int(os.environ.get("SNAKEWEB_FUZZ_TIMES", "1"))  # as many examples as usual, set by `python -m tests.fuzz`
SOME = settings(max_examples=40 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(SOME, max_examples=15 * TIMES)
PAGES = (
    *(
        "/migrations/",
        "/runs/",
        "/audit/",
        "/search/",
        "/calendar/",
        "/trends/",
        "/targets/",
        "/inbox/",
        "/audit/export/",
    ),
    *("/migrations/new/", "/settings/alerts/", "/settings/webhooks/", "/environments/", "/policies/"),
)
LINKS = (
    "/invitations/{}/",
    "/accounts/password/reset/key/{}/",
    "/accounts/password/reset/key/1-{}/",
    "/accounts/single-sign-on/back/?state={0}&code={0}",
    "/search/?q={}",
    "/audit/?cursor={}",
)


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_a_reader_ends_with_an_answer_or_a_problem(name: str) -> None:
    @SOME
    @given(inputs.of(name))
    def read(content: bytes) -> None:
        PLAIN[name](content.decode("utf-8", "replace") if name in OF_TEXT else content)

    read()


@pytest.fixture
def asked(db: None, admin: Actor) -> Asked:
    return Asked(program(admin), browser(admin))


def test_filters_and_cursors_of_lists(asked: Asked) -> None:
    @FEW
    @given(st.sampled_from(LISTS), inputs.QUERIES)
    def ask(path, query):
        asked.listing(path, query)

    ask()


def test_filters_of_pages(asked: Asked) -> None:
    @FEW
    @given(st.sampled_from(PAGES), inputs.QUERIES)
    def ask(path, query):
        asked.page(path, query)

    ask()


@pytest.mark.parametrize("path", sorted(inputs.MADE))
def test_what_is_made_by_programs(asked: Asked, path: str) -> None:
    @FEW
    @given(inputs.MADE[path])
    def ask(body):
        asked.made(path, body)

    ask()


def test_links_and_answers_of_others(asked: Asked) -> None:
    """Of invitations, of new passwords, of the single sign-on: whatever stands where the secret belongs."""
    secret = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300) | inputs.of_text("receiver")

    @FEW
    @given(st.sampled_from(LINKS), secret)
    def ask(link, said):
        asked.page(link.format(quote(said, safe="")), {})

    ask()


def test_keys_and_preconditions_in_headers(asked: Asked) -> None:
    @FEW
    @given(inputs.HEADERS)
    def ask(given_headers):
        asked.headers(given_headers)

    ask()


def test_imported_documents(asked: Asked) -> None:
    @FEW
    @given(inputs.of("yaml"))
    def ask(content):
        asked.imported(content.decode("utf-8", "replace"))

    ask()
