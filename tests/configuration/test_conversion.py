from migrations_app.configuration.conversion import Conversion


def test_a_conversion_changes_something_when_the_bytes_of_a_file_differ():
    def conversion(after: bytes) -> Conversion:
        return Conversion("0.8.9", "0.13.0", {"config.exs": b"1"}, {"config.exs": after}, (), (), reversible=True)

    assert conversion(b"2").changes
    assert not conversion(b"1").changes
