"""Fixtures that every test may use."""

import os
import shutil
from pathlib import Path

import hypothesis
import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # as every command does, before TensorFlow is imported

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("without deadlines", deadline=None)
hypothesis.settings.load_profile("without deadlines")

SHARED = Path(os.environ.get("COCOQA_SHARED", Path(__file__).parents[2] / "shared"))


def pytest_addoption(parser):
    parser.addoption("--every-step", action="store_true", help="tests/faults: break the disk at every step")


def pytest_collection_modifyitems(items):
    """Puts files with slow tests first, so that no worker is left with a long one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def shared():
    """The folder of reference material beside the repository (golden figures, the real text of COCO-QA)."""
    if not SHARED.is_dir():
        pytest.skip(f"no reference material at {SHARED}: the golden runs and the real text are not checked")
    return SHARED


@pytest.fixture(scope="session")
def mini(shared):
    """The tiny data set and the runs measured on the 2015 program."""
    return shared / "golden" / "mini"


@pytest.fixture(scope="session")
def stages(shared):
    """A model file for every stage type, and what the 2015 program makes of it."""
    return shared / "golden" / "stages"


def set_precision(dtype):
    import keras

    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)


@pytest.fixture(scope="module")
def precision():
    """Sets the precision, single again in the end, for tests that change it on their way."""
    yield set_precision
    set_precision("float32")


@pytest.fixture(params=["float32", "float64"])
def floatx(request):
    """Runs the test in single and in double precision."""
    set_precision(request.param)
    yield request.param
    set_precision("float32")


@pytest.fixture
def float64():
    """Runs the test in double precision."""
    set_precision("float64")
    yield
    set_precision("float32")


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """A data set of 8 images with 10 features, 30 questions of up to 6 words, 9 words and 4 answers."""
    from cocoqa_keras.data.features_writer import write_features
    from cocoqa_keras.data.formats import write_array, write_pickle

    folder = tmp_path_factory.mktemp("tiny") / "cocoqa"
    random = np.random.RandomState(0)
    words = [*"abcdefgh", "UNK"]
    write_pickle(folder / "qdict.pkl", {word: number for number, word in enumerate(words, 1)})
    write_pickle(folder / "ansdict.pkl", {"cat": 0, "two": 1, "red": 2, "UNK": 3})
    write_pickle(folder / "imgid_dict.pkl", [str(100 + row) for row in range(8)])
    write_array(folder / "test-qtype.npy", np.arange(10) % 4)
    for name, count in (("train", 14), ("valid", 6), ("test", 10)):
        inputs = np.zeros((count, 7, 1), np.int64)
        inputs[:, 0, 0] = random.randint(1, 9, count)
        for row in range(count):
            length = (row % 7) if name == "train" else random.randint(1, 7)  # the first of train is empty
            inputs[row, 1 : 1 + length, 0] = random.randint(1, 10, length)
        split = np.empty(2, object)
        split[:] = [inputs, random.randint(0, 4, (count, 1))]
        write_array(folder / f"{name}.npy", split)
    features = np.maximum(random.standard_normal((8, 10)), 0)
    write_features(folder.parent / "hidden_oxford_mscoco.h5", features)
    return folder


@pytest.fixture(scope="session")
def tiny_dataset(tiny_folder):
    from cocoqa_keras.data.dataset import load_dataset

    return load_dataset(tiny_folder)


@pytest.fixture(scope="session")
def tiny_features(tiny_folder):
    from cocoqa_keras.data.features import SparseFeatures

    with SparseFeatures(tiny_folder.parent / "hidden_oxford_mscoco.h5") as features:
        yield features


NARROW = {
    "txtDict": {"outputDim": "5"},
    "imgMap": {"outputDim": "5"},
    "imgMapFirst": {"outputDim": "5"},
    "imgMapLast": {"outputDim": "5"},
    "lstm": {"inputDim": "5", "outputDim": "3"},
    "lstmF": {"inputDim": "5", "outputDim": "3"},
    "lstmB": {"inputDim": "5", "outputDim": "3"},
    "inputGate": {"outputDim": "3"},
    "forgetGate": {"outputDim": "3"},
    "candidate": {"outputDim": "3"},
    "outputGate": {"outputDim": "3"},
    "cell": {"outputDim": "3"},
    "hidden": {"outputDim": "3"},
    "memory": {"outputDim": "5"},
    "attention": {"inputDim": "5", "outputDim": "7"},
    "summary": {"end": "5"},
}


@pytest.fixture(scope="session")
def tiny_spec():
    """Loads a model of the package with narrow stages: its name, and values by `stage.field`."""
    from cocoqa_keras.models.zoo import find_model
    from cocoqa_keras.spec import load_spec

    def load(name, overrides=None):
        path = find_model(name)
        used = {stage.name for stage in load_spec(path).all_stages}
        narrow = {
            f"{stage}.{field}": value
            for stage, fields in NARROW.items()
            if stage in used
            for field, value in fields.items()
        }
        return load_spec(path, {**narrow, **(overrides or {})})

    return load


@pytest.fixture(scope="session")
def make_answerer(tiny_spec, tiny_dataset, tiny_features):
    """Makes a model of the package, whose answers differ clearly, and what answers by it; by the name."""
    from cocoqa_keras.evaluation.answerer import Answerer
    from cocoqa_keras.evaluation.image_source import ImageSource
    from cocoqa_keras.models.builder import build_model
    from cocoqa_keras.models.sizes import DatasetInfo

    def make(name):
        model = build_model(tiny_spec(name), DatasetInfo.of(tiny_dataset, tiny_features))
        random = np.random.RandomState(0)
        for weight in model.trainable_weights:
            weight.assign(random.standard_normal(weight.shape))
        images = ImageSource(tiny_features, tiny_dataset.folder) if "image" in model.input else None
        return model, Answerer(model, tiny_dataset.question_words, tiny_dataset.answers, images)

    return make


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Chromium without a window, driven by selenium; it asks nothing of the network on its own account."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="pages are not opened: selenium is missing")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("pages are not opened: Debian's chromium and chromium-driver are missing")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(argument)
    opened = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield opened
    opened.quit()
