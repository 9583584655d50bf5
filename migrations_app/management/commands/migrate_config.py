"""`manage.py migrate_config FILE --to VERSION`: take a Snakepit configuration to another release, without any server.

Exit status: 0 converted, or nothing to change; 1 with `--check`: it would change; 2 wrong use, an unknown version, or
several releases fit and `--from` is missing; 3 the configuration has errors, before or afterwards; 4 an older release
cannot do what it says; 5 a file cannot be read or replaced. In 2 to 5 nothing was written.
"""

import json
import sys
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from migrations_app.configuration.conversion import Conversion, Manner, NoWay, convert
from migrations_app.configuration.detection import Detection, detect
from migrations_app.configuration.document import Configuration
from migrations_app.configuration.origin import Ambiguous, origin_of
from migrations_app.configuration.problems import ConfigProblem, Severity
from migrations_app.configuration.reading import UnknownFormat, read
from migrations_app.configuration.report import as_data, diff, hunk_line, problem_line
from migrations_app.engine.errors import MigrationError
from migrations_app.files.errors import unusable
from migrations_app.files.reading import read as read_file
from migrations_app.files.reading import sha256_of
from migrations_app.files.together import Change, replace_all
from migrations_app.snakepit.versions import UnknownVersion, Version

WOULD_CHANGE, WRONG_USE, INVALID, NO_WAY, UNUSABLE = 1, 2, 3, 4, 5


class Command(BaseCommand):
    help = "Take a Snakepit configuration, with the files that it imports, to another release of Snakepit."
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        kwargs.setdefault("epilog", (__doc__ or "").partition("\n\n")[2])
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the first file: config.exs, runtime.exs, or .json, .yaml, .toml")
        parser.add_argument("--to", required=True, metavar="VERSION", help="0.13.0, or 0.13 for the newest of its line")
        parser.add_argument("--from", dest="origin", metavar="VERSION", help="the release it is written for")
        parser.add_argument("--json", action="store_true", help="print the result as JSON instead of a diff")
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--check", action="store_true", help="write nothing; exit status 1 when it would change")
        group.add_argument("--write", action="store_true", help="replace the files")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            to = Version.named(options["to"])
            configuration = read(file.name, content_of(file, file), lambda path: beside(file, path))
            self._refuse_errors(configuration.problems)
            detection = detect(configuration)
            origin = self._origin(options["origin"], configuration, detection, to)
            conversion = convert(configuration, origin=origin, to=to)
            self._say(conversion, detection, as_json=options["json"], quiet=options["check"])
            self._refuse_errors(conversion.problems)
            if options["write"]:
                write(file, conversion)
        except (UnknownVersion, UnknownFormat, Ambiguous) as error:
            self._leave(WRONG_USE, str(error))
        except NoWay as error:
            self._leave(NO_WAY, str(error))
        except MigrationError as error:
            self._leave(UNUSABLE, " ".join([str(error), *error.recovery_actions]))
        if options["check"] and conversion.changes:
            sys.exit(WOULD_CHANGE)

    def _origin(self, given: str | None, configuration: Configuration, detection: Detection, to: Version) -> Version:
        if given is not None:
            return Version.named(given)
        try:
            return origin_of(configuration, detection, to)
        except Ambiguous:
            for one in detection.evidence:
                leftover = " (a leftover)" if one.leftover else ""
                self.stderr.write(f"{one.span.file}:{one.span.line}: {one.says}{leftover}")
            self.stderr.write("Say the release that it runs on with --from.")
            raise

    def _say(self, conversion: Conversion, detection: Detection, *, as_json: bool, quiet: bool) -> None:
        """The result to standard output, what people have to look at to standard error."""
        if as_json:
            self.stdout.write(json.dumps(as_data(conversion, detection), indent=2, ensure_ascii=False))
        elif not quiet:
            self.stdout.write(diff(conversion), ending="")
        for hunk in conversion.hunks:
            if hunk.manner is not Manner.AUTOMATIC:
                self.stderr.write(hunk_line(hunk))
        for problem in conversion.problems:
            if problem.severity is Severity.WARNING:
                self.stderr.write(problem_line(problem))

    def _refuse_errors(self, problems: tuple[ConfigProblem, ...]) -> None:
        errors = [problem for problem in problems if problem.severity is Severity.ERROR]
        for problem in errors:
            self.stderr.write(problem_line(problem))
        if errors:
            self._leave(INVALID, "The configuration has errors. Nothing was written.")

    def _leave(self, status: int, message: str) -> NoReturn:
        self.stderr.write(message)
        sys.exit(status)


def content_of(first: Path, path: Path) -> bytes:
    """Of a file in the configuration's directory; a link that leads out of there is not followed."""
    home = first.parent.resolve()
    real = path.resolve()
    if not real.is_relative_to(home):
        raise unusable(
            path,
            f"leads to {real}, outside of the configuration's directory {home}.",
            "Name the file itself.",
        )
    return read_file(path)


def beside(first: Path, path: str) -> bytes | None:
    """Another file of the configuration; None when it is not there."""
    other = first.parent / path
    return content_of(first, other) if other.exists() or other.is_symlink() else None


def write(first: Path, conversion: Conversion) -> None:
    """All changed files or none, each still being what was read."""
    replace_all(
        [
            Change(first.parent / path, after, sha256_of(conversion.before[path]))
            for path, after in conversion.after.items()
            if after != conversion.before[path]
        ],
        roots=[first.parent],
    )
