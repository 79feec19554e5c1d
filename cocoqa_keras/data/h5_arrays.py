"""Arrays in an HDF5 file that nobody vouches for."""

from pathlib import Path

import h5py

from cocoqa_keras.errors import InputError

# No compression that HDF5 itself has makes less of an array than a thousandth.
_MAX_RATIO = 1100
_MIN_BYTES = 2**20


def has_array(file: h5py.File, name: str) -> bool:
    """Whether a file has something of that name; a link is not followed."""
    return file.get(name, getlink=True) is not None


def stored_array(file: h5py.File, name: str) -> h5py.Dataset:
    """An array of numbers that lies in the file itself.

    Links and values in other files are refused: they may lead to a pipe, which is waited for without end, or
    to what is not the user's to read. So are arrays of which there is less in the file than any
    compression makes of them: a few bytes can claim all the memory there is. And so are texts and others of
    no fixed length: where the heap that they lie in is damaged, HDF5 (1.14.6, 2.0.0) may search it for ever.

    Args:
        file: the file.
        name: the array, or a path of folders and array such as `weights/W`.

    Raises:
        InputError: there is no such array, or it is refused.
    """
    node = file
    for step in filter(None, name.split("/")):
        if not isinstance(node, h5py.Group) or not has_array(node, step):
            raise InputError(f"{file.filename}: has no array {name}; give another file, or make it anew")
        if not isinstance(node.get(step, getlink=True), h5py.HardLink):
            raise InputError(f"{file.filename}: {name} is a link; put the array itself into the file")
        node = node[step]
    if not isinstance(node, h5py.Dataset) or node.shape is None:
        raise InputError(f"{file.filename}: {name} is no array; give another file, or make it anew")
    if node.is_virtual or node.external:
        raise InputError(f"{file.filename}: the values of {name} lie in other files; put them into this one")
    if node.dtype.kind not in "iuf":
        raise InputError(f"{file.filename}: {name} holds no numbers; give another file, or make it anew")
    stored = min(node.id.get_storage_size(), Path(file.filename).stat().st_size)
    if node.nbytes > max(_MIN_BYTES, _MAX_RATIO * stored):
        raise InputError(
            f"{file.filename}: {name} claims {node.nbytes} bytes, of which few are there; make it anew"
        )
    return node
