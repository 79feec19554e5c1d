"""Every reader, by the name of the file that it is given; it may make a folder around that."""

import shutil
import zipfile
from types import SimpleNamespace

import folders
import numpy as np
import requests_of_web
from bounds import is_plain
from folder_corpus import VARIABLES

from cocoqa_keras.data import formats, pictures
from cocoqa_keras.data.archives import unpack
from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.data.dataset_files import read_image_names
from cocoqa_keras.data.download import RECORD_FILE, download
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.manifest import load_manifest
from cocoqa_keras.data.matrices import read_matrix
from cocoqa_keras.data.picture_files import Pictures, open_pictures
from cocoqa_keras.data.sources import read_source
from cocoqa_keras.data.verification.verify import verify
from cocoqa_keras.digests import sha256_of
from cocoqa_keras.evaluation.wordnet import WordNet
from cocoqa_keras.export.server import ServedModel
from cocoqa_keras.report.answers import read_answers
from cocoqa_keras.report.html import write_html
from cocoqa_keras.report.question_list import read_new_questions, read_question_list
from cocoqa_keras.reproduce.reproduction import Reproduction
from cocoqa_keras.spec import load_spec, load_training_config
from cocoqa_keras.training.checkpoint import Checkpoints
from cocoqa_keras.training.example_weights import read_example_weights
from cocoqa_keras.training.round_facts import RoundFacts
from cocoqa_keras.training.run import load_run
from cocoqa_keras.training.run_files import find_data, read_summary, read_vocabularies


def _read_pickle(path):
    assert is_plain(formats.read_pickle(path))


def _read_array(path):
    assert is_plain(formats.read_array(path))


def _read_features(path):
    with SparseFeatures(path) as features:
        features.check()
        features.read([0, len(features) - 1])


def _read_picture(path):
    picture = pictures.read_picture(path)
    assert picture.ndim == 3
    assert picture.shape[2] == 3
    assert picture.dtype == "uint8"


def _unpack(path):
    unpack(path, path.parent / "unpacked", ["train.npy", "words/qdict.pkl"], 100_000)


def _read_record(path):
    """No other way leads to it than a download; the file that it needs is not there."""
    download("features", load_manifest()["features"], path.parent, path.parent / "nowhere")


def _read_dataset(folder):
    for _ in verify(folder):
        pass
    load_dataset(folder).fingerprint()


def _read_example_weights(folder, prefix="w"):
    dataset = SimpleNamespace(splits=lambda: [("train", folders.WEIGHTED)])
    read_example_weights(folder / prefix, dataset)


def _find_data(folder):
    find_data(folder, read_summary(folder), None, None)


def _find_example_weights(folder):
    prefix = read_summary(folder).example_weights
    if prefix is not None:
        _read_example_weights(folder, prefix)


def _report(folder):
    write_html(read_answers(folder), folder / "report", Pictures({}), False, lambda *step: None)


def _read_wordnet(folder):
    wordnet = WordNet(folder)
    for word in ("dog", "mice", "no word"):
        wordnet.is_noun(word)
    wordnet.similarities(["dog", "cat", "animals"])


def _read_state(path):
    """A state is named by the content of its file."""
    folder = path.parent / "run"
    (folder / "checkpoint").mkdir(parents=True, exist_ok=True)
    shutil.copy(path, folder / "checkpoint" / f"00000001-{sha256_of(path)}.npz")
    RoundFacts.read(folder, Checkpoints.of_run(folder).load().facts)


def _read_facts(path):
    """They are JSON inside of a state."""
    state = path.with_name("state.npz")
    np.savez(state, facts=np.frombuffer(path.read_bytes(), np.uint8))
    _read_state(state)


def _serve(folder):
    ServedModel(folder, "it")


def _in(make, place, *reads):
    """Readers of a folder in which one file is put into its place."""
    return [lambda path, read=read: read(folders.with_file(make, place, path)) for read in reads]


def _in_model(path):
    """The reader of a run whose `model.keras` has one member in place of its own."""
    model = path.parent / "model.keras"
    whole = zipfile.ZipFile(folders.run() / "model.keras")
    with whole, zipfile.ZipFile(model, "w") as archive:
        for name in whole.namelist():
            archive.writestr(name, path.read_bytes() if name == path.name else whole.read(name))
    load_run(folders.with_file(folders.run, model.name, model))


READERS = {
    "words.pkl": [_read_pickle, read_image_names],
    "model.w.npy": [_read_array, formats.read_weights, lambda path: read_matrix(path, "numpy")],
    "features.h5": [
        _read_features,
        lambda path: read_matrix(path, "h5", "hidden7_mean"),
        lambda path: read_matrix(path, "h5", "hidden7", sparse=True),
    ],
    "matrix.txt": [lambda path: read_matrix(path, "plain")],
    "it.model.yml": [load_spec],
    "train.yml": [load_training_config],
    "cocoqa.zip": [_unpack],
    "picture.png": [_read_picture],
    "questions.jsonl": [read_source],
    "questions.csv": [read_source],
    RECORD_FILE: [_read_record],
    "train.npy": _in(folders.dataset, "train.npy", _read_dataset),
    "qdict.pkl": _in(folders.dataset, "qdict.pkl", _read_dataset),
    "questions.txt": _in(folders.cocoqa_text, "train/questions.txt", read_source),
    "qa.37.train.txt": _in(folders.daquar, "qa.37.train.txt", read_source),
    "train2014_questions.json": _in(folders.vqa, "train2014_questions.json", read_source),
    "train2014_annotations.json": _in(folders.vqa, "train2014_annotations.json", read_source),
    "annotations.json": [lambda path: open_pictures(None, path, path.parent)],
    "progress.json": _in(
        folders.half_extracted,
        "data/.hidden_oxford_mscoco.partial/progress.json",
        lambda folder: folders.extraction_in(folder).run(),
    ),
    **{
        f"{part}.raw": _in(
            folders.half_extracted,
            f"data/.hidden_oxford_mscoco.partial/{part}.raw",
            lambda folder: folders.extraction_in(folder).run(),
        )
        for part in ("sizes", "indices", "data")
    },
    "w-train.npy": _in(folders.example_weights, "w-train.npy", _read_example_weights),
    "run.json": _in(
        folders.run, "run.json", _find_data, _find_example_weights, _report, requests_of_web.open_page
    ),
    "answers.json": _in(folders.run, "answers.json", read_vocabularies),
    "predictions.jsonl": _in(folders.run, "predictions.jsonl", read_answers),
    "state.npz": [_read_state],
    "facts.json": [_read_facts],
    "config.json": [_in_model],
    "model.weights.h5": [_in_model],
    "saved_model.pb": _in(folders.saved_model, "saved_model.pb", _serve),
    "variables.index": _in(folders.saved_model, "variables/variables.index", _serve),
    VARIABLES: _in(folders.saved_model, f"variables/{VARIABLES}", _serve),
    "data.noun": _in(folders.wordnet, "data.noun", _read_wordnet),
    "index.noun": _in(folders.wordnet, "index.noun", _read_wordnet),
    "noun.exc": _in(folders.wordnet, "noun.exc", _read_wordnet),
    "table.json": [lambda path: Reproduction(path, {})],
    "chosen.txt": [lambda path: read_question_list(path, 30)],
    "new.csv": [lambda path: read_new_questions(path, 30)],
    "request.json": [requests_of_web.ask_served_model],
    "form.txt": [requests_of_web.send_form],
}
