"""templates/, static/ and docs/ stand at the top of a checkout; the wheel carries them inside the package `snakeweb`.

`snakeweb.settings` finds them in both layouts. They are data, not packages to import, but setuptools wants each
folder named; this is the one thing that pyproject.toml cannot say.
"""

from pathlib import Path

from setuptools import find_packages, setup

TOPS = ("templates", "static", "docs")
FOLDERS = [folder for top in TOPS for folder in (Path(top), *Path(top).rglob("*")) if folder.is_dir()]
READ = [folder for folder in FOLDERS if "screens" not in folder.parts]
DATA = [".".join(("snakeweb", *folder.parts)) for folder in READ]

setup(
    packages=[*find_packages(include=["snakeweb*", "migrations_app*"]), *DATA],
    package_dir={f"snakeweb.{top}": top for top in TOPS},
    package_data={
        "": ["py.typed"],
        "migrations_app": ["*/erlang/*.erl", "snakepit/surface.json", "management/scaffold/**/*.txt"],
        **{name: ["*"] for name in DATA},
    },
)
