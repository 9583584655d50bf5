import pytest

from migrations_app.handlers.adapter.equivalence.stand_in.snakepit_bridge.core import BaseCommandHandler


class Handler(BaseCommandHandler):
    def _register_commands(self):
        self.register_command("count", lambda args: args["by"] + self.request_count)


def test_a_command_gets_the_whole_dict():
    handler = Handler()

    assert handler.process_command("count", {"by": 1}) == 2
    assert handler.get_supported_commands() == ["count"]
    with pytest.raises(ValueError, match="Unknown command: other"):
        handler.process_command("other", {})


def test_a_handler_without_commands_is_none():
    with pytest.raises(NotImplementedError):
        BaseCommandHandler()
