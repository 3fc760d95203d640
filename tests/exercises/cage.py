"""Shut a process in, so that the code it runs next harms nobody: for answers of strangers.

    enter(folder, megabytes, seconds)     # of this process, for good

Linux keeps three promises for us, asked for by ctypes, without any right of an administrator:
Landlock (from Linux 6.2 on) allows writing in `folder` alone, a seccomp filter refuses sockets,
processes, programs, signals and changes of rights, and limits bound memory, time and file sizes.
Where Landlock is missing, the filter refuses to open any file for writing.  Other systems have some
of the limits; `python -m tests.exercises.cage` finds out by experiment what holds here.
"""

import contextlib
import ctypes
import errno
import json
import os
import pathlib
import platform
import socket
import struct
import subprocess
import sys
import tempfile

from tests.exercises.cut import ROOT

try:
    import resource
except ImportError:  # Windows
    resource = None

ARCH = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}.get(platform.machine())
PROMISES = {
    "files": "an answer writes nowhere but in a folder of its own, which is deleted",
    "network": "it reaches no network",
    "processes": "it starts no process and sends none a signal",
    "memory": "its memory is limited",
}

# Numbers of system calls: (x86_64, aarch64), None where there is none.
NEW_MOUNTS = [(n, n) for n in (428, 429, 430, 432, 442)]
REFUSED = [
    (57, None), (58, None), (59, 221), (322, 281),                      # fork, vfork, execve(at)
    (62, 129), (200, 130), (129, 138), (297, 240), (424, 424),          # kill, tkill, …sigqueueinfo
    (101, 117), (310, 270), (311, 271),                                 # ptrace, process_vm_…
    (41, 198), (425, 425),                                              # socket, io_uring_setup
    (302, 261), (160, 164),                                             # prlimit64, setrlimit
    (165, 40), (166, 39), (155, 41), (272, 97), (308, 268), *NEW_MOUNTS,
    (321, 280), (298, 241), (169, 142), (175, 105), (313, 273),         # bpf, perf, reboot, modules
    (90, None), (91, 52), (268, 53), (452, 452),                        # chmod, fchmod(at)(2)
    (92, None), (93, 55), (94, None), (260, 54),                        # chown …
    (132, None), (235, None), (261, None), (280, 88),                   # utime …
    (188, 5), (189, 6), (190, 7), (197, 14), (198, 15), (199, 16),      # setxattr, removexattr
    (463, 463), (466, 466), (469, 469),                                 # …at, file_setattr
]  # fmt: skip
CHANGES_FILES = [
    (85, None), (76, 45), (82, None), (264, 38), (316, 276),            # creat, truncate, rename …
    (87, None), (263, 35), (84, None), (83, None), (258, 34),           # unlink, rmdir, mkdir
    (86, None), (265, 37), (88, None), (266, 36), (133, None), (259, 33),   # links, mknod
]  # fmt: skip
CLONE, CLONE3, TGKILL, OPEN, OPENAT, OPENAT2 = (
    (56, 220), (435, 435), (234, 131), (2, None), (257, 56), (437, 437)
)  # fmt: skip
CLONE_THREAD = 0x10000
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def enter(folder: str, megabytes: float, seconds: float) -> None:
    """Shut this process in: it writes in `folder` alone, and takes no more than this.

    What the system does not offer is left out without a word: `holds` tells.
    """
    _lower("RLIMIT_AS", _taken() + int(megabytes * 2**20))
    _lower("RLIMIT_CPU", int(seconds) + 10)
    _lower("RLIMIT_FSIZE", 16 * 2**20)
    _lower("RLIMIT_CORE", 0)
    filtered = False
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS: the kernel's condition for what follows
        walled = _landlock(libc, folder)
        filtered = _seccomp(libc, writes=walled)  # last: from here on no limit can be set
    if not filtered:
        _lower("RLIMIT_NPROC", 0)


def _lower(name: str, limit: int):
    """Set a limit that this process cannot raise again, where the system has it."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # no resource: None has none
        resource.setrlimit(getattr(resource, name), (limit, limit))


def _taken() -> int:
    """The address space that Python and NumPy take before anything runs, in bytes."""
    try:
        pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 2**30
    return pages * os.sysconf("SC_PAGESIZE")


# ── Landlock: files by their folder ──────────────────────────────────────────────────────────────


def _landlock(libc, folder: str) -> bool:
    """Allow writing in a folder alone, and no TCP; say whether the kernel does so."""
    abi = libc.syscall(444, None, ctypes.c_size_t(0), 1)
    if abi < 3:  # before, a file could be cut short all the same
        return False
    writing = 1 << 1 | sum(1 << bit for bit in range(4, 15))  # write, remove, make …, truncate
    net, scope = (3 if abi >= 4 else 0), (3 if abi >= 6 else 0)
    attributes = struct.pack("=QQQ", writing, net, scope)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = libc.syscall(444, attributes, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    own = os.open(folder, os.O_PATH)
    try:
        added = libc.syscall(445, ruleset, 1, struct.pack("=Qi", writing, own), 0) == 0
        return added and libc.syscall(446, ruleset, 0) == 0
    finally:
        os.close(own)
        os.close(ruleset)


# ── seccomp: system calls by their number ────────────────────────────────────────────────────────


def _seccomp(libc, writes: bool) -> bool:
    """Refuse the calls above, and opening for writing too unless `writes`; say whether it holds."""
    if ARCH is None or sys.maxsize < 2**32:
        return False
    code = _program(writes)
    program = ctypes.create_string_buffer(code)
    address = ctypes.addressof(program)
    whole = struct.pack("@HP", len(code) // 8, address)
    number = (317, 277)[ARCH[1]]
    return libc.syscall(number, 1, 1, whole) == 0  # SECCOMP_SET_MODE_FILTER, of all threads


def _program(writes: bool) -> bytes:
    """The filter, in the kernel's small machine: load a word, compare, jump or return."""
    machine, column = ARCH
    refuse, allow = 0x50000 | errno.EPERM, 0x7FFF0000
    load, equal, least, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    lines = [(load, 0, 0, 4), (equal, 1, 0, machine), (give, 0, 0, refuse)]
    lines += [(load, 0, 0, 0), (least, 0, 1, 0x40000000), (give, 0, 0, refuse)]  # x32's numbers

    def when(call, argument, test, value, then, otherwise):
        if call[column] is not None:
            lines.extend([
                (equal, 0, 4, call[column]), (load, 0, 0, 16 + 8 * argument),
                (test, 0, 1, value), (give, 0, 0, then), (give, 0, 0, otherwise),
            ])  # fmt: skip

    for call in REFUSED + ([] if writes else CHANGES_FILES):
        if call[column] is not None:
            lines += [(equal, 0, 1, call[column]), (give, 0, 0, refuse)]
    for call in [CLONE3] + ([] if writes else [OPENAT2]):  # the C library then takes the older one
        lines += [(equal, 0, 1, call[column]), (give, 0, 0, 0x50000 | errno.ENOSYS)]
    when(CLONE, 0, any_bit, CLONE_THREAD, allow, refuse)
    when(TGKILL, 0, equal, os.getpid(), allow, refuse)
    if not writes:
        when(OPEN, 1, any_bit, WRITES, refuse, allow)
        when(OPENAT, 2, any_bit, WRITES, refuse, allow)
    lines.append((give, 0, 0, allow))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


# ── What holds here ──────────────────────────────────────────────────────────────────────────────


def holds() -> dict[str, bool]:
    """Which of the PROMISES are kept on this system?  A process of its own tries each."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.exercises.cage", folder]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60)
    return json.loads(said.stdout) if said.returncode == 0 else dict.fromkeys(PROMISES, False)


def tried(folder: str, megabytes: float = 256) -> dict[str, bool]:
    """Enter the cage, and try to leave it in each way."""
    own = os.path.join(folder, "own")
    os.mkdir(own)
    enter(own, megabytes, 30)
    attempts = {
        "files": lambda: open(os.path.join(folder, "beside"), "w").close(),
        "network": lambda: socket.create_connection(("127.0.0.1", 9), timeout=1).close(),
        "processes": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        "memory": lambda: bytearray(int(2 * megabytes) * 2**20),
    }
    return {name: _refused(attempt) for name, attempt in attempts.items()}


def _refused(attempt) -> bool:
    try:
        attempt()
    except (PermissionError, BlockingIOError, MemoryError):
        return True
    except OSError:
        return False
    return False


if __name__ == "__main__":
    print(json.dumps(tried(sys.argv[1])))
