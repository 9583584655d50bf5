"""Answers of any length in little memory."""

from collections.abc import AsyncIterator, Iterator, Mapping

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse


def streamed(
    request: HttpRequest, chunks: Iterator[str], *, content_type: str, headers: Mapping[str, str]
) -> StreamingHttpResponse:
    """Each chunk is made when the one before it is on its way.

    A web server that speaks ASGI would put everything that a plain iterator gives into a list first.
    """
    content = _one_by_one(chunks) if isinstance(request, ASGIRequest) else chunks
    return StreamingHttpResponse(content, content_type=content_type, headers=dict(headers))


async def _one_by_one(chunks: Iterator[str]) -> AsyncIterator[str]:
    @sync_to_async
    def following() -> str | None:
        return next(chunks, None)

    while (chunk := await following()) is not None:
        yield chunk
