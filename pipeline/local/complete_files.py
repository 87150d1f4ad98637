"""The image files of a folder, and their content once no program writes them any more."""

import errno
import fcntl
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISLNK, S_ISREG

from pipeline.images.file_names import has_image_name

_LARGEST_BYTES = 2**28
_LONGEST_OBJECT_NAME = 1024
"""Cloud Storage's limit, in bytes of UTF-8."""


@dataclass(frozen=True, slots=True)
class FileState:
    """Identifies one content of a file; size in bytes, modification time in nanoseconds."""

    inode: int
    size: int
    modified_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "FileState":
        """The state that a `stat` found."""
        return cls(status.st_ino, status.st_size, status.st_mtime_ns)


def named_as_images(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The files below `folder` with the name of an image, and all links to folders.

    Links are not followed; hidden files and folders are left out.
    """
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = [Path(parent, name) for name in files if has_image_name(Path(name))]
        links = [path for name in folders if (path := Path(parent, name)).is_symlink()]
        for path in (*paths, *links):
            try:
                yield path, path.lstat()
            except OSError:
                continue  # removed after the listing, or the folder may not be searched


def reason_to_leave_out(object_name: str, status: os.stat_result) -> str | None:
    """Why such a file is not uploaded, or None."""
    if S_ISLNK(status.st_mode):
        return "it is a link; copy the picture itself into the folder"
    if not S_ISREG(status.st_mode):
        return "it is not a regular file"
    if status.st_size > _LARGEST_BYTES:
        return f"it is larger than {_LARGEST_BYTES // 2**20} MiB"
    is_too_long = len(object_name.encode()) > _LONGEST_OBJECT_NAME
    if is_too_long or "\n" in object_name or "\r" in object_name:
        return "Cloud Storage does not accept its name; rename it"
    return None


def read_complete(path: Path, state: FileState) -> bytes | None:
    """The content of the file, or None if it is being written or is no longer in `state`.

    Raises:
        OSError: the file cannot be read, or is a link by now.
    """
    # Without waiting, because a pipe may have replaced the file.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no path
        if FileState.of(os.fstat(descriptor)) != state or _is_open_for_writing(descriptor):
            return None
        content = file.read()
        return content if FileState.of(os.fstat(descriptor)) == state else None


def _is_open_for_writing(descriptor: int) -> bool:
    """Whether a process has the file open for writing, where the system can say so.

    Linux gives no read lease on such a file. It gives none either on some file systems and
    for files of other users; the callers wait until a file is quiet, which then must do.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        # A program that opens the file during the lease makes the kernel send a signal: by
        # default SIGIO, which would end this process. SIGURG is ignored.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    return False
