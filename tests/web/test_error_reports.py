import sys

from django.test import RequestFactory

from migrations_app.engine import hiding
from migrations_app.engine.hiding import HIDDEN
from migrations_app.web.error_reports import RedactingFilter, RedactingReporter

PLANTED = "".join(("pl4", "nted"))  # not as one literal, because a report shows lines of the source


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no text")


def report() -> RedactingReporter:
    opened = "-".join(("opened", PLANTED, "here"))
    hiding.remember(opened)
    nested = {"dsn": f"postgres://u:{PLANTED}@h/d", "deep": [opened]}  # noqa: F841  a local of the frame
    password, broken = PLANTED, Broken()  # noqa: F841
    request = RequestFactory().post(f"/x?token={PLANTED}", {"password": PLANTED}, HTTP_COOKIE=f"sessionid={PLANTED}")
    try:
        raise ConnectionError(f"refused: host=h password={PLANTED} {opened}")
    except ConnectionError:
        return RedactingReporter(request, *sys.exc_info())


def test_a_report_holds_no_secret_of_locals_request_settings_or_message() -> None:
    for text in (report().get_traceback_html(), report().get_traceback_text()):
        assert PLANTED not in text
        assert "ConnectionError" in text
        assert HIDDEN in text


def test_it_holds_with_debug_as_well(settings) -> None:
    settings.DEBUG = True
    safe = RedactingFilter().get_safe_settings()

    assert safe["SECRET_KEY"] == safe["SNAKEWEB_SECRET_KEYS"] == HIDDEN
    assert RedactingFilter().is_active(None)
