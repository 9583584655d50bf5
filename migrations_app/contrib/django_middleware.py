"""Django's session middleware that answers 503 while a route lets nothing through.

Use it in the place of `django.contrib.sessions.middleware.SessionMiddleware`. The operation that had to wait read and
wrote nothing. What came before it in the same request stands: all that the view has done, and other operations on
sessions, such as the new session of a login whose old one could not be deleted. Nobody repeats the request by itself:
a browser shows the page, and `Retry-After` is for clients that look at it.
"""

from django.contrib.sessions.middleware import SessionMiddleware as DjangosSessionMiddleware
from django.http import HttpRequest, HttpResponse

from migrations_app.routing import LeaseExpired, WritesAreWaiting

RETRY_AFTER_SECONDS = "1"
WAITING = (WritesAreWaiting, LeaseExpired)


class SessionMiddleware(DjangosSessionMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Saving the session, or loading it, may be what has to wait."""
        try:
            return super().process_response(request, response)
        except WAITING:
            return _try_again()

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A view that touched the session."""
        return _try_again() if isinstance(exception, WAITING) else None


def _try_again() -> HttpResponse:
    response = HttpResponse("Sessions are being moved. Try again in a second.\n", "text/plain", 503)
    response["Retry-After"] = RETRY_AFTER_SECONDS
    return response
