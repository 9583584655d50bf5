"""Error reports, on the page of a developer and wherever else Django writes them, without what may be secret."""

import re
from types import FrameType
from typing import Any, cast

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from migrations_app.engine.hiding import HIDDEN, SECRET_NAME, redact_text

_SETTINGS = rf"{SECRET_NAME.pattern}|API|KEY|SIGNATURE|_URLS?\b|DATABASES"


class _Shown:
    """Stands for a value in a report, whose own text may hold a secret anywhere."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


class RedactingFilter(SafeExceptionReporterFilter):
    """In force with DEBUG as well: a developer's machine has credentials of live stores too."""

    cleansed_substitute = HIDDEN
    hidden_settings = re.compile(_SETTINGS, re.IGNORECASE)

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        cleansed = super().cleanse_setting(key, value)
        return redact_text(str(cleansed)) if isinstance(cleansed, str) else cleansed  # lazy texts too

    def get_traceback_frame_variables(self, request: HttpRequest, tb_frame: FrameType) -> Any:
        shown = super().get_traceback_frame_variables(request, tb_frame)
        return [
            (name, _Shown(HIDDEN if SECRET_NAME.search(name) else redact_text(_text(value)))) for name, value in shown
        ]


class RedactingReporter(ExceptionReporter):
    def get_traceback_data(self) -> dict[str, Any]:
        data = super().get_traceback_data()
        for entries in ("request_GET_items", "filtered_POST_items", "request_COOKIES_items"):
            data[entries] = [(name, _Shown(_said(name, value))) for name, value in data.get(entries) or ()]
        return data

    def get_traceback_html(self) -> SafeString:
        return cast("SafeString", redact_text(super().get_traceback_html()))

    def get_traceback_text(self) -> SafeString:
        return cast("SafeString", redact_text(super().get_traceback_text()))


def _said(name: str, value: Any) -> str:
    return HIDDEN if SECRET_NAME.search(name) else redact_text(_text(value))


def _text(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001  a broken repr must not take the report with it
        return f"<{type(value).__name__}: {type(error).__name__}>"
