"""HDF5 files, written where the disk may be full."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py


@contextmanager
def new_h5_file(path: Path) -> Iterator[h5py.File]:
    """Yields a new HDF5 file, which is closed when the block ends.

    Args:
        path: where; what is there is overwritten.

    Raises:
        OSError: it cannot all be written; told when the block ends.
    """
    with _Output(path, "w+") as output:
        with h5py.File(output, "w") as file:
            yield file
        if output.error is not None:
            raise output.error


class _Output(io.FileIO):
    """A file that keeps the first error to itself.

    HDF5 does not get over one: it complains on standard error, and crashes when the file is closed.
    """

    error: OSError | None = None

    def write(self, content: bytes) -> int:
        left = memoryview(content)
        try:
            while left and self.error is None:
                left = left[super().write(left) :]
        except OSError as error:
            self.error = error
        return len(content)

    def truncate(self, size: int | None = None) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = error
        return size or 0

    def readinto(self, buffer: bytearray) -> int:
        """Reads zeros where nothing has been written yet, as HDF5 does of its own files."""
        count = super().readinto(buffer)
        memoryview(buffer)[count:] = bytes(len(buffer) - count)
        return len(buffer)
