"""What a first visit loads. Counted as production serves it, which is compressed; the plain size has a limit too."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.cast import Cast
from tests.stores_on_disk import Stage
from tests.web.door import signed_in

MOST_SERVED = 50_000  # bytes of CSS and JavaScript together; half of what was promised
MOST_PLAIN = 115_000
LINKED = re.compile(r'(?:href|src)="/static/([^"]+\.(?:css|js))"')


def files(client: Client, path: str) -> list[bytes]:
    page = client.get(path).content.decode()
    names = list(dict.fromkeys(LINKED.findall(page)))
    assert "snakeweb/tokens.css" in names
    return [Path(str(finders.find(name))).read_bytes() for name in names]


@pytest.mark.parametrize("path", ["/", "/migrations/", "/inbox/", "/targets/new/", "/migrations/{}/"])
def test_the_first_load_is_small(stage: Stage, path: str) -> None:
    loaded = files(signed_in("admin"), path.format(stage.planned().pk))

    assert sum(len(gzip.compress(content)) for content in loaded) < MOST_SERVED
    assert sum(map(len, loaded)) < MOST_PLAIN


def test_signing_in_loads_no_more(cast: Cast) -> None:
    assert sum(len(gzip.compress(content)) for content in files(Client(), "/accounts/login/")) < MOST_SERVED
