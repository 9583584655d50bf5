from migrations_app.engine.ports import CLOSED_TOKEN, WorkerToken, partition_scope, run_scope


def test_scopes_of_a_run_and_its_partitions_share_a_prefix() -> None:
    assert run_scope(7) == "run:7"
    assert partition_scope(7, "transfer", 2) == "run:7:transfer:2"
    assert WorkerToken(run_scope(7), 1) != WorkerToken(run_scope(8), 1)


def test_the_closed_token_fits_a_signed_64_bit_column_and_no_driver_reaches_it() -> None:
    assert 2**53 < CLOSED_TOKEN < 2**63
