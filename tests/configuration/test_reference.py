"""The page is what the tables say. Write it anew: `python -m tests.configuration.test_reference`."""

from pathlib import Path

from migrations_app.configuration.reference import page
from migrations_app.configuration.rules.chain import CHAIN
from migrations_app.configuration.schema.judge import KEYS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "configuration-versions.md"


def test_the_page_is_the_one_that_the_tables_give():
    assert PAGE.read_text() == page()


def test_every_key_and_every_rule_is_on_it():
    text = PAGE.read_text()

    assert [key.name for key in KEYS if f"| `{key.name}` |" not in text] == []
    assert [rule.id for rule in CHAIN if f"| `{rule.id}` |" not in text] == []


if __name__ == "__main__":
    PAGE.write_text(page())
