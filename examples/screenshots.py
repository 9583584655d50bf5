"""Takes the pictures of docs/screens from a running demo: `make screenshots ARGS='--url http://127.0.0.1:8000'`."""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from migrations_app.demo.people import OPERATOR

SCREENS = Path(__file__).resolve().parent.parent / "docs" / "screens"
SIZE: ViewportSize = {"width": 1360, "height": 900}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--run", type=int, default=2, help="id of the run to show (2: the demo's migration)")
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    wishes = parser.parse_args()
    SCREENS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport=SIZE, color_scheme=wishes.scheme)
        log_in(page, wishes.url)
        for name, path in (("home", "/"), ("run", f"/runs/{wishes.run}/"), ("report", f"/runs/{wishes.run}/report/")):
            page.goto(wishes.url + path)
            page.wait_for_load_state("load")
            page.screenshot(path=SCREENS / f"{name}.png")
        browser.close()


def log_in(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/login/")
    page.fill("input[name=login]", OPERATOR.username)
    page.fill("input[name=password]", OPERATOR.password)
    page.click("button[type=submit]")
    page.wait_for_url(f"{url}/")


if __name__ == "__main__":
    main()
