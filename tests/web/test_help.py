import re

import pytest
from django.conf import settings
from django.template import Context, Template

from migrations_app.web.help import TERMS

USED = re.compile(r'{% help "(\w+)"')


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
