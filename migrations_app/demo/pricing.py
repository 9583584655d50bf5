"""The code of the demo's adapter project: prices, worked out in Python for a shop that is written in Elixir.

Four of its tools can be served by the generic adapter as they are. One needs a person's decision: it adds up in a loop,
which is `sum` to whoever reads it. One stays what it is: it streams.
"""

import json
from collections.abc import Mapping

ADAPTER = "pricing.adapter.Pricing"
RECORDED = "calls.jsonl"
DECIDED = "basket_total"
# What a person who has read `basket_total` would write in its place.
DECISION = {
    "name": DECIDED,
    "description": "Adds up a basket, in cents.",
    "mode": "keywords",
    "arguments": [{"name": "cents"}],
    "steps": [{"as": "total", "call": "builtins.sum", "args": [{"argument": "cents"}]}],
    "result": {"object": {"cents": {"step": "total"}}},
}

CALLS = (
    *(("gross_price", {"net": net, "rate": rate}) for net in (1, 9.99, 24.5, 250) for rate in (0.07, 0.19)),
    *(("gross_price", {"net": net}) for net in (0, 4.2, 1099)),
    *(("median_price", {"prices": prices}) for prices in ([3], [1, 2, 4], [19.9, 24.9, 24.9, 99])),
    *(("delivery_day", {"ordered": day}) for day in ("2026-02-27T18:04:00", "2026-03-01T00:00:00")),
    *(("order_lines", {"text": text}) for text in ('{"sku": "A-1", "count": 2}', "[]")),
    *((DECIDED, {"cents": cents}) for cents in ([], [199], [199, 2500, 4999])),
)

FILES: Mapping[str, str] = {
    "README.md": "# Pricing\n\nWhat things cost, for the shop. `calls.jsonl` has a few calls of last week.\n",
    "pyproject.toml": '[project]\nname = "pricing"\nversion = "1.4.0"\ndependencies = []\n',
    "pricing/__init__.py": "",
    "pricing/adapter.py": '''\
"""What things cost. Called from Elixir, by Snakepit."""

import json
import statistics
import time
from datetime import datetime

from snakepit_bridge.base_adapter import BaseAdapter, tool


class Pricing(BaseAdapter):
    def execute_tool(self, tool_name, arguments, context):
        return self.call_tool(tool_name, **arguments)

    @tool(description="A price with its tax, in euros.")
    def gross_price(self, net: float, rate: float = 0.19) -> float:
        """
        >>> gross_price(100)
        119.0
        """
        return round(float(net) * (1 + float(rate)), 2)

    @tool(description="What most customers would call the usual price.")
    def median_price(self, prices: list) -> dict:
        return {"median": statistics.median([float(one) for one in prices]), "of": len(prices)}

    @tool(description="The day of an order.")
    def delivery_day(self, ordered: str) -> str:
        return datetime.fromisoformat(ordered).date().isoformat()

    @tool(description="The lines of an order that came as text.")
    def order_lines(self, text: str) -> dict:
        return {"lines": json.loads(text)}

    @tool(description="Adds up a basket, in cents.")
    def basket_total(self, cents: list) -> dict:
        total = 0
        for one in cents:
            total += one
        return {"cents": total}

    @tool(description="Prices as they change, until nobody listens any more.", supports_streaming=True)
    def watch_price(self, net: float, times: int = 10):
        for number in range(times):
            time.sleep(0.5)
            yield {"price": round(float(net) * (1 + 0.001 * number), 2)}
''',
    "reports/monthly.py": """\
from pricing.adapter import Pricing


def usual(prices):
    # the accountants want the median, not the mean
    return Pricing().median_price(prices)["median"]


print(Pricing().execute_tool("gross_price", {"net": 100}, None))
""",
    "lib/shop/basket.ex": """\
defmodule Shop.Basket do
  # Prices come from Python.
  def gross(net), do: Snakepit.execute("gross_price", %{net: net})

  def total(cents), do: Snakepit.execute("basket_total", %{cents: cents})
end
""",
    "config/config.exs": """\
import Config

# who works the prices out
config :snakepit,
  pooling_enabled: true,
  pools: [
    %{
      name: :default,
      pool_size: 4,
      adapter_module: Snakepit.Adapters.GRPCPython,
      adapter_args: ["--adapter", "pricing.adapter.Pricing"]
    }
  ]
""",
    "mix.exs": """\
defmodule Shop.MixProject do
  use Mix.Project

  def project, do: [app: :shop, version: "1.4.0", deps: [{:snakepit, "~> 0.13"}]]
end
""",
    RECORDED: "".join(f"{json.dumps({'tool': tool, 'arguments': given})}\n" for tool, given in CALLS),
}
