"""Page objects: what a person sees and does, by the words on the page."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.cast import PASSWORD

SLOW = 60_000  # milliseconds; for what workers do


class AuthoringPage:
    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, begin: str = "Blank form") -> "AuthoringPage":
        """`begin` names the button that leads from the start to the form."""
        self.page.goto("/migrations/new/")
        self.page.get_by_role("button", name=begin).click()
        self.page.wait_for_url(re.compile(r"/migrations/new/\d+/"))
        return self

    def choose(self, environment: str, source: str, target: str) -> "AuthoringPage":
        """Choosing an environment reloads the targets that are offered."""
        with self.page.expect_response(lambda answer: answer.request.headers.get("hx-target") == "fields"):
            self.page.get_by_role("combobox", name="Environment").select_option(label=environment)
        self._target("Source", source)
        self._target("Target", target)
        return self

    def _target(self, role: str, name: str) -> None:
        box = self.page.get_by_label(re.compile(f"^{role}"))
        box.select_option(label=box.locator("option", has_text=name).first.inner_text())

    def unfold(self) -> None:
        """Show what is seldom set as well."""
        self.page.locator("main form details").evaluate_all("each => each.forEach(details => details.open = true)")

    def kept(self, text: str) -> None:
        """The document beside the form says this, so the server has it."""
        expect(self.page.locator("#yaml-text")).to_contain_text(text, timeout=SLOW)

    def save_and_plan(self) -> None:
        self.page.get_by_role("button", name="Save and plan").click()

    def problem(self, label: str) -> Locator:
        """The complaint that stands at this field."""
        field = self.page.locator(".field", has=self.page.get_by_label(re.compile(f"^{label}")))
        return field.locator(".problem")


class MigrationPage:
    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, migration_id: int) -> "MigrationPage":
        self.page.goto(f"/migrations/{migration_id}/")
        return self

    @property
    def id(self) -> int:
        found = re.search(r"/migrations/(\d+)/", self.page.url)
        assert found, self.page.url
        return int(found[1])

    @property
    def next_action(self) -> Locator:
        return self.page.locator(".title .button.primary")

    @property
    def why_not(self) -> Locator:
        return self.page.locator("#why-not")

    @property
    def why_not_sign(self) -> Locator:
        return self.page.locator("#why-not-sign")

    @property
    def digest(self) -> str:
        return self.page.locator("code[title]").first.get_attribute("title") or ""

    def section(self, name: str) -> Locator:
        return self.page.get_by_role("region", name=name)

    def more(self, action: str) -> None:
        self.page.get_by_role("button", name="More actions").click()
        self.page.get_by_role("button", name=action).click()


class SigningPage:
    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, migration_id: int) -> "SigningPage":
        self.page.goto(f"/migrations/{migration_id}/sign/")
        return self

    @property
    def digest(self) -> str:
        return "".join(self.page.locator(".digest span").all_inner_texts())

    def decide(self, decision: str, *, comment: str = "", read_back: str = "") -> None:
        self.page.get_by_role("radio", name=re.compile(decision)).check()
        self.page.get_by_label(re.compile("^Comment")).fill(comment)
        self.page.get_by_label(re.compile("^Read it back")).fill(read_back)
        self.page.get_by_role("button", name="Record my decision").click()

    def sign(self) -> None:
        self.decide("^Sign", read_back=self.digest[:4])


class ConfirmPresencePage:
    """Asks for the password once more."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def confirm(self) -> None:
        expect(self.page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Confirm").click()


class RunPage:
    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, run_id: int) -> "RunPage":
        self.page.goto(f"/runs/{run_id}/")
        return self

    @property
    def id(self) -> int:
        found = re.search(r"/runs/(\d+)/", self.page.url)
        assert found, self.page.url
        return int(found[1])

    @property
    def state(self) -> Locator:
        return self.page.locator("#run-header [data-announce]")

    @property
    def live(self) -> Locator:
        return self.page.locator("#live-dot")

    @property
    def progress(self) -> float:
        """Of the whole run, 0 to 100."""
        return float(self.page.locator("#run-progress progress").first.get_attribute("value") or 0)

    @property
    def sequence(self) -> list[int]:
        """The numbers of the log's lines, in the order of the page."""
        return [
            int(n)
            for n in self.page.locator("#run-log li[data-seq]").evaluate_all("lines => lines.map(l => l.dataset.seq)")
        ]

    def mark(self) -> None:
        """Leave a trace that a reload of the page would wipe out."""
        self.page.evaluate("window.neverReloaded = true")

    @property
    def reloaded(self) -> bool:
        return self.page.evaluate("window.neverReloaded") is not True

    def ends_as(self, state: str) -> None:
        expect(self.state).to_have_text(state, timeout=SLOW)
