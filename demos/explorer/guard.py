"""Who may ask: pages of this very address, and from other machines whoever has the token.

A page on the web can send a browser to http://127.0.0.1:8008, and can make its own name mean
127.0.0.1 (DNS rebinding).  So every request must call this machine by a name of its own (Host), and
one that comes from a page must come from a page of ours (Origin).  With --host others on the net
can reach it: then a token is asked for, which the first address holds and a cookie keeps.

Read before: turns.py.  Read next: server.py.
"""

import contextlib
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
                               "img-src 'self' data: blob:; connect-src 'self'; media-src blob:; "
                               "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}  # fmt: skip
COOKIE = "explorer"


class Guard:
    """Stands in front of the application (ASGI), and lets through what is allowed.

    Args:
        app: the application.
        hosts: how a request may call this machine, as "127.0.0.1:8008"; None for any name, which
            takes a token.
        token: what one needs to know, or None.
    """

    def __init__(self, app, hosts: set[str] | None, token: str | None = None):
        if hosts is None and token is None:
            raise ValueError("who may be called anything asks for a token")
        self.app, self.hosts, self.token = app, hosts, token

    async def __call__(self, scope, receive, send):
        """Refuse a request, or pass it on and add the headers that keep a page to itself."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        if scope["type"] == "http":
            send = while_there(send)
        why = self.refusal(scope)
        if why and scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008, "reason": why})
        if why:
            return await refuse(send, why)
        await self.app(scope, receive, self._with_headers(scope, send))

    def refusal(self, scope) -> str | None:
        """Why a request is refused, in words; None for one that is allowed."""
        hosts, origins = (all_of(scope, name) for name in (b"host", b"origin"))
        if len(hosts) != 1 or self.hosts is not None and hosts[0].lower() not in self.hosts:
            return "this explorer is not known by that name"
        if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in origins):
            return "another page may not ask this explorer"
        if self.token and not any(
            secrets.compare_digest(told.encode(), self.token.encode()) for told in told_by(scope)
        ):
            return "the token is missing or wrong: open the address that the terminal shows"
        return None

    def _with_headers(self, scope, send):
        headers = dict(HEADERS)
        if self.token and scope["type"] == "http":
            headers["set-cookie"] = f"{COOKIE}={self.token}; HttpOnly; SameSite=Strict; Path=/"

        async def sending(message):
            if message["type"] == "http.response.start":
                ours = [(name.encode(), value.encode()) for name, value in headers.items()]
                message = {**message, "headers": [*message.get("headers", []), *ours]}
            await send(message)

        return sending


def all_of(scope, name: bytes) -> list[str]:
    """Every value of a header."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def told_by(scope) -> list[str]:
    """What a request says the token is: in its address, or in its cookie."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=None)
    told = query.get("token", [])
    for text in all_of(scope, b"cookie"):
        try:
            cookie = SimpleCookie(text)
        except CookieError:
            continue
        told += [cookie[COOKIE].value] if COOKIE in cookie else []
    return told


def while_there(send):
    """Send what can be sent: whoever closes a connection half way is not told the rest."""

    async def sending(message):
        with contextlib.suppress(Exception):  # the HTTP library's own, of a connection that is over
            await send(message)

    return sending


async def refuse(send, why: str) -> None:
    """Answer 403 and a sentence."""
    await send({"type": "http.response.start", "status": 403,
                "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
    await send({"type": "http.response.body", "body": f"{why}\n".encode()})
