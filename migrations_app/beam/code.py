"""Code of ours on a node: compiled there, by its own compiler, and loaded into its memory; no file is written.

An Elixir release has the compiler, because Elixir itself needs it. A node without one refuses, and says so.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from migrations_app.beam.node import Atom, Node, NodeFailed

SOURCES = Path(__file__).parent / "erlang"
HELPER, FORWARDER = "snakeweb_node", "snakeweb_forwarder"
# Ways of the forwarder to a store, by what the node needs of us for each: the way itself comes first.
GATEWAY, REDIS = ("snakeweb_gateway",), ("snakeweb_redis", "snakeweb_resp")

NOTHING: Mapping[str, str] = {}

# Bound: Source. Gives the object code; fails with `undef` without a compiler.
_COMPILING = """
{ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(Source)),
{_, Forms} = lists:foldl(fun(Token, {Form, Forms}) ->
    case element(1, Token) of
      dot -> {ok, Parsed} = erl_parse:parse_form(lists:reverse([Token | Form])), {[], [Parsed | Forms]};
      _ -> {[Token | Form], Forms}
    end
  end, {[], []}, Tokens),
case compile:forms(lists:reverse(Forms), [binary, return_errors]) of
  {ok, _, Beam} -> Beam;
  _ -> throw(not_compiled)
end
"""

# Bound: Module, Version.
_IS_LOADED = """
erlang:module_loaded(Module) andalso
  lists:keyfind(snakeweb_version, 1, Module:module_info(attributes)) =:= {snakeweb_version, [Version]}
"""
# Bound: Module, Beam.
_LOADING = 'code:purge(Module), {module, Module} = code:load_binary(Module, "snakeweb", Beam), ok'
_UNLOADING = "code:purge(Module), code:delete(Module), code:purge(Module), ok"


class CodeRefused(Exception):
    """The node takes no code of ours; the text says why, for people."""


def compiled(node: Node, source: str, module: str, beside: Mapping[str, str] = NOTHING) -> bytes:
    """Object code of the file `source`.erl as the module of that name. Raises CodeRefused.

    `beside`: what the sources that it calls are named on the node.
    """
    text, version = _source(source)
    head = f"-module('{module}').\n-snakeweb_version({version})."
    text = text.replace(f"-module({source}).", head).replace("?MODULE", f"'{module}'")
    for called, name in beside.items():
        text = text.replace(f"{called}:", f"'{name}':")
    try:
        beam: bytes = node.evaluate(_COMPILING, Source=text)
    except NodeFailed as failure:
        why = "has no compiler" if failure.reason == "undef" else f"did not compile it ({failure.reason})"
        raise CodeRefused(f"the node {node.address.name} {why}") from None
    return beam


def load_helper(node: Node) -> None:
    """Put the helper there, unless it is. Raises CodeRefused."""
    module = Atom(HELPER)
    if node.evaluate(_IS_LOADED, Module=module, Version=_source(HELPER)[1]):
        return
    beam = compiled(node, HELPER, HELPER)
    try:
        node.evaluate(_LOADING, Module=module, Beam=beam)
    except NodeFailed as failure:
        raise CodeRefused(f"the node {node.address.name} does not load code ({failure.reason})") from None


def unload_helper(node: Node) -> None:
    node.evaluate(_UNLOADING, Module=Atom(HELPER))


def _source(name: str) -> tuple[str, int]:
    """Its text, and a number that is another one for another text."""
    text = (SOURCES / f"{name}.erl").read_text()
    return text, int.from_bytes(hashlib.sha256(text.encode()).digest()[:7])
