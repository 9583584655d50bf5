"""What a configuration may say in each release of Snakepit, and what Snakepit really makes of it."""

from migrations_app.configuration.document import Configuration
from migrations_app.configuration.problems import ConfigProblem
from migrations_app.configuration.schema import adapters
from migrations_app.configuration.schema.judge import Judge
from migrations_app.configuration.schema.together import contradictions
from migrations_app.snakepit.versions import Version


def validate(configuration: Configuration, version: Version) -> tuple[ConfigProblem, ...]:
    """Every problem at once, in the order of files and lines, those of reading included.

    A key with no effect is a warning, never an error: a configuration without errors starts.
    """
    judge = Judge(configuration, version)
    problems = [*configuration.problems]
    for setting in configuration.settings:
        problems += judge.setting(setting)
    problems += adapters.problems(configuration, version)
    problems += contradictions(configuration, version)
    files = {path: number for number, path in enumerate(configuration.files)}

    def place(problem: ConfigProblem) -> tuple[int, int]:
        return (files.get(problem.span.file, len(files)), problem.span.start) if problem.span else (-1, 0)

    return tuple(sorted(dict.fromkeys(problems), key=place))
