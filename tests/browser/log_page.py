"""The log of a run's page, as long as it may be."""

from playwright.sync_api import Locator

from tests.browser.pages import RunPage


class LogPage(RunPage):
    @property
    def sequence(self) -> list[int]:
        """The numbers of the lines that are loaded, in the order of the page."""
        lines = self.page.locator("#run-log li[data-seq]")
        return [int(n) for n in lines.evaluate_all("lines => lines.map(line => line.dataset.seq)")]

    def line(self, seq: int) -> Locator:
        return self.page.locator(f"#e{seq}")

    @property
    def follow(self) -> Locator:
        return self.page.get_by_label("follow")

    @property
    def found(self) -> Locator:
        """What the search says of its hits."""
        return self.page.locator(".log-count")
