"""The samples of docs/adoption.md: Python that compiles, and configurations that the router and the gateway take."""

import json

import pytest

from migrations_app.routing.configuration import router_from
from migrations_app.routing.gateway_server import gateway_from
from tests.adoption import samples


@pytest.mark.parametrize("sample", samples("python"))
def test_python_compiles(sample: str) -> None:
    compile(sample, "docs/adoption.md", "exec", dont_inherit=True)


def test_configurations_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROUTE_TOKEN", "PGPASSWORD", "SNAKEWEB_GATEWAY_TOKEN"):
        monkeypatch.setenv(name, "secret")
    embedded, gateway = map(json.loads, samples("json"))

    assert router_from(embedded).kinds == {"postgres", "redis"}
    assert gateway_from(gateway)
    assert gateway["stores"].keys() == embedded["stores"].keys()  # both: the route leads from one to the other
