"""templates/ and static/ stand at the top of a checkout; the wheel carries them inside the package `snakeweb`.

`snakeweb.settings` finds them in both layouts. They are data, not packages to import, but setuptools wants each
folder named; this is the one thing that pyproject.toml cannot say.
"""

from pathlib import Path

from setuptools import find_packages, setup

TOPS = ("templates", "static")
FOLDERS = [folder for top in TOPS for folder in (Path(top), *Path(top).rglob("*")) if folder.is_dir()]
DATA = [".".join(("snakeweb", *folder.parts)) for folder in FOLDERS]

setup(
    packages=[*find_packages(include=["snakeweb*", "migrations_app*"]), *DATA],
    package_dir={f"snakeweb.{top}": top for top in TOPS},
    package_data={
        "": ["py.typed"],
        "migrations_app": ["*/erlang/*.erl", "snakepit/surface.json", "management/scaffold/**/*.txt"],
        **{name: ["*"] for name in DATA},
    },
)
