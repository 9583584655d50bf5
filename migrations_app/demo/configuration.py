"""The demo's configuration: the shop's, written for Snakepit 0.8, and a plan that rewrites it for 0.13."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from migrations_app.demo.cast import Cast
from migrations_app.demo.people import ADMIN, OPERATOR, STAGING
from migrations_app.demo.stories import Stage
from migrations_app.engine.vocabulary import MigrationType, TargetKind
from migrations_app.services import migrations, targets
from migrations_app.services.migrations import MigrationDraft

NAME = "shop-config"
FILES: Mapping[str, str] = {
    "config.exs": """\
import Config

# The shop asks its recommendations from two kinds of workers.
config :snakepit,
  pooling_enabled: true,
  adapter_module: Snakepit.Adapters.GRPCPython,
  grpc_port: 50_051,
  grpc_host: "localhost",
  pool_config: %{
    pool_size: 8, # one for each core
    adapter_args: ["--adapter", "shop.recommendations.Adapter"]
  }

# Nobody reads this any more, but it looks as if.
config :snakepit, :python_path, "/opt/shop/venv/bin/python"

config :logger, level: :info

import_config "#{config_env()}.exs"
""",
    "dev.exs": "import Config\n\nconfig :logger, level: :debug\n",
    "test.exs": "import Config\n\nconfig :logger, level: :warning\n",
    "prod.exs": """\
import Config

config :snakepit,
  pool_queue_timeout: 5_000,
  instance_name: System.get_env("SHOP_INSTANCE", "shop")
""",
}


def add_configuration(cast: Cast, now: datetime, folder: Path) -> dict[str, int]:
    """Its target's id by name. The files are made in a folder of their own in `folder`."""
    place = folder / NAME
    place.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (place / name).write_text(text, encoding="utf-8")
    target = targets.create(
        actor=cast.actor(ADMIN),
        now=now,
        environment_id=cast.places[STAGING.name],
        name=NAME,
        kind=TargetKind.CONFIG_FILE,
        config={"path": str(place / "config.exs")},
    )
    targets.test(actor=cast.actor(OPERATOR), now=now, target_id=target)
    return {NAME: target}


def rewritten(stage: Stage) -> None:
    draft = MigrationDraft(
        title="Rewrite the shop's configuration for Snakepit 0.13",
        type=MigrationType.CONFIG,
        environment_id=stage.cast.places[STAGING.name],
        targets={"target": stage.targets[NAME]},
        parameters={"from_version": "0.8.9", "to_version": "0.13.0"},
        description="Its port becomes a listener and its only pool one of a list; what they do stays the same.",
    )
    stage.plan(migrations.create(actor=stage.cast.actor(OPERATOR), now=stage.now(), draft=draft))
