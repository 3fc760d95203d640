"""Look in live: a local page on which you click through a network, on photos or the camera.

    python -m demos explore
    python -m demos explore --model vgg16
    python -m demos explore --host 0.0.0.0

It opens in your browser, needs no network, and ends with Ctrl-C.  Click a channel or a place and
see what the unit sees, its gradient by three rules and the code of that gradient, the patches and
the picture that excite it; ask for any map of any objective; fool it, paint with it, and see who is
better, you or the network.  Each picture has the command and the Python that make it.

Only this machine can reach it.  With --host others can who know the address with its token.
"""

import argparse
import contextlib
import pathlib
import secrets
import socket
import threading
import warnings
import webbrowser

from PIL import Image

from demos.shared.command import network, parser
from minigrad.extras import extra

LOCAL = "127.0.0.1"
PORT = 8008
NEEDED = "uvicorn", "starlette", "websockets"


def main(argv: list[str]) -> None:
    """Serve the page until Ctrl-C."""
    args = options().parse_args(argv)
    for module in NEEDED:
        extra(module, "explore", "the explorer")
    from demos.explorer.desk import Desk
    from demos.explorer.question import Recipe

    with listening(args) as listener:
        net = network(args)
        weights = pathlib.Path(args.weights) if args.weights else None
        serve(Desk(net, Recipe(net.name, weights), args.device), listener, args)


def options() -> argparse.ArgumentParser:
    """Which network, and who may reach it."""
    parse = parser("explore", __doc__, writes=False)
    add = parse.add_argument
    add("--host", metavar="ADDRESS", help="where others can reach it, too, as 0.0.0.0 (nowhere)")
    add("--port", type=int, default=PORT, help=f"0 for any that is free ({PORT})")
    add("--no-browser", action="store_true", help="only say where it is")
    return parse


@contextlib.contextmanager
def listening(args):
    """A socket that listens where the options say.

    Raises:
        ValueError: there is no such place, or another program is there.
    """
    host = args.host or LOCAL
    if not 0 <= args.port <= 65535:
        raise ValueError(f"--port {args.port}: give a number from 0 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, args.port), family=family, backlog=128)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ValueError(f"{host}:{args.port} cannot be listened at: {why}; give another --port, "
                         "or --port 0 for any that is free") from None
    with listener:
        yield listener


def serve(desk, listener: socket.socket, args) -> None:
    """Say where it is, and answer until Ctrl-C."""
    import uvicorn

    from demos.explorer import server, views
    from demos.explorer.guard import Guard
    from demos.explorer.turns import Turns

    # photos.py says of a photo of too many pixels what there is to say
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    port, turns = listener.getsockname()[1], Turns()
    token = secrets.token_urlsafe(24) if args.host else None
    app = server.application(desk, turns, views.VERBS, views.choices())
    app = Guard(app, names(args.host, port), token)
    settings = uvicorn.Config(
        app, log_level="error", access_log=False, ws_max_size=server.WHOLE, ws_max_queue=4,
        ws="websockets-sansio", http="h11", lifespan="off", limit_concurrency=256,
        timeout_graceful_shutdown=2, timeout_keep_alive=20,
    )  # fmt: skip
    address = f"http://{shown(args.host)}:{port}/" + (f"?token={token}" if token else "")
    print(f"{desk.net.name} is at {address}  (Ctrl-C ends it)", flush=True)
    if not args.no_browser:
        threading.Timer(0.5, webbrowser.open, [address]).start()
    turns.begin()
    try:
        uvicorn.Server(settings).run(sockets=[listener])
    finally:
        turns.end()


def names(host: str | None, port: int) -> set[str] | None:
    """How a browser may call this machine; None for any name, where a token is asked for."""
    return None if host else {f"{name}:{port}" for name in (LOCAL, "localhost", "[::1]")}


def shown(host: str | None) -> str:
    """The host of the address that is printed."""
    everywhere = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}
    host = everywhere.get(host, host) or LOCAL
    return f"[{host}]" if ":" in host else host
