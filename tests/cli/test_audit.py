"""`snakeweb audit`: verifying needs no server, no token and no settings; exporting is what the API streams."""

import json
from pathlib import Path

import pytest

from migrations_app.cli.exits import Exit
from migrations_app.cli.main import main
from tests.proofs.chains import SIGNER, chain, exported, proven, sealed

ENTRIES = chain(6)
KEY = ["--public-key", SIGNER.public.hex()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b"".join(exported(proven(ENTRIES, sealed(ENTRIES, (4,))))))
    return path


def test_what_a_file_proves_is_said_and_what_it_does_not(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify", str(file), *KEY]) == Exit.OK

    said = " ".join(capsys.readouterr().out.split())
    assert "6 entries, 1 to 6; 4 proven by checkpoints." in said
    assert "2 are newer than the newest checkpoint: only the database vouches for them." in said
    assert "It was filtered (actor olga)" in said


def test_as_json_for_programs(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify", str(file), *KEY, "--json"]) == Exit.OK

    said = json.loads(capsys.readouterr().out)
    assert (said["entries"], said["proven"], said["unproven"], said["whole"]) == (6, 4, 2, True)


def test_one_changed_byte_is_found_and_its_line_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = bytearray(file.read_bytes())
    content[content.index(b"olga", 300)] ^= 1
    file.write_bytes(content)

    assert main(["audit", "verify", str(file), *KEY]) == Exit.FAILED
    assert "does not prove what it says. Line 3: entry 1 has a body that does not match" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--public-key", "ab"], "is no public key"),
        (["--public-key", "0" * 64], "which was not given"),
    ],
)
def test_a_wrong_key_is_said(file: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify", str(file), *words]) in (Exit.USAGE, Exit.FAILED)
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_file_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify", str(tmp_path / "none"), *KEY]) == Exit.USAGE
    assert "cannot be read: No such file" in " ".join(capsys.readouterr().err.split())
