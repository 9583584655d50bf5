"""An adapter whose tools the analysis takes over whole, with arrays and frames among their answers."""

CODE = """\
import base64
import hashlib
import json
import statistics
import textwrap

import numpy as np
import pandas as pd
from snakepit_bridge.base_adapter import BaseAdapter, tool


class Pairs(BaseAdapter):
    def execute_tool(self, tool_name, arguments, context):
        return self.call_tool(tool_name, **arguments)

    @tool()
    def spread(self, low: float, high: float, count: int = 5):
        return np.linspace(low, high, num=int(count))

    @tool()
    def spectrum(self, signal: list[float]):
        return np.abs(np.fft.fft(signal))

    @tool()
    def moments(self, numbers: np.ndarray):
        values = np.asarray(numbers, dtype="float32")
        return {"mean": values.mean(), "std": float(values.std()), "shape": values.shape}

    @tool()
    def table(self, columns: pd.DataFrame):
        return pd.DataFrame(columns)

    @tool()
    def described(self, columns: pd.DataFrame):
        return pd.DataFrame(columns).describe()

    @tool()
    def running(self, values: list[float], name: str = "total"):
        return pd.Series(values, name=name).cumsum()

    @tool()
    def wrapped(self, text: str, width: int = 20):
        return textwrap.wrap(text, width=width)

    @tool()
    def digest(self, content: bytes):
        return hashlib.sha256(content).hexdigest()

    @tool()
    def encoded(self, value):
        return base64.b64encode(json.dumps(value, sort_keys=True).encode()).decode()

    @tool()
    def middle(self, numbers):
        return statistics.median([float(one) for one in numbers])
"""
