"""Fetch a published file: with progress, resumed where it broke off, and used only if it is whole.

What has come so far is kept under <file>.part.  A second call asks the server for the rest (HTTP
Range, RFC 9110, section 14); a server that sends everything again is taken at its word.  Only a
file whose hash is the published one gets its name.

Read before: convert.py.
"""

import http.client
import os
import pathlib
import urllib.error
import urllib.request

from tqdm import tqdm

from weights.convert import attributes_of, check_free, check_place, convert, digest, folder
from weights.publishers import PUBLISHED, Published

BLOCK = 2**18
PATIENCE = 30  # seconds without a byte


def download(
    name: str, float16: bool = False, keep: bool = False, out=None, force: bool = False
) -> pathlib.Path:
    """Fetch, check and convert one of PUBLISHED into the folder for weights.

    Args:
        name: in `python -m weights list`.
        float16: store half precision.
        keep: leave the publisher's file in the folder for weights.
        out: the converted file; by default <model>.h5 in that folder.
        force: replace a file of that name that holds other weights.

    Returns:
        The converted file.

    Raises:
        ValueError: unknown name, wrong hash, a file that cannot be converted, or another in its
            place.
        OSError: no connection, or it broke off; the sentence says how to go on, or by hand.
    """
    if name not in PUBLISHED:
        raise ValueError(f"nobody is known to publish {name!r}: see python -m weights list")
    published = PUBLISHED[name]
    folder().mkdir(parents=True, exist_ok=True)
    file = folder() / pathlib.PurePosixPath(published.address).name
    target = pathlib.Path(out or folder() / f"{published.model}.h5")
    check_place(target)
    if not force:
        check_free(target, lambda held: _is_of(held, published))
    if not file.exists():
        fetch(published.address, file, published.hash)
    elif wrong := _differs(file, published.hash):
        raise ValueError(f"{file} is here already, but {wrong}: delete it and try again")
    try:
        convert(
            file, target, published.model, float16, published.address, published.licence, force=True
        )
    except ValueError as error:
        if published.hash:
            raise
        file.unlink()  # nothing vouches for it, and it would stand in the way of the next try
        raise ValueError(f"{error}; what came was deleted, try again") from None
    if not keep:
        file.unlink()
    return target


def fetch(address: str, file: pathlib.Path, expected: str | None) -> None:
    """Bring an address's content to a file, whole and checked, or leave no file of that name.

    Args:
        address: http or https.
        file: where to; <file>.part holds what has come while it is not whole.
        expected: "sha256:digits" or "md5:digits", all of them or the first; None: nothing to check.

    Raises:
        ValueError: the hash is another; the part is deleted, since nothing can be made of it.
        OSError: no connection, an error of the server, or it broke off.
    """
    part = file.with_name(file.name + ".part")
    try:
        _receive(address, part)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("the same command goes on from here") from None
    except urllib.error.HTTPError as error:
        raise OSError(f"{address} answers {error.code} {error.reason}") from None
    except (
        urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError
    ) as error:
        raise OSError(
            f"{address} cannot be reached ({getattr(error, 'reason', error)}); what has come is "
            "kept, and the same command goes on from there; or fetch it by hand, put it into "
            f"{file.parent} as {file.name}, and call the same command"
        ) from None
    if expected is None:
        print(f"unverified: the publisher of {file.name} gives no hash")
    if wrong := _differs(part, expected):
        part.unlink()
        raise ValueError(f"what came for {file.name} {wrong}: it was deleted, try again")
    os.replace(part, file)


def _receive(address: str, part: pathlib.Path) -> None:
    """Append to a part what it lacks."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address, headers={"User-Agent": "minigrad"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        answer = urllib.request.urlopen(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        if error.code != 416 or not have:
            raise
        if error.headers.get("Content-Range") in (None, f"bytes */{have}"):
            return  # nothing is missing
        part.unlink()  # it is longer than the file, so it was another's
        return _receive(address, part)
    with answer:
        resumed = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(
            f"bytes {have}-"
        )
        have = have if resumed else 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else None
        with (
            open(part, "ab" if resumed else "wb") as out,
            tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=part.stem) as bar,
        ):
            while block := answer.read(BLOCK):
                out.write(block)
                bar.update(len(block))
                have += len(block)
    if total is not None and have < total:
        raise ConnectionError(f"{have} of {total} bytes came")


def _differs(path: pathlib.Path, expected: str | None) -> str:
    """Say how a file's hash differs from the published one; nothing if it does not."""
    if expected is None:
        return ""
    kind, digits = expected.split(":")
    found = digest(path, kind)
    if found.startswith(digits):
        return ""
    return f"has the {kind} {found}, and {digits} is published"


def _is_of(held: dict, published: Published) -> bool:
    """Whether a file's attributes say that it was made of a published one."""
    return held.get("source") == published.address or published.is_hash(
        f"sha256:{held.get('sha256')}"
    )


def describe(name: str, published: Published) -> str:
    """One line of the list."""
    accuracy = f"{published.top1:.1f} / {published.top5:.1f} %" if published.top1 else ""
    check = published.hash.split(":")[0] if published.hash else "unverified"
    held = attributes_of(folder() / f"{published.model}.h5")
    here = "  here" if _is_of(held, published) else ""
    return f"{name:20} {accuracy:15} {check:10} {published.licence:13}{here}"
