"""Only this page may ask, by this machine's own name; from elsewhere, only with the token."""

import pytest

from demos.explorer.guard import Guard

HOSTS = {"127.0.0.1:8008", "localhost:8008"}


def scope(host="127.0.0.1:8008", origin=None, query="", cookie=None):
    headers = [(b"host", host.encode())] if host is not None else []
    headers += [(b"origin", origin.encode())] if origin is not None else []
    headers += [(b"cookie", cookie.encode("latin-1"))] if cookie is not None else []
    return {"type": "http", "headers": headers, "query_string": query.encode()}


@pytest.mark.parametrize("given", [
    {}, {"host": "LOCALHOST:8008"}, {"origin": "http://127.0.0.1:8008"},
])
def test_this_page_may_ask(given):
    assert Guard(None, HOSTS).refusal(scope(**given)) is None


@pytest.mark.parametrize("given", [
    {"host": "evil.example:8008"},                      # DNS rebinding
    {"host": "127.0.0.1"}, {"host": "127.0.0.1:8009"}, {"host": None}, {"host": ""},
    {"host": "127.0.0.1:8008@evil.example"},
    {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": ""},
    {"origin": "https://127.0.0.1:8008"}, {"origin": "http://localhost:8008"},
])
def test_another_page_may_not(given):
    assert Guard(None, HOSTS).refusal(scope(**given))


def test_two_names_are_none():
    two = scope()
    two["headers"] *= 2
    assert Guard(None, HOSTS).refusal(two)


@pytest.mark.parametrize(("given", "allowed"), [
    ({"query": "token=secret"}, True), ({"cookie": "explorer=secret"}, True), ({}, False),
    ({"query": "token=wrong"}, False), ({"query": "token="}, False),
    ({"cookie": "explorer=wrong"}, False), ({"cookie": "explorer=\xff\x00;;=,"}, False),
    ({"query": "token=secret", "origin": "http://evil.example"}, False),
])
def test_from_elsewhere_one_needs_the_token(given, allowed):
    guard = Guard(None, None, "secret")
    assert (guard.refusal(scope(host="192.168.0.7:8008", **given)) is None) == allowed


def test_nobody_is_let_in_by_any_name_without_a_token():
    with pytest.raises(ValueError, match="asks for a token"):
        Guard(None, None)
