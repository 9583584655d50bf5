import pytest

from migrations_app.engine.parameters import parse
from migrations_app.engine.plan_template import PlanTemplate
from migrations_app.handlers.data.parameters import PARAMETERS
from migrations_app.handlers.data.templates import TEMPLATES


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_template_sets_what_can_be_set(template: PlanTemplate) -> None:
    assert parse(PARAMETERS, template.parameters, path="parameters")[1] == []
