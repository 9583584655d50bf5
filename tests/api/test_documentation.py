"""The examples of docs/api.md, as they stand there, against a real server; a stream goes on after its restart."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from migrations_app.engine.events import EventType
from migrations_app.services.actor import Actor
from tests.api.door import program
from tests.api.stage import Stage
from tests.browser.site import Site
from tests.cast import NOW
from tests.selectors.journal import event, told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.servers]
TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)


def test_each_example_does_what_the_page_says(here: Stage, operator: Actor, tmp_path: Path) -> None:
    run = told(event(EventType.RUN_STARTED), event(EventType.RUN_SUCCEEDED, result={}), start=NOW)
    with Site(tmp_path) as site:
        web = site.web()
        surroundings = {
            **os.environ,
            "SNAKEWEB_URL": site.url,
            "SNAKEWEB_TOKEN": program(operator, ["read", "operate"]).headers["Authorization"].removeprefix("Bearer "),
            "MIGRATION": str(here.migration()),
            "RUN": str(run.pk),
        }

        def done(script: str) -> str:
            words = ["bash", "-euo", "pipefail", "-c", script]
            ended = subprocess.run(words, env=surroundings, capture_output=True, text=True, timeout=60, check=False)
            assert ended.returncode == 0, f"{script}\n{ended.stdout}\n{ended.stderr}"
            return ended.stdout

        for block in BLOCKS:
            done(block)
        web.kill()
        site.web()
        assert '"end"' in done(BLOCKS[-1].replace("after=0", "after=1").partition("| tail")[0])

    assert len(BLOCKS) == 6
