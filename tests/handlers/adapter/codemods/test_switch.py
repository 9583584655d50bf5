"""What is wanted of a switch."""

from tests.handlers.adapter.codemods.projects import RENAMING, SWITCH


def test_a_dotted_path_is_a_module_and_a_class():
    assert (SWITCH.old_module, SWITCH.old_class) == ("pkg.adapter", "MyAdapter")
    assert (SWITCH.new_module, SWITCH.new_class) == ("generic", "GenericAdapter")


def test_a_tool_keeps_its_name_unless_it_gets_another():
    assert SWITCH.name_of("spread") == "spread"
    assert RENAMING.name_of("spread") == "numbers.spread"
