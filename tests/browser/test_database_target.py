"""A database as a target: entered in the form, tested, and shown."""

import re

import pytest
from playwright.sync_api import expect

from migrations_app.testing.servers import PostgresServer
from tests.browser.people import People
from tests.browser.test_accessibility import axe, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.mark.parametrize("phone", [False, True], ids=["desktop-light", "phone-dark"])
def test_a_database_is_entered_tested_and_shown(people: People, empty_postgres: PostgresServer, phone: bool) -> None:
    empty_postgres.sql("CREATE TABLE orders (id int PRIMARY KEY); CREATE VIEW open_orders AS SELECT * FROM orders")
    page = people.sign_in("admin", phone=phone, dark=phone)
    page.goto("/targets/new/")
    page.get_by_label("What it is").select_option(label="Tables in PostgreSQL")
    expect(page.get_by_label("Schemas")).to_have_value("public")
    page.get_by_label(re.compile("^Name")).fill("shop")
    page.get_by_label(re.compile("^Host")).fill(empty_postgres.host)
    page.get_by_label("Port").fill(str(empty_postgres.port))
    page.get_by_label(re.compile("^Database")).fill(empty_postgres.database)
    page.get_by_label(re.compile("^User name")).fill(empty_postgres.username)
    page.get_by_label("Password", exact=True).fill(empty_postgres.password)
    assert too_wide(page) == []
    assert axe(page) == []
    page.get_by_role("button", name="Create target").click()
    page.get_by_role("button", name="Test connection").click()

    expect(page.locator("#health")).to_contain_text("answers")
    expect(page.locator("#health")).to_contain_text("public.open_orders")
    expect(page.get_by_role("heading", name="Connection and tables")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Fingerprint")).to_be_visible()
    assert too_wide(page) == []
