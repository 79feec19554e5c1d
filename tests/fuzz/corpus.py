"""Files to read, made in code: whole ones, and ones that somebody means harm with, by name of the file.

What hostile pickles, arrays, features and YAML a reader's own tests try is not repeated here; these are the
larger ones, the ones of several layers, and the formats in which pictures and questions come.
"""

import io
import json
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
from bounds import CANARY, COMMAND
from PIL import Image

from cocoqa_keras.data import python2_pickle
from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.data.formats import write_weights
from cocoqa_keras.models.zoo import TRAINING_CONFIG, config_folder, find_model

DEEP = 100_000
_COMMAND = COMMAND.encode()


def written(write, suffix=""):
    """What a writer of files leaves in its file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        write(path)
        return path.read_bytes()


# Pickles and arrays

_PICKLE = python2_pickle.dumps(
    {"what": 1, "caf\u00e9": [None, True, -2.5, 2**40], "array": np.arange(6.0).reshape(2, 3)}
)
_ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR"
_OBJECTS = b"cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb"


def _doubling(times):
    """A list of two of a list of two of ...: few bytes, more leaves than there is memory."""
    return b"](K\x01K\x01eq\x00" + b"".join(
        b"](h" + bytes([i]) + b"h" + bytes([i]) + b"eq" + bytes([i + 1]) for i in range(times)
    )


def _numbers_npy(header, content=b""):
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


def _objects_npy(count, pickle):
    return _numbers_npy(
        f"{{'descr': '|O', 'fortran_order': False, 'shape': ({count},), }}\n".encode(), pickle
    )


_PICKLES = {
    "a command that was pickled": b"cos\nsystem\n(S'" + _COMMAND + b"'\ntR.",
    "a command in the middle of data": _PICKLE[:-1] + b"cos\nsystem\n(S'" + _COMMAND + b"'\ntR0.",
    "a command as the state of an array": _ARRAY + b"cos\nsystem\n(S'" + _COMMAND + b"'\ntRb.",
    "a command in an old instance": b"(S'" + _COMMAND + b"'\nios\nsystem\n.",
    "a command in an old object": b"(cos\nsystem\nS'" + _COMMAND + b"'\no.",
    "a command by the name of a name": b"cbuiltins\ngetattr\n(cnumpy\nos\nS'system'\ntRS'"
    + _COMMAND
    + b"'\n\x85R.",
    "numpy's own runner of commands": b"cnumpy.testing._private.utils\nrunstring\n(S'1'\n}tR.",
    "a persistent id": b"K\x01Q.",
    "extensions": b"\x82\x01\x83\x01\x00\x84\x01\x00\x00\x00.",
    "text of 4 GiB": b"X\xff\xff\xff\xffab.",
    "bytes of 8 EiB": b"\x8e" + b"\xff" * 7 + b"\x7fab.",
    "lists in lists": b"]" * DEEP + b"a" * (DEEP - 1) + b".",
    "tuples in tuples": b")" + b"\x85" * DEEP + b".",
    "marks": b"(" * 1_000_000 + b"l.",
    "a list of itself": b"]q\x00h\x00a.",
    "a dictionary of itself": b"}q\x00U\x01ah\x00s.",
    "a list that doubles": _doubling(100) + b".",
    "names of images in a list that doubles": _doubling(100) + b".",
    "millions of values": b"](" + b"N" * 6_000_000 + b"e.",
    "many copies of one long text": b"](X\x10\x27\x00\x00"
    + b"a" * 10_000
    + b"q\x00"
    + b"h\x00" * 100_000
    + b"e.",
    "a million empty lists": b"](" + b"]" * 1_000_000 + b"e.",
    "a long line of escapes": b"S'" + b"\\\\" * 500_000 + b"'\n.",
    "a number of many digits": b"F" + b"1" * 1_000_000 + b"\n.",
    "no number": b"Fnan\n.",
    "half a character": b"V\\ud800\n.",
    "half a character as a word": b"}(V\\ud800\nK\x01U\x03UNKK\x02u.",
    "control characters as a word": b"}(U\x04\x1b[2JK\x01U\x03UNKK\x02u.",
    "a memo of many entries": b"K\x01" + b"".join(b"r" + struct.pack("<I", n) for n in range(500_000)) + b".",
}
ARRAYS = {
    "a command": _objects_npy(1, _PICKLES["a command that was pickled"]),
    "objects in objects": _objects_npy(1, (_ARRAY + b"(K\x01K\x01\x85" + _OBJECTS + b"\x89](") * 10_000),
    "a list that doubles": _objects_npy(
        1, _ARRAY + b"(K\x01K\x01\x85" + _OBJECTS + b"\x89](" + _doubling(100) + b"etb."
    ),
    "a header of 4 GiB": b"\x93NUMPY\x02\x00\xff\xff\xff\xff{",
    "a header of spaces": _numbers_npy(
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,)" + b" " * 9000
    ),
    "a shape of many sides": _numbers_npy(
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (" + b"1, " * 3000 + b"), }\n", bytes(8)
    ),
    "a shape that overflows": _numbers_npy(
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }\n"
    ),
    "a dtype of objects and numbers": _numbers_npy(
        b"{'descr': [('a', 'O'), ('b', '<f8')], 'fortran_order': False, 'shape': (1,), }\n"
    ),
    "not a number": _numbers_npy(
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }\n", struct.pack("<d", float("nan"))
    ),
    "a zip archive, as numpy's .npz": written(lambda path: np.savez(path, np.zeros(3)), ".npz"),
}


# Image features


def _features(**parts):
    """A file of features of 4 images, some of its arrays replaced by what a function makes."""

    def write(path):
        write_features(path, np.eye(4, 6, dtype=np.float32))
        with h5py.File(path, "a") as file:
            for part, make in parts.items():
                del file[f"hidden7_{part}"]
                make(file, f"hidden7_{part}")

    return written(write, ".h5")


def array(values, **options):
    return lambda file, name: file.create_dataset(name, data=values, **options)


def hollow(length, dtype, **options):
    """An array of any length, of which the file holds nothing."""
    return lambda file, name: file.create_dataset(name, (length,), dtype, chunks=(2**16,), **options)


def linked(link):
    return lambda file, name: file.__setitem__(name, link)


def bomb(file, name):
    """Zeros, compressed a thousandfold."""
    file.create_dataset(name, data=np.zeros(2**24, np.float32), chunks=(2**22,), compression="gzip")


def virtual(file, name):
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4,))
    file.create_virtual_dataset(name, layout)


def outside(path):
    """An array whose values lie in another file, or in what only looks like one."""
    return lambda file, name: file.create_dataset(name, (4,), "f4", external=[(path, 0, 16)])


_FEATURES = {
    "a link to another file": _features(data=linked(h5py.ExternalLink("/etc/passwd", "/x"))),
    "a link to a pipe": _features(data=linked(h5py.ExternalLink("pipe", "/x"))),
    "a link to nowhere": _features(data=linked(h5py.SoftLink("/nowhere"))),
    "a link to itself": _features(indptr=linked(h5py.SoftLink("/hidden7_indptr"))),
    "a link to its folder": _features(shape=linked(h5py.SoftLink("/"))),
    "values in another file": _features(data=outside("/etc/passwd")),
    "values in a device": _features(data=outside("/dev/zero")),
    "statistics in another file": _features(mean=outside("/etc/passwd")),
    "values of a virtual array": _features(data=virtual),
    "values without end, all compressed": _features(data=bomb),
    "a trillion values of which none is there": _features(data=hollow(10**12, "f4")),
    "a billion row pointers of which none is there": _features(
        shape=array([10**9, 6]), indptr=hollow(10**9 + 1, "i8")
    ),
    "40 million row pointers of which none is there": _features(
        shape=array([40_000_000, 6]), indptr=hollow(40_000_001, "i8")
    ),
    "as many columns as can be": _features(
        shape=array([4, 2**20]), mean=hollow(2**20, "f4"), std=hollow(2**20, "f4")
    ),
    "more columns than can be": _features(shape=array([4, 2**31])),
    "row pointers that fall to nothing": _features(indptr=array([0, 10**6, 0, 0, 0])),
    "negative row pointers": _features(indptr=array([0, -1, 2, 3, 4])),
    "row pointers that overflow": _features(indptr=array(np.array([0, 1, 2, 2**63, 4], np.uint64))),
    "row pointers without sign": _features(indptr=array(np.array([0, 2**64 - 1, 2, 3, 4], np.uint64))),
    "columns that are texts": _features(indices=array([b"0", b"1", b"2", b"3"])),
    "columns of any length": _features(
        indices=lambda file, name: file.create_dataset(name, (4,), h5py.vlen_dtype("i4"))
    ),
    "values that are pointers": _features(
        data=lambda file, name: file.create_dataset(name, (4,), h5py.ref_dtype)
    ),
    "values that are records": _features(data=array(np.zeros(4, [("a", "f4"), ("b", "f4")]))),
    "values of half precision": _features(data=array(np.ones(4, np.float16))),
    "values of a type of its own": _features(data=array(np.ones(4, np.float32).astype("c8"))),
    "a number for an array": _features(data=array(np.float32(1))),
    "a folder for an array": _features(data=lambda file, name: file.create_group(name)),
    "a type for an array": _features(data=lambda file, name: file.__setitem__(name, np.dtype("f4"))),
    "an empty array": _features(shape=lambda file, name: file.create_dataset(name, data=h5py.Empty("i8"))),
    "no images": _features(shape=array([0, 6]), indptr=array([0])),
}


# YAML

_MODEL = find_model("bow").read_bytes()
_TRAIN = (config_folder() / f"{TRAINING_CONFIG}.yml").read_bytes()


def _laughs(top):
    """Nine levels of ten aliases each."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    return "\n".join([*lines, f"{top}: *a9", ""]).encode()


_YAML = {
    "a command": b"name: !!python/object/apply:os.system ['" + _COMMAND + b"']\n",
    "a command by another tag": b"name: !!python/object/new:os.system ['" + _COMMAND + b"']\n",
    "a module": b"name: !!python/module:os\n",
    "flow lists in flow lists": b"stages: " + b"[" * 50_000,
    "lists in lists": b"".join(b" " * depth + b"-\n" for depth in range(1000)),
    "mappings in mappings": b"{a: " * 20_000,
    "a long key": b"? " + b"a" * 500_000 + b"\n: 1\n",
    "a long word": b"name: " + b"a" * 500_000 + b"\n",
    "a long number": b"numEpoch: " + b"9" * 4_000 + b"\nname: 1e" + b"9" * 900 + b"\n",
    "a number in base 60": b"numEpoch: " + b"1" + b":59" * 300 + b"\n",
    "an alias to itself": b"stages: &a [*a]\nname: *a\n",
    "a merge of itself": b"a: &a\n  <<: *a\n",
    "many merges": b"a: &a {x: 1}\n" + b"".join(b"b%d: {<<: [*a, *a, *a, *a]}\n" % n for n in range(5000)),
    "many aliases": b"a: &a [x]\nstages: [" + b"*a, " * 30_000 + b"]\n",
    "a long alias to nothing": b"name: *" + b"a" * 5000 + b"\n",
    "many anchors": b"stages: [" + b"".join(b"&a%d x, " % n for n in range(20_000)) + b"]\n",
    "many documents": b"--- x\n" * 100_000,
    "half a character": b'name: "\\ud800"\n',
    "a line break in a name": b'name: "a\\nb"\n' + _MODEL.split(b"\n", 6)[6],
    "UTF-16": "name: bow\n".encode("utf-16"),
}
_MODEL_FILES = {
    **_YAML,
    "laughs": _laughs("stages"),
    "laughs in a stage": _MODEL
    + b"    - "
    + _laughs("activeFn").replace(b"\n", b"\n      ").rstrip()
    + b"\n",
    "a path out of the folder": _MODEL.replace(b"name: 'bow'\n", b"name: '../../bow'\n", 1),
    "more words than there is memory": _MODEL.replace(b"9738", b"99999999999"),
    "a cycle of three thousand stages": b"name: x\ncostFn: mse\noutputs: s2999\nstages: ["
    + b", ".join(b"s%d" % n for n in range(2_999, -1, -1))
    + b"]\nspecs:\n"
    + b"".join(b"- {name: s%d, type: sum2, inputs: s%d}\n" % (n, (n + 1) % 3_000) for n in range(3_000)),
}


# Archives

_FILES = {"train.npy": b"numbers", "words/qdict.pkl": b"words"}


def _state(facts, **arrays):
    """A checkpoint; facts are JSON."""
    facts = np.frombuffer(facts, np.uint8)
    return written(lambda path: np.savez(path, facts=facts, **arrays), ".npz")


_WHOLE_STATE = {
    "plan": {"kind": "second", "stop_score": 0.5, "is_last": True, "first_round": "it-v-20261125-190918"},
    "progress": {
        "epoch": 1,
        "step": 2,
        "recorded_step": 0,
        "seconds": 1.5,
        "losses": [0.7, 0.6],
        "rights": [1, 2],
        "sizes": [4, 4],
    },
    "stopping": {
        "criterion": "loss",
        "patience": 10,
        "stop_score": 0.5,
        "stop_cost": 0.0,
        "since_best": 0,
        "best_score": float("inf"),
        "training_score": None,
    },
    "records": [
        {
            "epoch": 0,
            "seconds": 1.0,
            "training_loss": 0.7,
            "training_rate": 0.25,
            "validation_loss": 0.0,
            "validation_rate": 0.0,
        }
    ],
    "settings": {
        "name": "it",
        "spec_file": "it.model.yml",
        "model": {"name": "it"},
        "stages": {"softmax": {"name": "softmax"}},
        "overrides": {},
        "config": {"numEpoch": 3},
        "data": {"folder": "data", "sha256": "0", "sizes": {"answers": 3}},
        "files": {"features": {"path": "x.h5", "sha256": "0"}},
        "weights_from": None,
        "example_weights": None,
        "seed": 0,
        "dtype": "float32",
        "on_nan": "stop",
        "exports": True,
        "tensorboard": True,
        "checkpoint_minutes": 5.0,
        "versions": {"keras": "3"},
    },
}
_FACTS = json.dumps(_WHOLE_STATE).encode()


def _with_fact(*place_and_value):
    """The facts of a state, but for one."""
    *parents, key, value = place_and_value
    facts = json.loads(_FACTS)
    node = facts
    for parent in parents:
        node = node[parent]
    node[key] = value
    return json.dumps(facts).encode()


_HOSTILE_FACTS = {
    "another's states": _with_fact("plan", "first_round", "../victim"),
    "all states": _with_fact("plan", "first_round", ".."),
    "a round without a name": _with_fact("plan", "first_round", 5),
    "a plan of a later version": _with_fact("plan", "reason", "why"),
    "a run elsewhere": _with_fact("settings", "name", "../../escaped"),
    "no epochs": _with_fact("settings", "config", {"numEpoch": -1}),
    "stages by number": _with_fact("settings", "stages", 3),
    "an epoch in words": _with_fact("progress", "epoch", "a"),
    "an epoch that is not": _with_fact("progress", "epoch", 10**9),
    "steps back": _with_fact("progress", "step", -1),
    "losses of nothing": _with_fact("progress", "losses", [0.5] * 3),
    "a loss in words": _with_fact("records", 0, "validation_loss", "x"),
    "no records": _with_fact("records", []),
}


def _zip(members, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _lying_zip():
    """A member of 10 MB that calls itself one of 7 bytes."""
    honest = _zip({**_FILES, "train.npy": bytes(10_000_000)})
    return honest.replace(struct.pack("<I", 10_000_000), struct.pack("<I", 7))


def _zip_that_claims(packed_size):
    """A first member that says it takes so many bytes of the archive."""
    content = bytearray(_zip(_FILES))
    struct.pack_into("<I", content, content.index(b"PK\x01\x02") + 20, packed_size)
    return bytes(content)


def _many_members():
    return _zip({str(number): b"" for number in range(60_000)}, zipfile.ZIP_STORED)


_ARCHIVES = {
    "a bomb": _zip({**_FILES, "train.npy": bytes(200_000_000)}),
    "a bomb that lies": _lying_zip(),
    "a member of 4 GiB, packed": _zip_that_claims(2**32 - 1),
    "a packing that takes memory": _zip(_FILES, zipfile.ZIP_LZMA),
    "many members": _many_members(),
    "an archive in front of another": _zip({"evil": b""}) + _zip(_FILES),
    "members of one name": _zip(_FILES)[:-22] * 2 + _zip(_FILES)[-22:],
    "a directory elsewhere": _zip(_FILES)[:-6] + struct.pack("<IH", 2**32 - 2, 0),
    "a comment that is not there": _zip(_FILES)[:-2] + b"\xff\xff",
    "a file for a folder": _zip({"train.npy": b"", "words": b"", "words/qdict.pkl": b""}),
    "a folder for a file": _zip({"train.npy": b"", "words/qdict.pkl/": b"", "words/qdict.pkl": b""}),
}


# Pictures


def picture(kind="PNG", mode="RGB", size=(7, 5), **options):
    buffer = io.BytesIO()
    pixels = np.arange(size[0] * size[1] * 4, dtype=np.uint8).tobytes()
    Image.frombytes("RGBA", size, pixels).convert("RGB").convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def _chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width, height, *chunks, depth=8, color=2, pixels=b""):
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    body = _chunk(b"IDAT", zlib.compress(pixels))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + body + _chunk(b"IEND", b"")


def _exif(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def _animation(frames):
    buffer = io.BytesIO()
    first, *rest = (Image.new("P", (4, 4), n % 256) for n in range(frames))
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=1)
    return buffer.getvalue()


_WHOLE_PICTURES = {
    "RGB": picture(),
    "16 bits": png(2, 1, depth=16, color=0, pixels=b"\0\x12\x34\xff\xff"),
    "CMYK": picture("JPEG", "CMYK"),
    "a palette": picture(mode="P"),
    "black and white": picture(mode="1"),
    "one pixel": picture(size=(1, 1)),
    "JPEG on its side": picture("JPEG", exif=_exif(6)),
    "an orientation that is none": picture("JPEG", exif=_exif(99)),
    "an animation": _animation(3),
    "WebP": picture("WEBP"),
    "BMP": picture("BMP"),
    "GIF": picture("GIF"),
}
_PICTURES = {
    "cut short": picture(size=(64, 64))[:-200],
    "nothing but a header": picture()[:33],
    "a bomb of 900 million pixels": png(30_000, 30_000),
    "4 billion pixels a side": png(2**31 - 1, 2**31 - 1),
    "no pixels": png(0, 0),
    "fewer pixels than it says": png(1000, 1000, pixels=b"\0\0\0\0"),
    "more pixels than it says": png(1, 1, pixels=bytes(100_000_000)),
    "a text that unpacks to much": png(1, 1, _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(300_000_000)))),
    "a colour profile that unpacks to much": png(
        1, 1, _chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(300_000_000)))
    ),
    "a chunk of 2 GiB": picture()[:33] + b"\x7f\xff\xff\xffIDAT",
    "EXIF data that point at themselves": picture(
        "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0i\x87\x04\0\x01\0\0\0\x08\0\0\0\0\0\0\0"
    ),
    "an animation of many frames": _animation(3000),
    "a vector graphic": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(" + CANARY.encode() + b") (w) file\n",
    "a format that is rare": picture("TIFF"),
    "text": b"hello",
}


# Questions, and records in JSON

_QUESTIONS = b"".join(
    b'{"question": "what is in picture %d?", "answer": "cat", "image": "%d.jpg"}\n' % (n, n)
    for n in range(30)
)
_QUESTIONS_CSV = b"question,answer,image\n" + b"".join(
    b"what is in picture %d?,cat,%d.jpg\n" % (n, n) for n in range(30)
)
JSON = {
    "lists in lists": b"[" * DEEP,
    "objects in objects": b'{"words": ' * DEEP,
    "deep in a field": b'{"words": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "a number of many digits": b'{"first_id": ' + b"9" * 10_000 + b"}",
    "a number beyond all": b'{"words": ["UNK"], "first_id": 1e999}',
    "not a number": b'{"words": ["UNK"], "first_id": NaN}',
    "half a character": b'{"words": ["\\ud800", "UNK"], "first_id": 1}',
    "a field twice": b'{"words": ["UNK"], "words": 1, "first_id": 1}',
    "a text for a list": b'{"words": "UNK", "first_id": 1}',
    "numbers for words": b'{"words": [[1], {"a": 2}, null, "UNK"], "first_id": 1}',
    "another encoding": '{"words": ["caf\u00e9"]}'.encode("latin-1"),
    "UTF-16": '{"words": []}'.encode("utf-16"),
    "a list": b"[]",
    "nothing": b"",
    "zeros": bytes(1000),
}
_JSON_LINES = {
    **JSON,
    "half a character in a question": b'{"question": "what \\ud800?", "answer": "a", "image": "1"}\n' * 10,
    "half a character in an answer": b'{"question": "what?", "answer": "\\ud800", "image": "1"}\n' * 10,
    "half a character in an image": b'{"question": "what?", "answer": "a", "image": "\\ud800"}\n' * 10,
    "a path for an image": b'{"question": "what?", "answer": "a", "image": "../../etc/passwd"}\n' * 10,
    "a long line": b'{"question": "' + b"a" * 50_000_000 + b'"}\n',
    "many empty lines": b"\n" * 1_000_000,
    "a question of many words": b'{"question": "' + b"a " * 40_000 + b'", "answer": "a", "image": "1"}\n' * 2,
    "zeros in it": _QUESTIONS.replace(b"cat", b"c\\u0000t"),
}
CSV = {
    "zeros in it": _QUESTIONS_CSV.replace(b"cat", b"c\0t"),
    "a quote without end": _QUESTIONS_CSV + b'"' + b"a,b\n" * 500_000,
    "a long field": _QUESTIONS_CSV + b"a" * 10_000_000,
    "many columns": b"," * 90_000 + b"\n",
    "columns of one name": b"question,question,answer,image\n",
    "old line ends": _QUESTIONS_CSV.replace(b"\n", b"\r"),
    "another encoding": "question,answer,image\ncaf\u00e9,a,1\n".encode("latin-1"),
    "a quote in the middle": _QUESTIONS_CSV.replace(b"cat", b'c"at'),
    "nothing": b"",
}
_RECORDS = {name: content for name, content in JSON.items() if name != "nothing"} | {
    "a record without digests": b'{"features": {"source": "x", "sha256": "y", "files": {}}}',
}


_SHORT_JSON = {name: content for name, content in JSON.items() if len(content) < 1_000_000}

WHOLE = {
    "words.pkl": {"a dictionary": _PICKLE, "names": python2_pickle.dumps(["12", "7"])},
    "model.w.npy": {"weights": written(lambda path: write_weights(path, [np.eye(3), 0]), ".npy")},
    "features.h5": {
        "features": _features(),
        "of pictures that are known": written(
            lambda path: write_features(path, np.eye(4, 6), extractor="it", images=[*"abcd"]), ".h5"
        ),
    },
    "matrix.txt": {"numbers": b"1 2.5\n3 4e2\n"},
    "it.model.yml": {"bow": _MODEL},
    "train.yml": {"the paper's": _TRAIN},
    "cocoqa.zip": {"packed": _zip(_FILES), "stored": _zip(_FILES, zipfile.ZIP_STORED)},
    "picture.png": _WHOLE_PICTURES,
    "questions.jsonl": {"questions": _QUESTIONS},
    "questions.csv": {"questions": _QUESTIONS_CSV},
    "downloads.json": {"nothing yet": b"{}"},
    "state.npz": {"a state": _state(_FACTS, **{"weights/0": np.eye(3)})},
    "facts.json": {"those of a state": _FACTS},
}
HOSTILE = {
    "words.pkl": _PICKLES,
    "model.w.npy": ARRAYS,
    "features.h5": _FEATURES,
    "matrix.txt": {
        "words": b"a b\n",
        "not a number": b"nan\n",
        "rows of different length": b"1 2\n3\n",
        "a command": b"__import__('os').system('" + _COMMAND + b"')\n",
        "a long number": b"1" * 1_000_000,
        "zeros": bytes(1000),
        "another encoding": b"\xff\xfe1",
    },
    "it.model.yml": _MODEL_FILES,
    "train.yml": {**_YAML, "laughs": _laughs("numEpoch")},
    "cocoqa.zip": _ARCHIVES,
    "picture.png": _PICTURES,
    "questions.jsonl": _JSON_LINES,
    "questions.csv": CSV,
    "downloads.json": _RECORDS,
    "state.npz": {
        **_ARCHIVES,
        **{name: _state(content) for name, content in _SHORT_JSON.items()},
        "packed": _zip({"facts.npy": ARRAYS["a command"]}),
        "a command": _zip({"facts.npy": ARRAYS["a command"]}, zipfile.ZIP_STORED),
        "a shape that overflows": _zip({"facts.npy": ARRAYS["a shape that overflows"]}, zipfile.ZIP_STORED),
        "no facts": written(lambda path: np.savez(path, np.zeros(3)), ".npz"),
    },
    "facts.json": {**_SHORT_JSON, **_HOSTILE_FACTS},
}
