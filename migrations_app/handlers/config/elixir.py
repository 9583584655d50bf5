"""Elixir's own word on its files, where the worker's machine has Elixir. They are parsed and never evaluated.

A configuration is code: evaluating it would run whatever it says with the worker's rights.
"""

import shutil
import subprocess

from migrations_app.engine.errors import ValidationFailed
from migrations_app.handlers.config.snapshots import Contents

SECONDS = 30
NOT_HERE = "not parsed by Elixir itself: there is no `elixir` on this worker's machine"
NONE = "no Elixir file"
_REFUSED = 3
# Names and lengths of the files are arguments, their bytes one after the other the input.
_PARSE = """
parts = Enum.chunk_every(System.argv(), 2)
:io.setopts(:standard_io, encoding: :latin1)
said = Enum.reduce(parts, {IO.binread(:stdio, :eof), []}, fn [name, size], {rest, said} ->
  size = String.to_integer(size)
  <<content::binary-size(size), rest::binary>> = rest
  case Code.string_to_quoted(content, file: name) do
    {:ok, _} -> {rest, said}
    {:error, {place, message, token}} ->
      message = if is_binary(message), do: message, else: Enum.join(Tuple.to_list(message))
      {rest, ["#{name}, line #{place[:line]}: #{message}#{token}" | said]}
  end
end)
case said do
  {_, []} -> :ok
  {_, said} ->
    :io.setopts(:standard_io, encoding: :unicode)
    IO.puts(Enum.join(Enum.reverse(said), " "))
    System.halt(3)
end
"""


def parsed(contents: Contents, *, seconds: int = SECONDS) -> str:
    """What was done, for people. Raises ValidationFailed when Elixir refuses a file, or does not answer in time."""
    files = {name: content for name, content in contents.items() if name.endswith((".exs", ".ex"))}
    if not files:
        return NONE
    program = shutil.which("elixir")
    if program is None:
        return NOT_HERE
    named = [text for name, content in files.items() for text in (name, str(len(content)))]
    try:
        ended = subprocess.run(  # noqa: S603  (a program of the path, a script of ours, and the files as input)
            [program, "-e", _PARSE, *named],
            input=b"".join(files.values()),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ValidationFailed(f"Elixir did not answer within {seconds} s; no file was changed.") from None
    if ended.returncode == _REFUSED:
        raise ValidationFailed(
            f"Elixir does not accept the result; no file was changed. {ended.stdout.decode(errors='replace').strip()}"
        )
    if ended.returncode:
        return f"not parsed by Elixir itself: it ended with status {ended.returncode}"
    return f"{len(files)} file{'s' if len(files) > 1 else ''} parsed by Elixir itself"
