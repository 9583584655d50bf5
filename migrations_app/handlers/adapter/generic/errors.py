"""Why the generic adapter does not serve something. What a library raises passes as it is."""


class ConfigurationRefused(ValueError):
    """`problems` has every problem of the configuration, each with its place in the document."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        said = "\n".join(f"- {problem}" for problem in problems)
        super().__init__(f"The configuration of the generic adapter is refused; no tool is served.\n{said}")


class UnknownTool(AttributeError):
    """An AttributeError, as Snakepit's own base adapter answers for a tool that it does not have."""


class ToolRefused(NotImplementedError):
    """The configuration names the tool as one that is not served, with the reason."""


class StreamRefused(NotImplementedError):
    """The library answered with a stream."""


class WrongArguments(TypeError):
    """A TypeError, as Python answers for a call that does not fit a signature."""


class NotAllowed(RuntimeError):
    """A function, method or attribute that the allow-list does not have, or that is never served."""
