"""Whole folders, for files that are not read alone: made once, copied for each file that is put into one."""

import atexit
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.data.encode import choose_encoding, write_encoded
from cocoqa_keras.data.extraction import ExtractionJob
from cocoqa_keras.data.pictures import find_pictures
from cocoqa_keras.data.sources import read_source
from cocoqa_keras.export.saved_model import write_saved_model
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.models.zoo import find_model
from cocoqa_keras.spec import load_spec
from cocoqa_keras.training.run_folder import RunFolder

WEIGHTED = range(30)  # the examples that have a weight


def folder_maker(write):
    """Lets a function that writes into a folder make one, once in a process, and return it."""

    @cache
    def make():
        folder = Path(tempfile.mkdtemp())
        atexit.register(shutil.rmtree, folder)
        write(folder)
        return folder

    make.__name__ = write.__name__
    return make


def with_file(make, place, path):
    """A fresh copy, beside a file, of the folder that a function makes, with that file at its place in it."""
    folder = path.parent / f"{path.name} in its folder"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(make(), folder)
    shutil.copyfile(path, folder / place)
    return folder


@folder_maker
def cocoqa_text(folder):
    for part in ("train", "test"):
        (folder / part).mkdir()
        columns = {"questions": "what is in it", "answers": "cat", "img_ids": "12", "types": "0"}
        for name, line in columns.items():
            (folder / part / f"{name}.txt").write_text(f"{line}\n" * 20)


@folder_maker
def daquar(folder):
    for part in ("train", "test"):
        text = "what is on the desk in the image3 ?\nlamp\nhow many are there in the image12 ?\n2, 3\n"
        (folder / f"qa.37.{part}.txt").write_text(text * 10)


@folder_maker
def vqa(folder):
    ids = range(20)
    questions = [{"image_id": n, "question": "what is it?", "question_id": n} for n in ids]
    annotations = [{"multiple_choice_answer": "cat", "question_id": n, "image_id": n} for n in ids]
    for part in ("train2014", "val2014"):
        (folder / f"{part}_questions.json").write_text(json.dumps({"questions": questions}))
        (folder / f"{part}_annotations.json").write_text(json.dumps({"annotations": annotations}))


@folder_maker
def dataset(folder):
    write_encoded(folder, choose_encoding(read_source(cocoqa_text())))


@folder_maker
def example_weights(folder):
    np.save(folder / "w-train.npy", np.linspace(0, 1, len(WEIGHTED)))


@folder_maker
def wordnet(folder):
    """A dog and a cat, which are animals."""
    lines, offsets = "", {}
    for word, above in (("animal", None), ("dog", "animal"), ("cat", "animal")):
        offset = offsets[word] = len(lines)
        pointers = "000" if above is None else f"001 @ {offsets[above]:08} n 0000"
        lines += f"{offset:08} 05 n 01 {word} 0 {pointers} | a gloss\n"
    (folder / "data.noun").write_text(lines)
    index = (f"{word} n 1 1 @ 1 0 {offset:08}\n" for word, offset in offsets.items())
    (folder / "index.noun").write_text("".join(index))
    (folder / "noun.exc").write_text("mice mouse\n")


@folder_maker
def run(folder):
    """What training leaves of a `bow` as small as can be, and of its answers."""
    narrow = {"txtDict.outputDim": "3"}
    spec = load_spec(find_model("bow"), narrow)
    data = load_dataset(dataset())
    model = build_model(spec, DatasetInfo.of(data))
    written = RunFolder(folder)
    written.write_spec(spec)
    written.write_weights(spec, model)
    written.write_model(model)
    written.write_words(data.question_words, data.answers)
    summary = {"data": {"folder": str(dataset())}, "test": {"rate": 0.5}, "test_intervals": {"rate": [0, 1]}}
    written.write_json("run", {**summary, "versions": {"keras": keras.__version__}, "seed": 0})
    answered = {"question": "what is it", "image": "12", "type": "object", "truth": "cat"}
    answer = {**answered, "answers": [{"answer": "cat", "score": 0.75}]}
    (folder / "predictions.jsonl").write_text(f"{json.dumps(answer)}\n" * 3)
    write_saved_model(folder / "saved_model", model, data.question_words, data.answers)


@folder_maker
def half_extracted(folder):
    """A job of features that was stopped after the first of its pictures."""
    (folder / "pictures").mkdir()
    for name, color in (("1", "red"), ("2", "blue")):
        Image.new("RGB", (4, 3), color).save(folder / "pictures" / f"{name}.png")
    try:
        extraction_in(folder, stops=True).run()
    except KeyboardInterrupt:
        return


def extraction_in(folder, stops=False):
    """The job of `half_extracted`."""
    pictures = find_pictures(folder / "pictures")
    return ExtractionJob(pictures, _MeanColor(stops), folder / "data", batch_size=1)


class _MeanColor:
    """An extractor that may be stopped before its second picture."""

    description, width = "mean color", 3

    def __init__(self, stops):
        self._left = 1 if stops else None

    def prepare(self, picture):
        return picture

    def __call__(self, pictures):
        if self._left == 0:
            raise KeyboardInterrupt
        self._left = 0 if self._left else None
        return pictures.mean(axis=(1, 2), dtype=np.float32)


@folder_maker
def saved_model(folder):
    """One that multiplies numbers by a variable."""

    class Product(tf.Module):
        def __init__(self):
            super().__init__()
            self.factor = tf.Variable(2.0)

        @tf.function(input_signature=[tf.TensorSpec((None,), tf.float32)])
        def serving_default(self, number):
            return {"product": self.factor * number}

    module = Product()
    tf.saved_model.save(module, folder, {"serving_default": module.serving_default})
