"""Why a place in Python is left to a person, in words."""

from typing import Final

from migrations_app.handlers.adapter.codemods.switch import Refused
from migrations_app.handlers.adapter.facts import Lines

_SAID: Final[dict[str, tuple[str, str]]] = {
    "annotation": (
        "The class is named as a type.",
        "Name the generic adapter's class where it takes its place, or what both have in common.",
    ),
    "awaits": ("It waits for the adapter, and the generic adapter's execute_tool is not async.", "Take `await` out."),
    "bound_twice": (
        "More than one statement decides what the name is here.",
        "Leave one import of the class, or change the place by hand.",
    ),
    "class_attribute": (
        "It reads an attribute of the class, which the generic adapter does not have.",
        "Keep the value where it is used.",
    ),
    "class_passed": ("The class itself is handed on.", "Hand on the generic adapter's class if it serves there."),
    "constructed_with_arguments": (
        "The class is made with arguments, and the generic adapter takes none of them.",
        "Look at what the arguments change; make the generic adapter by hand.",
    ),
    "dispatch_differs": (
        "execute_tool with this name may do something else than the method.",
        "Compare both, and call execute_tool of the generic adapter by hand.",
    ),
    "dynamic_name": (
        "Which tool is called is decided at run time.",
        "Make sure that it is one that the generic adapter serves, under its new name.",
    ),
    "exported": (
        "Other files may take the class from here.",
        "Keep it as long as they do, then take the import out.",
    ),
    "getattr": ("A name that is put together at run time may be the class or one of its methods.", "Name it outright."),
    "in_text": (
        "A text names the class.",
        "Change it if it chooses the adapter; leave it if it only tells of it.",
    ),
    "in_f_string": ("The call stands inside of a text.", "Put its result in a variable first."),
    "instance_passed": (
        "The adapter that is made here is handed on, returned or kept.",
        "Follow it to where its tools are called, and change these places together.",
    ),
    "isinstance": ("It asks for the class of an adapter.", "The generic adapter is of another class: ask otherwise."),
    "name_taken": (
        "The file has another meaning for the generic adapter's name.",
        "Rename one of them.",
    ),
    "not_served": (
        "The generic adapter does not serve this tool.",
        "Keep the custom adapter for it, or write an entry for the tool.",
    ),
    "other_method": (
        "It uses something of the adapter that is no tool.",
        "The generic adapter has execute_tool, get_tools, set_session_context and cleanup.",
    ),
    "patched": (
        "The class or one of its methods is replaced when this runs.",
        "Change what stands behind it, or test through execute_tool.",
    ),
    "shape": ("The call is written in a way that is not taken apart here.", "Change it by hand."),
    "star_import": ("The class comes by `import *`.", "Import it by its name."),
    "starred": (
        "Which arguments it passes is decided at run time.",
        "Pass them as one mapping from their names.",
    ),
    "subclass": (
        "A class inherits from the adapter.",
        "Take over what it inherits, or keep the custom adapter for it.",
    ),
    "variable_shared": (
        "Other files may use this adapter of the module.",
        "Make the adapter where it is used.",
    ),
    "wrong_arguments": (
        "The arguments do not fit the tool's parameters.",
        "Mend the call first.",
    ),
}


def refusal(lines: Lines, code: str, message: str = "", advice: str = "") -> Refused:
    said = _SAID.get(code, ("", "Look at both adapters, and change the place by hand."))
    return Refused(lines, code, message or said[0], advice or said[1])
