"""The page's files, and a WebSocket for each tab.

A tab asks in JSON, {"id": 7, "verb": "rules", "photo": "face", …}; a file or a frame of the camera
follows behind it in the same message, after a line end.  Each answer bears the id of its question.
No request names a file: the page's own are read when the server begins.

Read before: guard.py.  Read next: desk.py.
"""

import asyncio
import contextlib
import json
import mimetypes
import pathlib
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from demos.explorer.desk import Desk
from demos.explorer.photos import MOST_BYTES
from demos.explorer.question import Request
from demos.explorer.turns import Turns

PAGE = pathlib.Path(__file__).parent / "page"
TABS, BEHIND = 64, 4        # tabs at once, and answers that a tab may not have read yet
HEADER = 8192               # bytes of the JSON of a message, at most
WHOLE = MOST_BYTES + HEADER  # and of a message


class Tab:
    """One tab: what is to be sent to it, and whether it reads."""

    def __init__(self, loop: asyncio.AbstractEventLoop):
        self._loop, self.waiting = loop, asyncio.Queue()
        self.newest: dict[str, object] = {}

    @property
    def room(self) -> bool:
        """Whether it has read nearly all that it was sent."""
        return self.waiting.qsize() < BEHIND

    def teller(self, number) -> Callable[[dict], None]:
        """What sends answers to one question, from any thread."""

        def tell(answer: dict) -> None:
            text = json.dumps({"id": number, **answer}, ensure_ascii=False)
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self.waiting.put_nowait, text)

        return tell


def application(desk: Desk, turns: Turns, verbs: dict, choices: dict) -> Starlette:
    """The application: the page's files, and `talk`, which first tells what there is."""
    files = {file.name: file.read_bytes() for file in PAGE.iterdir() if file.is_file()}
    tabs: set[Tab] = set()

    async def page(request):
        name = request.path_params.get("name", "index.html")
        if name not in files:
            return PlainTextResponse("there is nothing of this name here\n", 404)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Response(files[name], media_type=kind)

    async def talk(socket: WebSocket):
        if len(tabs) >= TABS:
            return await socket.close(1013, "too many tabs: close some")
        await socket.accept()
        tab = Tab(asyncio.get_running_loop())
        tabs.add(tab)
        tab.teller(0)({**desk.hello(), **choices})
        writing = asyncio.create_task(write(socket, tab, turns))
        try:
            while True:
                listen(await socket.receive(), tab, desk, turns, verbs)
        except (WebSocketDisconnect, RuntimeError):  # it has gone, or was never quite there
            pass
        finally:
            tabs.discard(tab)
            tab.newest.clear()
            turns.leave(tab)
            writing.cancel()

    return Starlette(routes=[
        Route("/", page), Route("/{name}", page), WebSocketRoute("/talk", talk),
    ])  # fmt: skip


async def write(socket: WebSocket, tab: Tab, turns: Turns) -> None:
    """Send what waits, as fast as the tab reads."""
    with contextlib.suppress(Exception):  # it has gone: the reader says so
        while True:
            await socket.send_text(await tab.waiting.get())
            turns.wake()


def listen(message: dict, tab: Tab, desk: Desk, turns: Turns, verbs: dict) -> None:
    """Take one message: begin the work that it asks for, or say what is wrong with it."""
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    number = None
    try:
        fields, data = parsed(message)
        number = fields.pop("id", None)
        number = number if isinstance(number, int) else None
        verb, this = fields.pop("verb", None), object()
        request = Request(verb, fields, data, lambda: tab.newest.get(verb) is this)
        if verb == "stop":
            return turns.stop(tab, request.text("kind", ""))
        if verb not in verbs:
            raise ValueError("there is no such verb")
    except (ValueError, TypeError, RecursionError) as error:
        return tab.teller(number)({"error": str(error)[:200]})
    tab.newest[verb] = this
    turns.put(tab, verb, verbs[verb](desk, request), tab.teller(number))


def parsed(message: dict) -> tuple[dict, bytes]:
    """The JSON of a message, and the bytes behind it.

    Raises:
        ValueError: it is none, or too long.
    """
    text, data = message.get("text"), b""
    if text is None:
        head, _, data = (message.get("bytes") or b"").partition(b"\n")
        text = head[: HEADER + 1].decode("utf-8", "replace")
    if len(text) > HEADER:
        raise ValueError("this question is too long")
    fields = json.loads(text)
    if not isinstance(fields, dict):
        raise ValueError("a question is an object")
    return fields, data
