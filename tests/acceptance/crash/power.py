"""A disk whose power can be cut: an ext4 file system on a loop device, shut down without a flush of its log.

What was not synced is gone then, as it is after a power cut. Without ext4's kindness to those who forget an fsync before
they rename a file over another (auto_da_alloc): other file systems have none."""

import ctypes
import errno
import fcntl
import os
import shutil
import struct
import subprocess

SIZE = 16 << 20
_LIBC = ctypes.CDLL(None, use_errno=True)
_SHUTDOWN, _NO_LOG_FLUSH = 0x8004587d, 2
_GET_FREE, _CONFIGURE, _CLEAR_AT_END = 0x4C82, 0x4C0A, 4
_NEW_MOUNTS, _PRIVATE, _RECURSIVE = 0x20000, 1 << 18, 1 << 14


def missing():
    """Why there can be no such disk here; empty where there can. From here on this process's mounts are its own."""
    if os.geteuid() != 0:
        return "only root can mount a file system"
    if shutil.which("mkfs.ext4") is None:
        return "there is no mkfs.ext4"
    if _LIBC.unshare(_NEW_MOUNTS) != 0 or _LIBC.mount(b"none", b"/", None, _PRIVATE | _RECURSIVE, None) != 0:
        return "this process may not mount anything"
    try:
        os.close(os.open("/dev/loop-control", os.O_RDWR))
    except OSError as error:
        return f"there are no loop devices: {error.strerror}"
    return ""


class Disk:
    def __init__(self, root, mounted_at):
        self.at, self.image, self.bases, self._root = mounted_at, f"{root}/disk.img", {}, root
        os.makedirs(self.at, exist_ok=True)

    def begin(self, key, fill):
        """Mounted and as `fill()` left it the first time, all of it on the disk."""
        if key not in self.bases:
            self._format()
            self.mount()
            fill()
            self.unmount()
            self.bases[key] = f"{self._root}/disk-{len(self.bases)}.img"
            _copy(self.image, self.bases[key])
        _copy(self.bases[key], self.image)
        self.mount()

    def mount(self):
        device = _attach(self.image)
        try:
            if _LIBC.mount(device.encode(), self.at.encode(), b"ext4", 0, b"noauto_da_alloc") != 0:
                raise OSError(ctypes.get_errno(), f"cannot mount {device}: {os.strerror(ctypes.get_errno())}")
        finally:
            os.close(self._loop)

    def mount_again(self):
        """As the machine does that starts after a power cut."""
        self.unmount()
        self.mount()

    def cut(self):
        root = os.open(self.at, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(root, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(root)

    def unmount(self):
        if _LIBC.umount2(self.at.encode(), 0) != 0:
            raise OSError(ctypes.get_errno(), f"cannot unmount: {os.strerror(ctypes.get_errno())}")

    def close(self):
        _LIBC.umount2(self.at.encode(), 0)

    def _format(self):
        with open(self.image, "wb") as file:
            file.truncate(SIZE)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", "-N", "256", "-O", "^resize_inode", "-E", "lazy_itable_init=0,lazy_journal_init=0",
                        self.image], check=True, stdout=subprocess.DEVNULL)

    @property
    def _loop(self):
        return _attach.device


def _copy(source, target):
    """With its holes."""
    subprocess.run(["cp", "--sparse=always", source, target], check=True)


def _attach(image):
    """A loop device for the image, which lets go of it with its last user."""
    while True:
        control = os.open("/dev/loop-control", os.O_RDWR)
        number = fcntl.ioctl(control, _GET_FREE)
        os.close(control)
        device = f"/dev/loop{number}"
        fd = os.open(device, os.O_RDWR)
        backing = os.open(image, os.O_RDWR)
        information = struct.pack("5Q4I", 0, 0, 0, 0, 0, 0, 0, 0, _CLEAR_AT_END) + bytes(176)
        try:
            fcntl.ioctl(fd, _CONFIGURE, struct.pack("II", backing, 0) + information + bytes(64))
            _attach.device = fd
            return device
        except OSError as error:
            os.close(fd)
            if error.errno != errno.EBUSY:  # somebody else was quicker
                raise
        finally:
            os.close(backing)
