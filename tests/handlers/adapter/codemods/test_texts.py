"""Elixir code, configurations and scripts of a project together."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrations_app.configuration.formats.elixir.reader import parsed
from tests.handlers.adapter.codemods.projects import RENAMING, rewritten

OLD = "pkg.adapter.MyAdapter"


@pytest.mark.parametrize(
    ("code", "codes"),
    [
        (f'@adapter "{OLD}"\n', ["named"]),
        (f'x = ["--adapter", "{OLD}"]\n', ["named"]),
        (f"# {OLD}\n", []),
        (f'@doc """\n{OLD}\n"""\n', []),
        (f'@doc "{OLD}"\n', []),
        (f'x = """\n{OLD}\n"""\n', []),
        (f'x = "a {OLD} #{{y}}"\n', ["named"]),
        (f'def "{OLD}\n', ["unread"]),
        ('x = "my.pkg.adapter.MyAdapter"\n', []),
    ],
)
def test_a_text_that_names_the_adapter_is_listed(code: str, codes: list[str]):
    _, found = rewritten({"lib/a.ex": code.encode()})

    assert [one.code for one in found.refused] == codes
    assert not found.changes


def test_files_that_are_no_code_are_not_looked_at():
    _, found = rewritten({"README.md": f"--adapter {OLD}\n".encode(), "a.bin": b"\xff" + OLD.encode(), "b.json": b"{"})

    assert not found.refused


def test_a_configuration_that_cannot_be_read_is_listed_by_its_lines():
    _, found = rewritten({"a.json": f'{{"pool_config": {{"adapter_spec": "{OLD}"\n'.encode()})

    assert [one.code for one in found.refused] == ["named"]


LINES = st.sampled_from(
    (
        f"# {OLD}",
        '# Snakepit.execute("spread", %{})',
        "x = 1 # ä",
        'y = """\n  Snakepit.execute("spread")\n"""',
        "z = [a: 1,\n   b: %{}]",
        "",
        'Logger.info("ä spreads")',
    )
)
SITES = st.sampled_from(
    (
        ('Snakepit.execute("spread",  %{ä: 1})', 'Snakepit.execute("numbers.spread",  %{ä: 1})'),
        (
            f'Application.put_env(:snakepit, :pool_config, %{{adapter_env: %{{}}, adapter_spec: "{OLD}" }})',
            "Application.put_env(:snakepit, :pool_config, "
            '%{adapter_env: %{"SNAKEPIT_GENERIC_ADAPTER" => "/etc/tools.json"}, '
            'adapter_spec: "generic.GenericAdapter" })',
        ),
    )
)
PARTS = st.lists(st.one_of(LINES.map(lambda line: (line, line)), SITES), min_size=1, max_size=8)


@given(parts=PARTS, newline=st.sampled_from(("\n", "\r\n")), last=st.booleans())
@settings(max_examples=60, deadline=None)
def test_all_that_is_no_place_stays_byte_for_byte(parts: list[tuple[str, str]], newline: str, last: bool):
    def written(which: int) -> str:
        text = "\n".join(part[which] for part in parts) + ("\n" if last else "")
        return text.replace("\n", newline)

    files, found = rewritten({"a.exs": written(0).encode()}, RENAMING)

    assert files["a.exs"].decode() == written(1)
    assert not parsed(files["a.exs"]).has_error
    assert not found.refused
