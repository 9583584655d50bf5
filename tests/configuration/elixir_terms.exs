# Prints what Elixir itself makes of configurations: one line of JSON each, terms with their kinds.
defmodule Terms do
  def of(nil), do: "null"
  def of(true), do: "true"
  def of(false), do: "false"
  def of(atom) when is_atom(atom), do: ~s({"atom":#{text(Atom.to_string(atom))}})
  def of(number) when is_integer(number), do: Integer.to_string(number)
  def of(number) when is_float(number), do: ~s({"float":#{text(inspect(number))}})
  def of(text) when is_binary(text), do: text(text)
  def of(list) when is_list(list), do: ~s([#{Enum.map_join(list, ",", &of/1)}])
  def of(tuple) when is_tuple(tuple), do: ~s({"tuple":#{of(Tuple.to_list(tuple))}})

  def of(map) when is_map(map) do
    pairs = Enum.map_join(map, ",", fn {key, value} -> "[#{of(key)},#{of(value)}]" end)
    ~s({"map":[#{pairs}]})
  end

  def of(other), do: ~s({"other":#{text(inspect(other))}})

  defp text(text), do: ~s("#{Base.encode16(text)}")
end

{:ok, _} = Application.ensure_all_started(:mix)

for argument <- System.argv() do
  [path, environment] = String.split(argument, "@")

  Mix.env(String.to_atom(environment))

  keys =
    if String.ends_with?(path, "config.exs") do
      options = [env: Mix.env(), target: :host]
      runtime = Path.join(Path.dirname(path), "runtime.exs")
      read = Config.Reader.read!(path, options)
      last = if File.exists?(runtime), do: Config.Reader.read!(runtime, options), else: []
      Config.Reader.merge(read, last) |> Keyword.get(:snakepit, [])
    else
      Code.eval_file(path)
      Application.get_all_env(:snakepit)
    end

  IO.puts(Terms.of(Map.new(keys)))
end
