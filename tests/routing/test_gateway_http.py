import json

import pytest

from migrations_app.routing.gateway_http import Answer, Refusal, Request, problem, unquoted


def request(headers=(), raw_path=b"/v1/sessions/a%2Fb?x", bodies=()):
    messages = iter(bodies)

    async def receive():
        return next(messages)

    return Request({"method": "PUT", "raw_path": raw_path, "path": "/", "headers": list(headers)}, receive)


def chunk(body, *, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_path_stays_quoted_and_loses_its_query():
    assert request().path == "/v1/sessions/a%2Fb"
    assert Request({"method": "GET", "path": "/v1/ä", "headers": []}, None).path == "/v1/%C3%A4"
    assert unquoted("a%2Fb%20%C3%A4") == "a/b ä"
    with pytest.raises(Refusal, match="UTF-8"):
        unquoted("%ff")


def test_headers_have_no_case():
    assert request([(b"If-Match", b" * ")]).header("if-MATCH") == "*"
    assert request().header("If-Match") == ""


@pytest.mark.parametrize("text", [b"-1", b"1.5", b"x", b"0", b"9" * 30, "²".encode("latin-1")])
def test_milliseconds_are_whole_numbers(text):
    assert request([(b"Ttl", b"17")]).milliseconds("TTL", 1) == 17
    assert request().milliseconds("TTL", 1) is None
    with pytest.raises(Refusal) as refused:
        request([(b"ttl", text)]).milliseconds("TTL", 1)
    assert refused.value.status == 400


async def test_a_body_arrives_in_pieces():
    assert await request(bodies=[chunk(b"ab", more=True), chunk(b"c")]).body(3) == b"abc"
    assert await request(bodies=[chunk(b"")]).body(3) == b""


async def test_a_body_has_a_limit_and_an_end():
    with pytest.raises(Refusal) as refused:
        await request(bodies=[chunk(b"ab", more=True), chunk(b"cd")]).body(3)
    assert refused.value.status == 413
    with pytest.raises(Refusal) as refused:
        await request([(b"content-length", b"4")]).body(3)
    assert refused.value.status == 413
    with pytest.raises(Refusal, match="ended before"):
        await request(bodies=[chunk(b"ab", more=True), {"type": "http.disconnect"}]).body(3)


async def test_an_answer_is_never_cached():
    sent = []

    async def send(message):
        sent.append(message)

    await Answer(200, b"x", {"ETag": '"1.2"'}).send(send)

    assert dict(sent[0]["headers"]) == {b"cache-control": b"no-store", b"etag": b'"1.2"', b"content-length": b"1"}
    assert sent[1]["body"] == b"x"


async def test_without_its_body_an_answer_tells_its_length():
    sent = []

    async def send(message):
        sent.append(message)

    await Answer(200, b"four").send(send, with_body=False)

    assert (b"content-length", b"4") in sent[0]["headers"]
    assert sent[1]["body"] == b""


def test_a_problem_is_what_the_api_calls_one():
    answer = problem(Refusal(404, "session_missing", "There is none.", {"Retry-After": "1"}))

    assert json.loads(answer.body) == {
        "type": "urn:snakeweb:problem:session_missing",
        "title": "Not Found",
        "status": 404,
        "code": "session_missing",
        "detail": "There is none.",
    }
    assert answer.headers == {"Content-Type": "application/problem+json", "Retry-After": "1"}
