"""An answer is made while it is sent."""

from collections.abc import Iterator

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import AsyncRequestFactory, RequestFactory

from migrations_app.web.streaming import streamed

TEXT = {"content_type": "text/plain", "headers": {"X-Lines": "3"}}


class Source:
    """Counts what was taken of it."""

    def __init__(self) -> None:
        self.taken = 0

    def chunks(self) -> Iterator[str]:
        for number in range(3):
            self.taken += 1
            yield f"{number}\n"


@pytest.mark.django_db
async def test_a_server_that_speaks_asgi_takes_one_chunk_at_a_time() -> None:
    source = Source()
    request = AsyncRequestFactory().get("/")
    assert isinstance(request, ASGIRequest)
    answer = streamed(request, source.chunks(), **TEXT)

    received = []
    async for chunk in answer:
        received.append(chunk)
        assert source.taken == len(received)
    assert b"".join(received) == b"0\n1\n2\n"
    assert answer["X-Lines"] == "3"


def test_without_asgi_it_is_a_plain_iterator() -> None:
    source = Source()
    answer = streamed(RequestFactory().get("/"), source.chunks(), **TEXT)
    assert next(iter(answer)) == b"0\n"
    assert source.taken == 1
