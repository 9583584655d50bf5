import io

from migrations_app.demo.terminal import Terminal


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_bar_moves_in_one_line():
    screen = Screen()
    terminal = Terminal(screen)

    terminal.progress("Transfer", 500, 1000, "sessions")
    terminal.progress("Transfer", 1000, 1000, "sessions")
    terminal.say("done")

    last = screen.getvalue().split("\r")[-1]
    assert "100%" in last
    assert "1,000 of 1,000 sessions\ndone\n" in last


def test_elsewhere_lines_come_now_and_then():
    page = io.StringIO()
    terminal = Terminal(page)

    for done in range(0, 1000, 10):
        terminal.progress("Transfer", done, 1000, "sessions")

    assert page.getvalue().count("\n") == 1
    assert "\r" not in page.getvalue()


def test_an_unknown_total_shows_what_is_done():
    page = io.StringIO()

    Terminal(page).progress("Catch-up", 42, None, "sessions")

    assert "42 sessions" in page.getvalue()
