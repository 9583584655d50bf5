"""The design system on one page, for those who build pages: each token and each component, rendered."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles import finders
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from migrations_app.engine.errors import Problem
from migrations_app.web.contrast import Theme, colours, ratio
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest

View = Callable[[PageRequest], HttpResponse]

TEXT, SHAPE = 4.5, 3.0  # WCAG AA: for text, and for what one has to see to use a control
SURFACES = ("paper", "surface", "sunken", "raised")
INKS = ("ink", "ink-2", "ink-3", "accent", "good", "warn", "bad", "info")
SOFT = ("accent", "good", "warn", "bad", "info")

# Every pair of tokens that stands on each other on some page, and what it has to reach.
PAIRS: tuple[tuple[str, str, float], ...] = (
    *((ink, surface, TEXT) for ink in INKS for surface in SURFACES),
    *((tone, f"{tone}-soft", TEXT) for tone in SOFT),
    *((ink, f"{tone}-soft", TEXT) for ink in ("ink", "ink-2", "ink-3") for tone in SOFT),
    *(("on-accent", ground, TEXT) for ground in ("accent", "accent-strong", "bad")),
    *(("line-strong", surface, SHAPE) for surface in SURFACES),
)
_SIZES = re.compile(r"--((?:text|s\d|r\d|pill|bar|side|ease|shadow)[a-z0-9-]*):\s*([^;]+);")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tokens on each other. `passes` says whether both themes reach what is needed."""

    ink: str
    ground: str
    needed: float
    light: float
    dark: float

    @property
    def passes(self) -> bool:
        return min(self.light, self.dark) >= self.needed


def only_where_things_are_built(view: View) -> View:
    @wraps(view)
    def shown(request: PageRequest) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        return view(request)

    return shown


@only_where_things_are_built
@require_safe
@login_required
def styleguide(request: PageRequest) -> HttpResponse:
    sizes = _SIZES.findall(tokens_css())
    problems = ProblemsByField([Problem("batch", "0 is too few.", "Use a number from 1 to 100,000.")])
    context = {
        "pairs": pairs(tokens_css()),
        "themes": list(Theme),
        "text_sizes": [size for size in sizes if size[0].startswith("text")],
        "spaces": [size for size in sizes if re.fullmatch(r"s\d", size[0])],
        "radii": [size for size in sizes if size[0].startswith(("r", "pill"))],
        "motion": [size for size in sizes if size[0].startswith(("ease", "shadow"))],
        "problems": problems,
    }
    return render(request, "styleguide/styleguide.html", context)


def pairs(css: str) -> tuple[Pair, ...]:
    of = colours(css)
    light, dark = of[Theme.LIGHT], of[Theme.DARK]
    return tuple(
        Pair(ink, ground, needed, ratio(light[ink], light[ground]), ratio(dark[ink], dark[ground]))
        for ink, ground, needed in PAIRS
    )


def tokens_css() -> str:
    found = finders.find("snakeweb/tokens.css")
    return Path(str(found)).read_text()
