"""The pictures of docs/screens: every page when there is nothing, when there is much, and when things are broken.

`make screenshots` starts two installations of its own (a fresh one, and the demo's data with runs), takes each page
in light and dark, on a desktop and on a phone, and stops everything. `ARGS='--only busy/run'` takes some of them.
"""

import argparse
import itertools
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from examples.small_png import small_png
from migrations_app.demo.directory import own_directory
from migrations_app.demo.installation import Installation, own_installation
from migrations_app.demo.people import ADMIN, APPROVER, OPERATOR, SECOND_APPROVER, VIEWER, Login
from migrations_app.demo.processes import PYTHON, manage_command

SCREENS = Path(__file__).resolve().parent.parent / "docs" / "screens"
SCRATCH = Path(tempfile.gettempdir()) / "snakeweb"  # its paths can be read in the pictures
DESKTOP: ViewportSize = {"width": 1440, "height": 1000}
PHONE: ViewportSize = {"width": 360, "height": 780}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SCALE = {1440: 0.75, 360: 1.0}
SLOW_MS = 60_000


@dataclass(frozen=True, slots=True)
class Shot:
    """A page as somebody sees it. `path` may name numbers found by the way: `{run}`, `{migration}`...

    `fresh`: right after they signed in, for a page that asks for the password again a while later.
    """

    name: str
    path: str
    who: Login | None = ADMIN
    fresh: bool = False


EMPTY = (
    Shot("login", "/accounts/login/", None),
    Shot("home", "/"),
    Shot("inbox", "/inbox/"),
    Shot("migrations", "/migrations/"),
    Shot("new", "/migrations/new/"),
    Shot("runs", "/runs/"),
    Shot("targets", "/targets/"),
    Shot("environments", "/environments/"),
    Shot("calendar", "/calendar/"),
    Shot("policies", "/policies/"),
    Shot("audit", "/audit/"),
    Shot("search", "/search/?q=sessions"),
)
BUSY = (
    Shot("home", "/", OPERATOR),
    Shot("inbox", "/inbox/", SECOND_APPROVER),
    Shot("migrations", "/migrations/", OPERATOR),
    Shot("migration", "/migrations/{portal}/", SECOND_APPROVER),
    Shot("sign", "/migrations/{portal}/sign/", SECOND_APPROVER, fresh=True),
    Shot("revisions", "/migrations/{portal}/revisions/1/2/", APPROVER),
    Shot("new", "/migrations/new/", OPERATOR),
    Shot("edit", "/migrations/{mail}/edit/", OPERATOR),
    Shot("import", "/migrations/import/", OPERATOR),
    Shot("runs", "/runs/", OPERATOR),
    Shot("run", "/runs/{live}/", OPERATOR),
    Shot("report", "/runs/{done}/report/", OPERATOR),
    Shot("targets", "/targets/"),
    Shot("target", "/targets/{target}/"),
    Shot("environments", "/environments/"),
    Shot("environment", "/environments/{environment}/"),
    Shot("calendar", "/calendar/", OPERATOR),
    Shot("schedule", "/migrations/{shop}/schedule/", OPERATOR),
    Shot("related", "/migrations/{chat}/related/", OPERATOR),
    Shot("policies", "/policies/"),
    Shot("policy", "/policies/{policy}/"),
    Shot("replay", "/policies/{policy}/versions/3/replay/"),
    Shot("promote", "/migrations/{forum}/promote/", OPERATOR),
    Shot("across", "/migrations/{forum}/environments/", OPERATOR),
    Shot("break-glass", "/migrations/{mail}/break-glass/", OPERATOR),
    Shot("glass-broken", "/migrations/{billing}/", SECOND_APPROVER),
    Shot("waive", "/migrations/{portal}/waivers/new/?rule=live_effects", ADMIN, fresh=True),
    Shot("audit", "/audit/"),
    Shot("search", "/search/?q=sessions"),
    Shot("settings", "/settings/"),
)
BROKEN = (
    Shot("home", "/", OPERATOR),
    Shot("inbox", "/inbox/", OPERATOR),
    Shot("migration", "/migrations/{stuck_migration}/", OPERATOR),
    Shot("run-failed", "/runs/{failed}/", OPERATOR),
    Shot("run-stuck", "/runs/{stuck}/", OPERATOR),
    Shot("targets", "/targets/"),
    Shot("target", "/targets/{unreachable}/"),
    Shot("audit", "/audit/"),
    Shot("new-refused", "/migrations/import/?refused", OPERATOR),
    Shot("not-found", "/runs/999999/", OPERATOR),
    Shot("forbidden", "/audit/", VIEWER),
)


@dataclass(slots=True)
class Camera:
    """Takes pictures of one installation. Everybody signs in once; `only` is a pattern for what is taken."""

    browser: Browser
    desk: Page
    url: str
    only: re.Pattern[str]
    numbers: dict[str, int] = field(default_factory=dict)
    signed_in: dict[str, Any] = field(default_factory=dict)

    def take(self, state: str, shots: tuple[Shot, ...]) -> None:
        for shot in (shot for shot in shots if self.only.search(f"{state}/{shot.name}")):
            with self._open(shot) as page:
                for size, theme in itertools.product((DESKTOP, PHONE), THEMES):
                    page.set_viewport_size(size)
                    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                    self._save(page, SCREENS / state / f"{shot.name}-{size['width']}-{theme}.png", size)
            say(f"  {state}/{shot.name}")

    @contextmanager
    def _open(self, shot: Shot) -> Iterator[Page]:
        """Once for all four pictures: what changes between them is style alone."""
        if shot.fresh and shot.who:
            self.signed_in.pop(shot.who.username, None)
        context = self.browser.new_context(
            base_url=self.url, viewport=DESKTOP, storage_state=self._state(shot.who) if shot.who else None
        )
        try:
            page = context.new_page()
            page.set_default_timeout(SLOW_MS)
            page.goto(shot.path.format(**self.numbers))
            page.wait_for_load_state("load")
            yield page
        finally:
            context.close()

    def _save(self, page: Page, path: Path, size: ViewportSize) -> None:
        """The whole first screen and what follows, up to a height that still says something."""
        height = min(page.evaluate("document.documentElement.scrollHeight"), round(size["height"] * 1.3))
        page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
        png = page.screenshot(animations="disabled")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(small_png(self.desk, png, SCALE[size["width"]]))

    def _state(self, who: Login) -> Any:
        if who.username not in self.signed_in:
            context: BrowserContext = self.browser.new_context(base_url=self.url)
            page = context.new_page()
            page.set_default_timeout(SLOW_MS)
            page.goto("/accounts/login/")
            page.fill("input[name=login]", who.username)
            page.fill("input[name=password]", who.password)
            page.click("button[type=submit]")
            page.wait_for_url(f"{self.url}/")
            self.signed_in[who.username] = context.storage_state()
            context.close()
        return self.signed_in[who.username]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a pattern for `state/name`, such as busy/run")
    only = re.compile(parser.parse_args().only)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        if wanted(only, "empty", EMPTY):
            with installation("fresh", workers=False) as fresh:
                told(fresh, "fresh")
                camera(browser, fresh, only).take("empty", EMPTY)
        if wanted(only, "busy", BUSY) or wanted(only, "broken", BROKEN):
            with installation("demo", workers=True) as demo:
                busy_then_broken(browser, demo, only)
        browser.close()


def busy_then_broken(browser: Browser, demo: Installation, only: re.Pattern[str]) -> None:
    say("Playing the demo's stories")
    demo.processes.run("seed", manage_command("demo", "--seed-only"))
    demo.processes.run("play", manage_command("demo", "--play"))
    by = camera(browser, demo, only)
    by.numbers = told(demo, "live")
    by.take("busy", BUSY)
    if wanted(only, "broken", BROKEN):
        say("Breaking things")
        by.numbers |= told(demo, "broken")
        by.take("broken", BROKEN)


def told(at: Installation, story: str) -> dict[str, int]:
    """Plays the story; the numbers of what it made."""
    lines = at.processes.run(story, [*PYTHON, "-m", "examples.screen_stories", story]).splitlines()
    numbers: dict[str, int] = json.loads(lines[-1])
    return numbers


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def camera(browser: Browser, at: Installation, only: re.Pattern[str]) -> Camera:
    return Camera(browser, browser.new_page(), at.url, only)


def wanted(only: re.Pattern[str], state: str, shots: tuple[Shot, ...]) -> bool:
    return any(only.search(f"{state}/{shot.name}") for shot in shots)


@contextmanager
def installation(name: str, *, workers: bool) -> Iterator[Installation]:
    with own_directory(SCRATCH.resolve() / name) as directory, own_installation(directory) as made:
        made.prepare_database()
        web = made.start_web()
        if workers:
            made.start_dispatcher()
            made.start_worker(1)
        made.wait_until_ready(web)
        yield made


if __name__ == "__main__":
    main()
