import re

import pytest
from django.conf import settings
from django.template import Context, Template

from migrations_app.web.help import RUNBOOKS, TERMS

USED = re.compile(r'{% help "(\w+)"')
LEADS = re.compile(r'{% runbook "([\w-]+)"')


@pytest.mark.parametrize("term", TERMS)
def test_a_word_is_explained_without_a_script(term: str) -> None:
    drawn = Template(f'{{% help "{term}" %}}').render(Context())

    target = re.search(r'popovertarget="([\w-]+)"', drawn)
    assert target
    assert f'id="{target[1]}" popover' in drawn
    assert f'aria-label="About {TERMS[term].name}"' in drawn
    assert TERMS[term].text[:40].replace("'", "&#x27;") in drawn


def test_the_second_place_of_a_word_on_a_page_has_an_id_of_its_own() -> None:
    drawn = Template('{% help "risk" %}{% help "risk" place="side" %}').render(Context())

    assert len(set(re.findall(r' id="([\w-]+)"', drawn))) == 2


def test_every_word_that_a_template_asks_about_is_written() -> None:
    texts = [path.read_text() for path in (settings.ASSETS_DIR / "templates").rglob("*.html")]
    asked = {term for text in texts for term in USED.findall(text)}

    assert asked <= set(TERMS)


def test_the_texts_are_short_enough_to_be_read() -> None:
    assert not [term for term, about in TERMS.items() if len(about.text) > 400 or not about.text.endswith(".")]


def test_every_runbook_that_a_template_leads_to_is_written() -> None:
    folder = settings.ASSETS_DIR / "templates"
    texts = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.html")}
    asked = {name: set(LEADS.findall(text)) for name, text in texts.items() if LEADS.search(text)}

    assert set().union(*asked.values()) <= set(RUNBOOKS)
    assert asked["runs/run.html"] == {"stuck-run", "failed-rollback"}
    assert asked["audit/list.html"] == {"broken-chain"}
    assert asked["partials/unattended.html"] == {"dead-beat"}
    assert asked["503.html"] == {"postgresql-failover", "full-disk"}


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_runbook_is_a_link_to_its_page(name: str) -> None:
    drawn = Template(f'{{% runbook "{name}" %}}').render(Context())

    assert drawn == f'<a class="runbook" href="/docs/runbooks/{name}/">Runbook: {RUNBOOKS[name]}</a>'
