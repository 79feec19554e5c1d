"""Every reader of a single file, by the name of the file that it is given."""

from bounds import is_plain

from cocoqa_keras.data import formats, pictures
from cocoqa_keras.data.archives import unpack
from cocoqa_keras.data.dataset_files import read_image_names
from cocoqa_keras.data.download import RECORD_FILE, download
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.manifest import load_manifest
from cocoqa_keras.data.matrices import read_matrix
from cocoqa_keras.data.sources import read_source
from cocoqa_keras.spec import load_spec, load_training_config


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
}
