import pytest

from migrations_app.handlers.config.hiding import shown


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ('  password: "hunter2",', '  password: "•••",'),
        ("  db_password: 'hunter2'", "  db_password: '•••'"),
        ('  extra_env: %{"API_KEY" => "hunter2", "A" => "b"}', '  extra_env: %{"API_KEY" => "•••", "A" => "b"}'),
        ('{"OPENAI_API_KEY", "sk-hunter2"}', '{"OPENAI_API_KEY", "•••"}'),
        ('"secret_token": "a\\"b"', '"secret_token": "•••"'),
        ("apiToken: hunter2", "apiToken: •••"),
        ('url: "redis://user:hunter2@host/0"', 'url: "redis://user:•••@host/0"'),
        ('password: System.get_env("PASSWORD")', 'password: System.get_env("PASSWORD")'),
        ("  pool_size: 4, # no secret here", "  pool_size: 4, # no secret here"),
        ('  instance_name: "shop"', '  instance_name: "shop"'),
        ("a\0b", "a�b"),
    ],
)
def test_values_that_are_credentials_by_their_key_are_hidden(line: str, seen: str) -> None:
    assert shown(line) == seen
