import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path

from migrations_app.contrib.django_routers import routers
from migrations_app.engine.vocabulary import RoutePhase
from tests.contrib.routers import PATH, WORLD
from tests.contrib.test_django_sessions import ENGINE
from tests.routing.routed_world import RoutedWorld


def write(request):
    request.session["visits"] = request.session.get("visits", 0) + 1
    return HttpResponse(str(request.session["visits"]))


def save(request):
    request.session["x"] = 1
    request.session.save()
    return HttpResponse("saved")


def deleted_meanwhile(request):
    request.session["x"] = 1
    type(request.session)().delete(request.session.session_key)
    return HttpResponse("late")


urlpatterns = [path("write/", write), path("save/", save), path("late/", deleted_meanwhile)]


@pytest.fixture
def world():
    WORLD.append(RoutedWorld())
    with override_settings(
        SNAKEWEB_SESSIONS=PATH,
        SESSION_ENGINE=ENGINE,
        ROOT_URLCONF=__name__,
        MIDDLEWARE=["migrations_app.contrib.django_middleware.SessionMiddleware"],
        ALLOWED_HOSTS=["testserver"],
    ):
        yield WORLD[-1]
        routers.forget()
    WORLD.pop()


def test_a_browser_keeps_its_session_over_a_switch(world):
    world.join()
    client = Client()
    assert client.get("/write/").content == b"1"
    world.switch()
    assert client.get("/write/").content == b"2"
    world.publish(RoutePhase.SINGLE_B, "b")
    assert client.get("/write/").content == b"3"


@pytest.mark.parametrize("url", ["/write/", "/save/"])
def test_while_writes_wait_the_answer_is_503(world, url):
    client = Client()
    client.get("/write/")
    world.publish(RoutePhase.HANDOFF, "a", fenced=False)
    answer = client.get(url)

    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    world.publish(RoutePhase.PLAIN_A, "a", fenced=False)
    assert client.get("/write/").content == b"2"


def test_a_session_that_ended_meanwhile_interrupts_the_request(world):
    client = Client()
    client.get("/write/")

    assert client.get("/late/").status_code == 400
