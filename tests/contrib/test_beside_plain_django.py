"""A plain Django (another process, its own settings) and the routed backend read and write the same table."""

import contextlib
import json
import subprocess
import sys

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.test import override_settings

from migrations_app.contrib.django_routers import routers
from migrations_app.contrib.django_sessions import SessionStore
from tests.contrib import plain_routers
from tests.contrib.test_django_sessions import ENGINE

pytestmark = pytest.mark.servers
PLAIN = """
import json, sys
import django
from django.conf import settings
order = json.loads(sys.stdin.read())
settings.configure(INSTALLED_APPS=["django.contrib.sessions"], DATABASES={"default": order["database"]},
                   SECRET_KEY=order["key"], USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
django.setup()
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
what, key, data = order["what"], order.get("session"), order.get("data")
if what == "migrate":
    call_command("migrate", verbosity=0)
elif what == "save":
    session = SessionStore(key)
    session.update(data)
    session.save()
    print(json.dumps(session.session_key))
elif what == "load":
    print(json.dumps([dict(SessionStore(key).items()), SessionStore(key).exists(key)]))
elif what == "delete":
    SessionStore().delete(key)
elif what == "clear":
    SessionStore.clear_expired()
"""
COLUMNS = {"key": "session_key", "value": "session_data", "expires_at": "expire_date"}
TABLE = {"table": "django_session", "value_type": "text", "columns": COLUMNS}
KEY = "a key that both share"


class Plain:
    def __init__(self, database):
        self.database = database

    def __call__(self, what, session=None, **data):
        order = {"what": what, "session": session, "data": data, "database": self.database, "key": KEY}
        ended = subprocess.run(
            [sys.executable, "-c", PLAIN], input=json.dumps(order), capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout) if ended.stdout else None


@pytest.fixture(params=["sqlite", "postgres"])
def plain(request, tmp_path, plane_less):
    if request.param == "sqlite":
        path = str(tmp_path / "app.db")
        plain = Plain({"ENGINE": "django.db.backends.sqlite3", "NAME": path})
        config, secrets = {"store": "sqlite", "path": path, **TABLE}, {}
    else:
        server = request.getfixturevalue("empty_postgres")
        address = {"HOST": server.host, "PORT": server.port, "USER": server.username, "PASSWORD": server.password}
        plain = Plain({"ENGINE": "django.db.backends.postgresql", "NAME": server.database, **address})
        config, secrets = server.config(**TABLE), server.secrets
    plain("migrate")
    with plane_less({"a": config}, {"a": secrets}):
        yield plain


@pytest.fixture
def plane_less():
    """The routed backend over stores that have joined no route: every operation is plain."""

    @contextlib.contextmanager
    def using(stores, secrets):
        path = "tests.contrib.plain_routers.router"
        plain_routers.STORES.append((stores, secrets))
        with override_settings(SNAKEWEB_SESSIONS=path, SESSION_ENGINE=ENGINE, SECRET_KEY=KEY, SECRET_KEY_FALLBACKS=[]):
            yield
            routers.forget()
        plain_routers.STORES.pop()

    return using


def test_each_reads_what_the_other_wrote(plain):
    key = plain("save", cat="dog")
    session = SessionStore(key)
    assert session["cat"] == "dog"
    session["cat"] = "bird"
    session.save()
    assert plain("load", key) == [{"cat": "bird"}, True]

    plain("save", key, fish=1)
    assert dict(SessionStore(key).items()) == {"cat": "bird", "fish": 1}

    mine = SessionStore()
    mine["mine"] = True
    mine.save()
    assert plain("load", mine.session_key) == [{"mine": True}, True]


def test_each_ends_what_the_other_made(plain):
    key = plain("save", cat="dog")
    session = SessionStore(key)
    assert session["cat"] == "dog"
    plain("delete", key)
    with pytest.raises(UpdateError):
        session.save()
    mine = SessionStore()
    mine["x"] = 1
    mine.save()
    mine.cycle_key()
    old = mine.session_key
    mine.delete()
    assert plain("load", old) == [{}, False]


def test_the_plain_backend_clears_what_has_expired(plain):
    session = SessionStore()
    session["x"] = 1
    session.set_expiry(-10)
    session.save()
    plain("clear")

    assert not SessionStore().exists(session.session_key)
