"""cocoqa-data features: from pictures to the features that models take."""

import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from refusal import refused
from success import done

from cocoqa_keras import load_dataset
from cocoqa_keras.cli.data import main
from cocoqa_keras.data.convolution_bank import extract
from cocoqa_keras.data.dataset_files import read_image_names
from cocoqa_keras.data.drawing import draw_picture, random_scenes
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.locks import locked

BANK = ("--extractor", "convolution_bank")
FILES = {"hidden_oxford_mscoco.h5", "imgid_dict.pkl"}
PARTIAL = Path("data/.hidden_oxford_mscoco.partial")


def draw(folder, count):
    """Pictures number 1 to `count`, named as MS-COCO names them."""
    folder.mkdir(exist_ok=True)
    state = np.random.RandomState(3)
    for number, scene in enumerate(random_scenes(count, state), 1):
        draw_picture(scene, state).save(folder / f"COCO_val2014_{number:012}.png")


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """Six pictures, in the working folder."""
    monkeypatch.chdir(tmp_path)
    draw(tmp_path / "pictures", 6)
    return Path("pictures")


def rows(output="data"):
    with SparseFeatures(Path(output) / "hidden_oxford_mscoco.h5") as features:
        return features.read(np.arange(len(features)))


def test_a_folder_that_another_job_is_in_is_refused(pictures, capsys):
    with locked("data"):
        error = refused(main, ["features", pictures, *BANK], capsys)
    assert error == "error: data is in use by another process; wait until it has ended\n"
    assert main(["features", str(pictures), *BANK]) == 0


def test_pictures_become_features_and_an_index(pictures, capsys):
    assert main(["features", "pictures", *BANK]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "pictures: 100 %",
        "data: 6 images, 6 of them new; 4096 features of each",
        "Next: cocoqa-data encode QUESTIONS data/questions",
    ]
    assert {path.name for path in Path("data").iterdir()} == FILES
    assert read_image_names("data/imgid_dict.pkl") == ["1", "2", "3", "4", "5", "6"]
    pixels = np.stack([np.asarray(Image.open(path)) for path in sorted(pictures.iterdir())])
    np.testing.assert_array_equal(rows(), extract(pixels))


def test_questions_are_encoded_to_match(pictures, capsys):
    assert main(["features", "pictures", *BANK]) == 0
    for part, image in (("train", "1 2 3 4 5 6 1 2 3 4"), ("test", "6 1")):
        (Path("text") / part).mkdir(parents=True)
        count = len(image.split())
        columns = {"questions": "what is there", "answers": "cat", "types": "0"}
        for name, line in columns.items():
            (Path("text") / part / f"{name}.txt").write_text(f"{line}\n" * count)
        (Path("text") / part / "img_ids.txt").write_text("\n".join(image.split()) + "\n")
    assert main(["encode", "text", "data/cocoqa", "--image-index", "data/imgid_dict.pkl"]) == 0
    dataset = load_dataset("data/cocoqa")
    with SparseFeatures("data/hidden_oxford_mscoco.h5") as features:
        features.check_images(dataset.image_names)
    assert dataset.test.image_ids.tolist() == [6, 1]


def test_pictures_are_added(pictures, capsys):
    assert main(["features", "pictures", *BANK]) == 0
    before = rows()
    (pictures / "COCO_val2014_000000000003.png").rename(pictures / "0.png")
    assert main(["features", "pictures", *BANK, "--append"]) == 0
    assert "data: 7 images, 1 of them new; 4096 features of each\n" in capsys.readouterr().out
    np.testing.assert_array_equal(rows(), before[[0, 1, 2, 3, 4, 5, 2]])
    assert read_image_names("data/imgid_dict.pkl")[-1] == "0"


def test_pictures_that_cannot_be_read_stop_the_job_or_are_skipped(pictures, capsys):
    (pictures / "2b.png").write_text("no picture")
    assert main(["features", "pictures", *BANK]) == 2  # what is done is kept
    error = capsys.readouterr().err
    assert error.startswith("error: pictures/2b.png: not a picture that can be read")
    assert error.count("\n") == 1
    assert main(["features", "pictures", *BANK, "--on-corrupt", "skip"]) == 0
    assert "skipped, cannot be read: pictures/2b.png\ndata: 6 images" in capsys.readouterr().out


def test_a_small_network_with_weights_of_ones_own(pictures, capsys):
    model = keras.applications.MobileNetV3Small(
        input_shape=(224, 224, 3), include_top=False, pooling="avg", weights=None
    )
    model.save_weights("own.weights.h5")
    arguments = ["features", "pictures", "--extractor", "mobilenet_v3_small", "--weights", "own.weights.h5"]
    assert main([*arguments, "--batch-size", "4"]) == 0
    assert rows().shape == (6, model.output_shape[1])
    with SparseFeatures("data/hidden_oxford_mscoco.h5") as features:
        assert features.extractor.startswith("mobilenetv3small average, weights sha256 ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", *BANK], "cannot read nowhere"),
        (["pictures", "--extractor", "vgg20"], "no extractor 'vgg20'; did you mean"),
        (["pictures", "--weights", "nowhere.h5"], "no weights at nowhere.h5"),
        (["pictures", *BANK, "--weights", "w.h5"], "has fixed weights"),
        (["pictures", *BANK, "--batch-size", "0"], "--batch-size"),
        (["pictures", *BANK, "--on-corrupt", "weep"], "--on-corrupt"),
        (["pictures", *BANK, "--append"], "data/imgid_dict.pkl"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_mistakes_are_one_line_and_write_nothing(pictures, capsys, arguments, message):
    assert message in refused(main, ["features", *arguments], capsys)


# A process whose parent ignores Ctrl-C, as a job in the background does, would ignore it as well.
CODE = """
import signal, sys
from cocoqa_keras.cli.data import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""


def command(*arguments):
    arguments = [sys.executable, "-c", CODE, "features", *arguments]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(condition, process):
    deadline = time.monotonic() + 100
    while not condition() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def has_rows(count):
    """Whether so many rows are in the working folder, where the size of each takes four bytes."""
    sizes = PARTIAL / "sizes.raw"
    return sizes.exists() and sizes.stat().st_size >= 4 * count


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw(tmp_path / "pictures", 60)
    process = command("pictures", *BANK, "--batch-size", "1")
    wait_for(partial(has_rows, 1), process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=100)
    assert (process.returncode, err) == (130, "error: interrupted\n")
    assert out.endswith("What is done is kept: run the same command again to go on.\n")
    assert {path.name for path in Path("data").iterdir()} == {PARTIAL.name}


@pytest.mark.slow
def test_a_job_that_is_killed_twice_gives_the_same_data(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    draw(tmp_path / "pictures", 200)
    arguments = ("pictures", "data", *BANK, "--batch-size", "8")
    for batches in sorted(random.sample(range(2, 22), 2)):
        process = command(*arguments)
        wait_for(partial(has_rows, 8 * batches), process)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert {path.name for path in Path("data").iterdir()} == {PARTIAL.name, ".lock"}
    for output in ("data", "whole"):
        done(main, ["features", "pictures", output, *arguments[2:]], capsys)
        assert {path.name for path in Path(output).iterdir()} == FILES
    for name in FILES:
        assert (Path("data") / name).read_bytes() == (Path("whole") / name).read_bytes()
