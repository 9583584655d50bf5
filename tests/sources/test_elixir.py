import pytest

from migrations_app.sources.elixir import Reference, read
from migrations_app.sources.places import SourceTooDeep


def told(code: str) -> list[tuple[str, str, int | None]]:
    return [(one.module, one.function, one.arity) for one in read(code.encode()).references]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('Snakepit.execute("a", %{})', [("Snakepit", "execute", 2)]),
        ('Snakepit.execute "a", %{}, timeout: 1, pool_name: :x', [("Snakepit", "execute", 3)]),
        ('"a" |> Snakepit.execute(%{})', [("Snakepit", "execute", 2)]),
        ('f("a" |> Snakepit.execute(%{}))', [("Snakepit", "execute", 2)]),
        ("Snakepit.cleanup", [("Snakepit", "cleanup", 0)]),
        ("&Snakepit.Pool.get_stats/1", [("Snakepit.Pool", "get_stats", 1)]),
        ("&Snakepit.execute(&1, %{})", [("Snakepit", "execute", 2)]),
        ("apply(Snakepit, :execute, [1, 2])", [("Snakepit", "execute", 2)]),
        ("apply(Snakepit, :execute, args)", [("Snakepit", "execute", None)]),
        ("Foo.each do\n  1\nend", [("Foo", "each", 1)]),
        ("%Snakepit.Error{}", [("Snakepit.Error", "", None)]),
        ("x = Snakepit.Pool", [("Snakepit.Pool", "", None)]),
        (":ets.lookup(:t, 1)", [(":ets", "lookup", 2)]),
        (
            "alias Snakepit.Pool\nPool.list_workers()",
            [("Snakepit.Pool", "", None), ("Snakepit.Pool", "list_workers", 0)],
        ),
        ("alias Snakepit.Pool, as: P\nP.run(1)", [("Snakepit.Pool", "", None), ("Snakepit.Pool", "run", 1)]),
        (
            "alias Snakepit.{Pool, Bridge.Session}\nSession.new(1)",
            [("Snakepit.Pool", "", None), ("Snakepit.Bridge.Session", "", None), ("Snakepit.Bridge.Session", "new", 1)],
        ),
        ("require Snakepit.Log, as: L\nL.info(1)", [("Snakepit.Log", "", None), ("Snakepit.Log", "info", 1)]),
        ("use Snakepit.Adapter, a: Foo", [("Snakepit.Adapter", "", None), ("Foo", "", None)]),
    ],
)
def test_what_code_refers_to(code, expected):
    assert told(code) == expected


@pytest.mark.parametrize(
    "code",
    [
        "# Snakepit.execute(1)",
        '"Snakepit.execute(1)"',
        '@moduledoc """\nSnakepit.execute(1)\n"""',
        "~s(Snakepit.execute)",
        "client.execute(1)",
        "execute(1)",
        ":snakepit",
    ],
)
def test_what_is_no_reference(code):
    assert told(code) == []


def test_what_an_interpolation_calls_is_code():
    assert told('"#{Snakepit.cleanup()}"') == [("Snakepit", "cleanup", 0)]


def test_an_alias_ends_with_its_block():
    code = "if x do\n  alias Snakepit.Pool\n  Pool.a()\nend\nPool.b()"

    assert told(code)[1:] == [("Snakepit.Pool", "a", 0), ("Pool", "b", 0)]


def test_modules_with_their_public_functions_and_behaviours():
    code = b"""
    defmodule Acme.Worker do
      use GenServer
      @behaviour Snakepit.Adapter
      def run(a, b \\\\ 1) when a > 1, do: b
      def none, do: __MODULE__.Inner.f()
      defp hidden(a), do: a
      defdelegate q(a), to: Other
      defmodule Inner do
        def f, do: Inner.g()
      end
    end
    """

    source = read(code)

    assert [one.name for one in source.modules] == ["Acme.Worker", "Acme.Worker.Inner"]
    assert source.modules[0].behaviours == {"GenServer", "Snakepit.Adapter"}
    assert [(f.name, list(f.arities), f.place.line) for f in source.modules[0].functions] == [
        ("run", [1, 2], 5),
        ("none", [0], 6),
        ("q", [1], 8),
    ]
    assert ("Acme.Worker.Inner", "f", 0) in told(code.decode())


def test_literal_atoms_options_errors_and_dependencies():
    source = read(
        b"Snakepit.run_as_script(fun, halt: true, x: 1)\n{:error, :queue_timeout} = x\n{:ok, :a}\n"
        b'{:snakepit, "~> 0.8"}\n'
        b":ets.insert(:snakepit_sessions, row)"
    )

    assert source.references[0].options == ("halt", "x")
    assert source.references[-1].atoms == ("snakepit_sessions",)
    assert [(atom, place.line) for atom, place in source.errors] == [("queue_timeout", 2)]
    assert [(name, text, place.line) for name, text, place in source.dependencies] == [("snakepit", "~> 0.8", 4)]


def test_around_what_is_broken_the_rest_is_read():
    source = read(b"Snakepit.cleanup()\ndef )( do\n")

    assert Reference("Snakepit", source.references[0].place, "cleanup", 0) == source.references[0]
    assert [place.line for place in source.broken] == [2]
    assert not read(b"Snakepit.cleanup()").broken


def test_places_are_lines_and_bytes():
    place = read("# é\nSnakepit.cleanup()".encode()).references[0].place

    assert (place.line, place.start, place.end) == (2, 5, 23)


def test_what_is_nested_too_deep_is_said():
    with pytest.raises(SourceTooDeep):
        read(b"[" * 20_000 + b"]" * 20_000)
