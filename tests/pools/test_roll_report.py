import json

from migrations_app.pools.roll_report import Checkpoint


def test_a_checkpoint_comes_back_from_where_it_was_kept():
    checkpoint = Checkpoint(8, ("default_worker_7", "default_worker_8"), 6, 1)
    assert Checkpoint.from_dict(json.loads(json.dumps(checkpoint.as_dict()))) == checkpoint
