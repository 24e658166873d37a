"""A program whose every call on files waits until it is let through: seccomp's user notification.

The calls of all its threads and children come one after the other, so the N-th call is the N-th of all of them, and
an instant of a run is a number. strace counts each call's name in each thread by itself, and so cannot reach some."""

import array
import ctypes
import fcntl
import os
import platform
import select
import signal
import socket
import struct

from calls import MAP_ANONYMOUS, TABLE, Call

_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
_ANSWER = struct.Struct("=QqiI")
_RECEIVE, _SEND = 0xc0502100, 0xc0182101
_CONTINUE = 1
_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_SYS_SECCOMP, _MMAP = 317, 9
_PR_SET_NO_NEW_PRIVS = 38
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FOURTH_ARGUMENT = 0, 4, 40
_ALLOW, _NOTIFY = 0x7fff0000, 0x7fc00000
_AUDIT_ARCH_X86_64 = 0xc000003e
LONGEST_RUN = 120_000  # ms without a call

GO, KILL = "go", "kill"


class Answer:
    """The call is not made: it fails with `error`, or is told as done."""

    def __init__(self, error=0):
        self.error = error


class Outcome:
    def __init__(self, status, said, calls):
        self.status, self.said, self.calls = status, said, calls

    def lines(self, beginning):
        return [line[len(beginning):].strip() for line in self.said.splitlines() if line.startswith(beginning)]


def missing():
    """Why there can be no gate here; empty where there can."""
    if platform.machine() != "x86_64":
        return f"the table of system calls is that of x86_64, not of {platform.machine()}"
    try:
        return "" if run(["/bin/true"], lambda call, said: GO).status == 0 else "seccomp does not let /bin/true through"
    except OSError as error:
        return f"seccomp's user notification: {error.strerror}"


def run(argv, decide, quiet=True):
    """Runs a program to its end. `decide(call, said)` is asked before each call and gives GO, KILL or an Answer;
    `said()` is what the program has printed by then. After KILL all is let through that is left of its children."""
    said = os.memfd_create("said")
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        _become(argv, said, theirs, quiet)
    theirs.close()
    try:
        listener = _receive(ours)
        calls = _serve(listener, child, decide, lambda: _text(said))
        os.close(listener)
        return Outcome(_wait(child), _text(said), calls)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    finally:
        os.close(said)
        ours.close()


def _wait(child):
    status = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(status)


def _text(fd):
    return os.pread(fd, 1 << 20, 0).decode(errors="replace")


def _become(argv, said, theirs, quiet):
    environment = dict(os.environ, UV_THREADPOOL_SIZE="1")
    try:
        os.dup2(said, 1)
        if quiet:
            os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
        listener = _install()
        socket.send_fds(theirs, [b"x"], [listener])
        os.close(listener)
        os.execve(argv[0], argv, environment)
    except OSError as error:
        theirs.send(struct.pack("i", error.errno))
    finally:
        os._exit(127)


def _receive(ours):
    message, fds, _, _ = socket.recv_fds(ours, 4, 1)
    if fds:
        return fds[0]
    number = struct.unpack("i", message)[0] if len(message) == 4 else 0
    raise OSError(number, os.strerror(number))


def _install():
    """Before the program, so that its first call is seen, too. What stands here must not be a call of the table."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    numbers = sorted(TABLE)
    steps = [(_LOAD, 0, 0, _ARCHITECTURE), (_JUMP_IF_EQUAL, 1, 0, _AUDIT_ARCH_X86_64), (_RETURN, 0, 0, _ALLOW)]
    # Memory that is no file's: there is much of it, and the gate itself may need some before anybody listens.
    steps += [(_LOAD, 0, 0, _NUMBER), (_JUMP_IF_EQUAL, 0, 3, _MMAP), (_LOAD, 0, 0, _FOURTH_ARGUMENT),
              (_JUMP_IF_SET, 0, 1, MAP_ANONYMOUS), (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, _NUMBER)]
    for at, number in enumerate(numbers):
        steps.append((_JUMP_IF_EQUAL, len(numbers) - at, 0, number))
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _NOTIFY)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code)))
    listener = libc.syscall(_SYS_SECCOMP, _SET_MODE_FILTER, _NEW_LISTENER, program)
    if listener < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return listener


def _serve(listener, child, decide, said):
    """Until nobody is left who could call."""
    killed, calls = False, 0
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    while True:
        ready = waiting.poll(LONGEST_RUN)
        if not ready:
            raise TimeoutError(f"no call for {LONGEST_RUN} ms")
        if not ready[0][1] & select.POLLIN:
            return calls
        notification = array.array("B", bytes(_NOTIFICATION.size))
        try:
            fcntl.ioctl(listener, _RECEIVE, notification, True)
        except (FileNotFoundError, InterruptedError):
            continue  # whoever called was killed meanwhile
        cookie, task, _, number, _, _, *arguments = _NOTIFICATION.unpack(notification)
        decision = GO
        if not killed:
            calls += 1
            decision = decide(Call(task, number, arguments), said)
        if decision is KILL:
            killed, decision = True, GO
            is_own = _belongs_to(task, child)
            os.kill(child, signal.SIGKILL)
            if is_own:
                continue  # its call is never made
        _answer(listener, cookie, decision)


def _belongs_to(task, process):
    with open(f"/proc/{task}/status", encoding="ascii", errors="replace") as status:
        return f"\nTgid:\t{process}\n" in status.read()


def _answer(listener, cookie, decision):
    if decision is GO:
        answer = _ANSWER.pack(cookie, 0, 0, _CONTINUE)
    else:
        answer = _ANSWER.pack(cookie, 0, -decision.error, 0)
    try:
        fcntl.ioctl(listener, _SEND, answer)
    except FileNotFoundError:
        pass
