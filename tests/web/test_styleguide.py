"""The page of the design system, and that its colours can be read."""

import re

from django.conf import LazySettings

from migrations_app.web.styleguide import PAIRS, pairs, tokens_css
from tests.cast import Cast
from tests.web.door import signed_in


def test_every_pair_of_tokens_can_be_read_in_both_themes() -> None:
    too_faint = [
        f"{pair.ink} on {pair.ground}: {pair.light:.2f} light, {pair.dark:.2f} dark, needs {pair.needed}"
        for pair in pairs(tokens_css())
        if not pair.passes
    ]

    assert too_faint == []


def test_a_token_that_is_too_faint_is_found() -> None:
    faint = re.sub(r"--ink-3: light-dark\(oklch\(\d+%", "--ink-3: light-dark(oklch(70%", tokens_css())

    assert [pair.ink for pair in pairs(faint) if not pair.passes] == ["ink-3"] * 9


def test_every_colour_token_is_weighed_against_something() -> None:
    tokens = set(re.findall(r"--([a-z0-9-]+): light-dark\(oklch", tokens_css()))

    assert tokens - {name for ink, ground, _ in PAIRS for name in (ink, ground)} == {"line"}  # mere decoration


def test_it_shows_every_component_where_things_are_built(cast: Cast, settings: LazySettings) -> None:
    settings.DEBUG = True

    page = signed_in("viewer").get("/styleguide/").content.decode()

    for piece in (
        "button primary", 'aria-disabled="true"', "badge good", "<table>", "has-problem", 'class="tabs"',
        'class="rail"', 'class="timeline"', 'class="meter"', 'class="toast"', "<dialog", 'class="drawer"',
        'class="empty"',
        'class="skeleton"', 'class="code-block"', 'class="diff"', "text-2xl",
    ):  # fmt: skip
        assert piece in page, piece
    assert "style=" not in page
    assert ">no</span>" not in page


def test_it_is_not_there_in_production(cast: Cast) -> None:
    assert signed_in("admin").get("/styleguide/").status_code == 404
