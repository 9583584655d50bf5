"""Nothing secret reaches a log or a traceback on standard error. Imports no models: logging is set up before them."""

import logging
import sys
import threading
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from migrations_app.engine.hiding import redact_text, remember


class RedactingFormatter(logging.Formatter):
    """Formats a record with its traceback, and hides in the whole of it what is secret."""

    def format(self, record: logging.LogRecord) -> str:
        return redact_text(super().format(record))


def remember_configured(settings: Any) -> None:
    """From now on this process hides its own keys and the passwords in its addresses."""
    remember(*settings.SNAKEWEB_SECRET_KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    remember(*(str(each.get("PASSWORD") or "") for each in settings.DATABASES.values()))
    remember(settings.EMAIL_HOST_PASSWORD, settings.SNAKEWEB_OIDC_CLIENT_SECRET)
    remember(*settings.SNAKEWEB_TRACES_HEADERS.values())
    remember(
        *_passwords(
            [settings.CELERY_BROKER_URL, settings.SNAKEWEB_TRACES_URL, *settings.SNAKEWEB_AUDIT_CHECKPOINTS_URLS]
        )
    )


def _passwords(urls: Iterable[str]) -> list[str]:
    return [unquote(password) for password in (urlsplit(url).password for url in urls) if password]


def install_hooks() -> None:
    """Tracebacks of what nobody caught: in the main thread, in others, and where Python can only say that it ignores
    them. Leaves hooks alone that somebody has set.
    """
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _uncaught
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _uncaught_in_thread
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _ignored


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    sys.stderr.write(redact_text("".join(traceback.format_exception(kind, error, trace))))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is SystemExit or args.exc_value is None:
        return
    name = args.thread.name if args.thread is not None else "?"
    trace = "".join(traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback))
    sys.stderr.write(redact_text(f"Exception in thread {name}:\n{trace}"))


def _ignored(args: "sys.UnraisableHookArgs") -> None:
    trace = "".join(traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback))
    sys.stderr.write(redact_text(f"{args.err_msg or 'Exception ignored in'}: {args.object!r}\n{trace}"))
