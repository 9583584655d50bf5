"""`snakeweb completion`: what makes a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class

from migrations_app.cli.exits import Exit
from migrations_app.cli.terminal import Out

VARIABLE = "_SNAKEWEB_COMPLETE"


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> Exit:
    """Print a script for the shell, to be read when it starts:

    \b
    bash  eval "$(snakeweb completion bash)"             in ~/.bashrc
    zsh   eval "$(snakeweb completion zsh)"              in ~/.zshrc, after compinit
    fish  snakeweb completion fish > ~/.config/fish/completions/snakeweb.fish
    """
    root = click.get_current_context().find_root().command
    found = get_completion_class(shell)
    if found is None:
        raise AssertionError("click lost a shell")
    Out().raw(found(root, {}, "snakeweb", VARIABLE).source().rstrip())
    return Exit.OK


COMMANDS = (completion,)
