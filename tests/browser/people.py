"""People at their browsers. Each has a context of their own; what the browser complains about is kept."""

import shutil
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect, sync_playwright

from tests.cast import PASSWORD

ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}
PATIENCE_MS = 30_000  # for a click and for what a page is expected to show; on a busy machine it is used

expect.set_options(timeout=PATIENCE_MS)


def chromium() -> str | None:
    """The system's own Chromium, where there is one."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@dataclass
class People:
    """`complaints` are errors of scripts and what the content security policy refused."""

    url: str
    complaints: list[str] = field(default_factory=list)
    _playwright: Playwright | None = None
    _browser: Browser | None = None

    def __enter__(self) -> Self:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._browser is not None
        assert self._playwright is not None
        self._browser.close()
        self._playwright.stop()

    def somebody(self, *, phone: bool = False, dark: bool = False) -> Page:
        """A fresh browser in which nobody is signed in."""
        assert self._browser is not None
        context = self._browser.new_context(
            base_url=self.url,
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
            color_scheme="dark" if dark else "light",
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def sign_in_at_name(self, username: str) -> Page:
        """At the server's name in place of its address."""
        return replace(self, url=self.url.replace("127.0.0.1", "localhost")).sign_in(username)

    def sign_in(self, username: str, *, phone: bool = False, dark: bool = False) -> Page:
        page = self.somebody(phone=phone, dark=dark)
        page.goto("/accounts/login/")
        page.get_by_label("User name or e-mail").fill(username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/accounts/" not in url)  # and until it listens to keys
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        refused = "Content Security Policy" in message.text
        if refused or (message.type == "error" and "Failed to load resource" not in message.text):
            self.complaints.append(message.text)
