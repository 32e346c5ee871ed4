"""`vedette completion SHELL`: the script that teaches a shell our commands and options."""

from __future__ import annotations

import click

from vedette.cli.settings import command


@command(
    "completion",
    examples=(
        'eval "$(vedette completion bash)"',
        "vedette completion fish > ~/.config/fish/completions/vedette.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the shell completion script.

    Source it, or put it where the shell looks for completions.
    """
    from click.shell_completion import get_completion_class

    from vedette.cli.main import root

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"click knows no completion for {shell}")
    click.echo(kind(root, {}, "vedette", "_VEDETTE_COMPLETE").source())
