import pytest

from migrations_app.engine.options import effective
from migrations_app.engine.parameters import parse
from migrations_app.handlers.adapter.parameters import PARAMETERS
from migrations_app.handlers.adapter.templates import TEMPLATES


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_the_values_of_a_sample_plan_fit_the_declarations(template) -> None:
    assert parse(PARAMETERS, template.parameters, path="parameters")[1] == []
    assert effective(template.options, {})[1] == []
