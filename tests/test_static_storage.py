import re
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

STORED = {**settings.STORAGES, "staticfiles": {"BACKEND": "snakeweb.static_storage.StaticStorage"}}


def test_scripts_import_each_other_by_their_content(tmp_path: Path) -> None:
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=STORED):
        call_command("collectstatic", "--noinput", "-v", "0")
    named = re.compile(r"\.[0-9a-f]{12}\.js$")
    scripts = [path for path in (tmp_path / "snakeweb").rglob("*.js") if named.search(path.name)]
    imported = re.compile(r'from\s*"(\.[^"]+)"')
    imports = {(path, place) for path in scripts for place in imported.findall(path.read_text())}
    assert len(imports) > 5
    for path, place in imports:
        assert named.search(place), (path.name, place)
        assert (path.parent / place).is_file(), (path.name, place)
