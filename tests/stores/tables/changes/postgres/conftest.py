import pytest


@pytest.fixture
def place(make_place):
    return make_place("postgres")
