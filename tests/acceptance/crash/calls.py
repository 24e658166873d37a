"""The system calls that work on files, by their x86-64 numbers, and what each of them is about."""

import os
import struct

# Where the arguments name the file: an open descriptor; a directory and a path; a path.
FD0, FD2, AT0, AT1, PATH0, PATH1, MAPPED = range(7)

TABLE = {
    0: ("read", FD0), 1: ("write", FD0), 2: ("open", PATH0), 4: ("stat", PATH0), 5: ("fstat", FD0), 6: ("lstat", PATH0),
    8: ("lseek", FD0), 9: ("mmap", MAPPED), 16: ("ioctl", FD0), 17: ("pread64", FD0), 18: ("pwrite64", FD0),
    19: ("readv", FD0), 20: ("writev", FD0), 21: ("access", PATH0), 40: ("sendfile", FD0), 72: ("fcntl", FD0),
    73: ("flock", FD0), 74: ("fsync", FD0), 75: ("fdatasync", FD0), 76: ("truncate", PATH0), 77: ("ftruncate", FD0),
    78: ("getdents", FD0), 82: ("rename", PATH0), 83: ("mkdir", PATH0), 84: ("rmdir", PATH0), 85: ("creat", PATH0),
    86: ("link", PATH0), 87: ("unlink", PATH0), 88: ("symlink", PATH1), 89: ("readlink", PATH0), 90: ("chmod", PATH0),
    91: ("fchmod", FD0), 137: ("statfs", PATH0), 138: ("fstatfs", FD0), 217: ("getdents64", FD0),
    254: ("inotify_add_watch", PATH1), 257: ("openat", AT0), 258: ("mkdirat", AT0), 262: ("newfstatat", AT0),
    263: ("unlinkat", AT0), 264: ("renameat", AT0), 265: ("linkat", AT0), 266: ("symlinkat", AT1),
    267: ("readlinkat", AT0), 268: ("fchmodat", AT0), 269: ("faccessat", AT0), 285: ("fallocate", FD0),
    295: ("preadv", FD0), 296: ("pwritev", FD0), 306: ("syncfs", FD0), 316: ("renameat2", AT0),
    326: ("copy_file_range", FD2), 332: ("statx", AT0), 437: ("openat2", AT0), 439: ("faccessat2", AT0),
    452: ("fchmodat2", AT0),
}

SYNCS = {"fsync", "fdatasync", "syncfs"}
CHANGES = SYNCS | {
    "write", "pwrite64", "writev", "pwritev", "sendfile", "truncate", "ftruncate", "rename", "mkdir", "rmdir", "creat",
    "link", "unlink", "symlink", "chmod", "fchmod", "mkdirat", "unlinkat", "renameat", "linkat", "symlinkat", "fchmodat",
    "fallocate", "renameat2", "copy_file_range", "fchmodat2", "openat2",
}
AT_FDCWD = -100
MAP_ANONYMOUS = 0x20
MAY_MAKE = os.O_CREAT | os.O_TRUNC | os.O_TMPFILE & ~os.O_DIRECTORY
CLONE_FILE = 0x40049409
LONGEST_PATH = 4096


class Call:
    """One call that waits to be made."""

    def __init__(self, task, number, arguments):
        self.task, self.arguments = task, arguments
        self.name, self._where = TABLE[number]
        self._path = None

    @property
    def path(self):
        """What it is about; empty where that is no file."""
        if self._path is None:
            self._path = self._find_path()
        return self._path

    def changes(self):
        """Whether anybody could see afterwards that it was made."""
        if self.name in ("open", "openat"):
            return bool(self.arguments[1 if self.name == "open" else 2] & MAY_MAKE)
        if self.name == "ioctl":
            return self.arguments[1] & 0xffffffff == CLONE_FILE
        return self.name in CHANGES

    def concerns(self, place):
        return self.path == place or self.path.startswith(place + "/")

    def is_answer(self):
        return self.name == "write" and self.arguments[0] == 1

    def said(self, place):
        """For a person: which call on which file."""
        return f"{self.name} of {os.path.relpath(self.path, place) if self.path else 'the answer'}"

    def _find_path(self):
        at = self._where
        if at == MAPPED:
            anonymous = self.arguments[3] & MAP_ANONYMOUS
            return "" if anonymous else self._opened(self.arguments[4])
        if at in (FD0, FD2):
            return self._opened(self.arguments[0 if at == FD0 else 2])
        if at in (PATH0, PATH1):
            return self._resolved(AT_FDCWD, self.arguments[0 if at == PATH0 else 1])
        directory, path = (0, 1) if at == AT0 else (1, 2)
        return self._resolved(self.arguments[directory], self.arguments[path])

    def _opened(self, fd):
        return self._link(f"fd/{_signed(fd)}")

    def _link(self, name):
        try:
            return os.readlink(f"/proc/{self.task}/{name}")
        except OSError:
            return ""

    def _resolved(self, directory, pointer):
        path = self._text(pointer)
        if path.startswith("/"):
            return path
        base = self._link("cwd") if _signed(directory) == AT_FDCWD else self._opened(directory)
        return base + "/" + path if path else base

    def _text(self, pointer):
        try:
            with open(f"/proc/{self.task}/mem", "rb", buffering=0) as memory:
                memory.seek(pointer)
                return memory.read(min(LONGEST_PATH, 4096 - pointer % 4096 + 4096)).split(b"\0")[0].decode(errors="replace")
        except (OSError, OverflowError, ValueError):
            return ""


def _signed(number):
    return struct.unpack("i", struct.pack("I", number & 0xffffffff))[0]
