"""Files that are read as part of a folder, or come as a request: whole ones, and ones that mean harm."""

import json
import zipfile

import folders
import h5py
import numpy as np
from bounds import COMMAND
from corpus import ARRAYS, CSV, JSON, array, bomb, hollow, linked, outside, picture, png, virtual, written

from cocoqa_keras.data import python2_pickle
from cocoqa_keras.data.formats import write_array

VARIABLES = "variables.data-00000-of-00001"  # of a SavedModel


def _of(make, place):
    return {"whole": (make() / place).read_bytes()}


def _of_model(member):
    with zipfile.ZipFile(folders.run() / "model.keras") as archive:
        return {"whole": archive.read(member)}


def _split(words, answers):
    """Questions, each an image and words, and their answers, as an encoded data set keeps them."""
    arrays = np.empty(2, object)
    arrays[:] = [np.array(words), np.array(answers)]
    return written(lambda path: write_array(path, arrays), ".npy")


# That their files are damaged themselves is tried with those of a data set in test_hostile_folders.
_SPLITS = {
    "words that are none": _split([[[1], [-1]]], [[0]]),
    "words beyond all": _split([[[1], [10**12]]], [[0]]),
    "an image beyond all": _split([[[10**12], [1]]], [[0]]),
    "no image": _split([[[0], [1]]], [[0]]),
    "an answer that is none": _split([[[1], [1]]], [[-1]]),
    "no questions": _split(np.zeros((0, 2, 1), int), np.zeros((0, 1), int)),
    "questions of no words": _split(np.zeros((1, 0, 1), int), [[0]]),
    "more answers than questions": _split([[[1], [1]]], [[0], [0]]),
    "not a number": _split([[[1.0], [np.nan]]], [[0]]),
}
_WORDS = {
    "an id beyond all": python2_pickle.dumps({"a": 1, "UNK": 10**12}),
    "an id that is none": python2_pickle.dumps({"a": -1, "UNK": 2}),
    "an id twice": python2_pickle.dumps({"a": 1, "UNK": 1}),
    "an id that is a text": python2_pickle.dumps({"a": "1", "UNK": 2}),
    "no words": python2_pickle.dumps({}),
    "control characters": python2_pickle.dumps({"\x1b[2J": 1, "UNK": 2}),
}


def _layer(module, class_name, **config):
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}


def _model(*layers):
    layers = [_layer("keras.layers", "InputLayer", batch_shape=[None, 2]), *layers]
    return json.dumps(_layer("keras", "Sequential", name="it", layers=layers)).encode()


def _called(module, name):
    """A layer that computes by a function of any module."""
    function = {"module": module, "class_name": "function", "config": name, "registered_name": name}
    return _model(_layer("keras.layers", "Activation", activation=function))


_CODE = {"class_name": "__lambda__", "config": {"value": "4wAAAA=="}}
_CONFIGS = {
    "a function of the system": json.dumps(_layer("os", "system", command=COMMAND)).encode(),
    "a function of the system as activation": _called("os", "system"),
    "a download as activation": _called("keras.utils", "get_file"),
    "unsafe loading as activation": _called("keras.config", "enable_unsafe_deserialization"),
    "Python code": _model(
        _layer(
            "keras.layers", "Lambda", function={"class_name": "__lambda__", "config": {"value": "4wAAAA=="}}
        )
    ),
    "another SavedModel": _model(_layer("keras.layers", "TFSMLayer", filepath="saved_model")),
    "words from a file": _model(_layer("keras.layers", "StringLookup", vocabulary="/etc/passwd")),
    "a layer larger than memory": _model(_layer("keras.layers", "Dense", units=10**9)),
    "a layer larger than all memory": _model(_layer("keras.layers", "Dense", units=10**18)),
    "a layer of no size": _model(_layer("keras.layers", "Dense", units=-1)),
    "a table larger than memory": _model(
        _layer("keras.layers", "Embedding", input_dim=10**6, output_dim=10**6)
    ),
    **JSON,
}


def _weights(make):
    """The weights of the model with another array in place of the first."""

    def write(path):
        path.write_bytes(_of_model("model.weights.h5")["whole"])
        with h5py.File(path, "a") as file:
            arrays = []
            file.visititems(
                lambda name, node: arrays.append(name) if isinstance(node, h5py.Dataset) else None
            )
            del file[arrays[0]]
            make(file, arrays[0])

    return written(write, ".h5")


_WEIGHTS = {
    "a link to another file": _weights(linked(h5py.ExternalLink("/etc/passwd", "/x"))),
    "a link to itself": _weights(linked(h5py.SoftLink("/nowhere"))),
    "values in another file": _weights(outside("/etc/passwd")),
    "values in a device": _weights(outside("/dev/zero")),
    "values of a virtual array": _weights(virtual),
    "a trillion values of which none is there": _weights(hollow(10**12, "f4")),
    "values without end, all compressed": _weights(bomb),
    "texts": _weights(array([b"0", b"1"])),
    "a folder": _weights(lambda file, name: file.create_group(name)),
    "an empty array": _weights(lambda file, name: file.create_dataset(name, data=h5py.Empty("f4"))),
    "nothing": b"",
}
_NO_MODEL = {"nothing": b"", "text": b"hello", "zeros": bytes(1000)}
_VALUES = {
    "numbers": '{"data": 1, "test": 2}',
    "a folder that is a number": '{"data": {"folder": 1}}',
    "features that are a list": '{"data": {"folder": ".", "features": [1]}}',
    "no folder": '{"data": {"features": "x.h5"}}',
    "weights that are a number": '{"example_weights": 7}',
    "a figure that is none": '{"test": {"rate": "<script>"}}',
    "zeros in paths": '{"data": {"folder": "\\u0000"}, "example_weights": "w\\u0000"}',
    "a figure of many lines": '{"test": {"' + "a\\n" * 10_000 + '": null}}',
    "control characters": '{"versions": {"\u001b[2J": "\u001b]0;x\u0007"}}',
}
_RUNS = {**JSON, **{what: content.encode() for what, content in _VALUES.items()}}
_ANSWERED = {
    "no answers": b'{"question": "q", "image": "1", "type": "object", "truth": "a", "answers": []}\n',
    "a type that is none": b'{"question": "q", "image": "1", "type": "\\u001b[2J", "truth": "a"}\n',
    "a score beyond all": (
        b'{"question": "q", "image": "1", "type": "object", "truth": "a", '
        b'"answers": [{"answer": "a", "score": 1e999}]}\n'
    ),
    "blank lines": b"\n" * 1000,
    **JSON,
}
_PARTIAL = "data/.hidden_oxford_mscoco.partial"
_RAW = {
    "sizes.raw": {"less than none": [-2], "more than a row can have": [2**30], "nothing": []},
    "indices.raw": {"columns beyond all": [2**30] * 3, "a column that is none": [-5] * 3, "nothing": []},
    "data.raw": {"nothing": []},
}
_PROGRESS = {
    what: json.dumps({"batches": 1, "rows": 1, "skipped": [], "digest": "", **fields}).encode()
    for what, fields in {
        "no batches": {"batches": -1},
        "a part of a batch": {"batches": 0.5},
        "batches without end": {"batches": 10**30},
        "rows without end": {"rows": 10**30},
        "numbers for names": {"skipped": [1]},
    }.items()
}
_LINES = {
    "a long line": b"a" * 10_000_000,
    "another encoding": b"caf\xe9\n",
    "zeros": bytes(1000),
    "no line": b"",
    "blank lines": b"\n" * 1000,
}
_NOUN = "{0:08} 05 n 01 dog 0 001 @ {1:08} n 0000 | a gloss\n"
_NOUNS = {
    "kinds of each other": (_NOUN.format(0, len(_NOUN.format(0, 0))) + _NOUN.format(49, 0)).encode(),
    "a kind of itself": _NOUN.format(0, 0).encode(),
    "a kind of what is not there": _NOUN.format(0, 10**7).encode(),
    "pointers without end": b"00000000 05 n 01 dog 0 999 @ 00000000 n 0000\n",
    "a number that is none": b"00000000 05 n zz dog 0 000 | \n",
    **_LINES,
}
_INDEX = {
    "synsets without end": b"dog n 999999999 1 @ 1 0 00000000\n",
    "a synset elsewhere": b"dog n 1 1 @ 1 0 99999999999999999999\n",
    "a synset before the file": b"dog n 1 1 @ 1 0 -5\n",
    **_LINES,
}
_KEPT = {
    "a result without figures": b'{"made_from": {}, "rows": {"BOW": {"0": {}}}}',
    "a seed that is none": b'{"made_from": {}, "rows": {"BOW": {"x": {}}}}',
    "other data": b'{"made_from": {"sha256": "x"}, "rows": {}}',
    **JSON,
}
_WHOLE_TABLE = {
    "made_from": {},
    "rows": {"BOW": {"0": {"figures": {"rate": 0.5}, "interval": [0, 1], "epochs": [1], "seconds": 1.5}}},
}
_REQUESTS = {
    "numbers": b'{"instances": [[1, 2], [3]]}',
    "ids that are none": b'{"instances": [{"question": [-1, 99999999]}]}',
    "an id beyond 32 bits": b'{"instances": [[4294967297]]}',
    "not a number": b'{"instances": [[NaN]]}',
    "lists in lists, few": b'{"instances": ' + b"[" * 500 + b"]" * 500 + b"}",
    "no words": b'{"signature_name": "answer", "instances": [""]}',
    "a word without end": b'{"signature_name": "answer", "instances": ["' + b"a" * 3_000_000 + b'"]}',
    "half a character": b'{"signature_name": "answer", "instances": ["\\ud800"]}',
    "bytes that are none": b'{"signature_name": "answer", "instances": [{"b64": "*"}]}',
    "a signature that is a list": b'{"signature_name": [], "instances": [1]}',
    "nothing": b"",
    "lists in lists": JSON["lists in lists"],
    "a number of many digits": b'{"instances": [[' + b"9" * 10_000 + b"]]}",
}


def _form(**parts):
    """A form as browsers send it, with the headers and the content of each part."""
    text = b"".join(
        b'--XX\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        % (name.encode(), headers, content)
        for name, (headers, content) in parts.items()
    )
    return text + b"--XX--\r\n"


_FILE = b'; filename="../../x.png"\r\nContent-Type: image/png'
_FORMS = {
    "a text for a picture": _form(question=(b"", b"what?"), picture=(b"", b"x")),
    "a picture for a question": _form(question=(_FILE, picture()), picture=(_FILE, picture())),
    "a bomb": _form(question=(b"", b"what?"), picture=(_FILE, png(30_000, 30_000))),
    "a kept picture that is none": _form(question=(b"", b"what?"), kept=(b"", b"AAAA")),
    "a question without end": _form(question=(b"", b"a" * 3_000_000), picture=(_FILE, picture())),
    "many fields": _form(**{f"field{number}": (b"", b"x") for number in range(2000)}),
    "a header without end": b"--XX\r\n" + b"a" * 1_000_000,
    "no end": _form(question=(b"", b"what?"), picture=(_FILE, picture()))[:-20],
    "nothing": b"",
}

WHOLE = {
    "train.npy": _of(folders.dataset, "train.npy"),
    "qdict.pkl": _of(folders.dataset, "qdict.pkl"),
    "questions.txt": _of(folders.cocoqa_text, "train/questions.txt"),
    "qa.37.train.txt": _of(folders.daquar, "qa.37.train.txt"),
    "train2014_questions.json": _of(folders.vqa, "train2014_questions.json"),
    "train2014_annotations.json": _of(folders.vqa, "train2014_annotations.json"),
    "annotations.json": {
        "an address": b'{"images": [{"file_name": "COCO_000000000042.jpg", "coco_url": "http://x.org/42.jpg"}]}'
    },
    "progress.json": _of(folders.half_extracted, f"{_PARTIAL}/progress.json"),
    **{name: _of(folders.half_extracted, f"{_PARTIAL}/{name}") for name in _RAW},
    "w-train.npy": _of(folders.example_weights, "w-train.npy"),
    "run.json": _of(folders.run, "run.json"),
    "answers.json": _of(folders.run, "answers.json"),
    "predictions.jsonl": _of(folders.run, "predictions.jsonl"),
    "config.json": _of_model("config.json"),
    "model.weights.h5": _of_model("model.weights.h5"),
    "saved_model.pb": _of(folders.saved_model, "saved_model.pb"),
    "variables.index": _of(folders.saved_model, "variables/variables.index"),
    VARIABLES: _of(folders.saved_model, f"variables/{VARIABLES}"),
    "data.noun": _of(folders.wordnet, "data.noun"),
    "index.noun": _of(folders.wordnet, "index.noun"),
    "noun.exc": _of(folders.wordnet, "noun.exc"),
    "table.json": {"a row": json.dumps(_WHOLE_TABLE).encode()},
    "chosen.txt": {"numbers": b"0\n7,a comment\n# not this\n"},
    "new.csv": {"questions": b'0,what is it?,cat\n1,"how many, then?",\n'},
    "request.json": {
        "numbers": b'{"instances": [[1, 2], [3, 0]]}',
        "text": b'{"signature_name": "answer", "inputs": {"question": ["what is it?", {"b64": "aXQ="}]}}',
    },
    "form.txt": {"a picture": _form(question=(b"", b"what?"), picture=(_FILE, picture()))},
}
HOSTILE = {
    "train.npy": _SPLITS,
    "qdict.pkl": _WORDS,
    "questions.txt": _LINES,
    "qa.37.train.txt": _LINES,
    "train2014_questions.json": JSON,
    "train2014_annotations.json": JSON,
    "annotations.json": {**JSON, "a script": b'{"images": [{"id": 1, "coco_url": "javascript:alert(1)"}]}'},
    "progress.json": {**JSON, **_PROGRESS},
    **{
        name: {what: np.array(numbers, "<i4").tobytes() for what, numbers in cases.items()}
        for name, cases in _RAW.items()
    },
    "w-train.npy": ARRAYS,
    "run.json": _RUNS,
    "answers.json": JSON,
    "predictions.jsonl": _ANSWERED,
    "config.json": _CONFIGS,
    "model.weights.h5": _WEIGHTS,
    "saved_model.pb": _NO_MODEL,
    "variables.index": _NO_MODEL,
    VARIABLES: _NO_MODEL,
    "data.noun": _NOUNS,
    "index.noun": _INDEX,
    "noun.exc": _LINES,
    "table.json": _KEPT,
    "chosen.txt": _LINES,
    "new.csv": {**_LINES, **CSV},
    "request.json": _REQUESTS,
    "form.txt": _FORMS,
}
