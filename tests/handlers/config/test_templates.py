import pytest

from migrations_app.engine.parameters import parse
from migrations_app.handlers.config.parameters import PARAMETERS
from migrations_app.handlers.config.templates import TEMPLATES
from migrations_app.snakepit.versions import releases


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_its_values_fit_the_declarations(template) -> None:
    parameters, problems = parse(PARAMETERS, template.parameters, path="parameters")

    assert problems == []
    assert parameters["to_version"] == str(releases()[-1])
