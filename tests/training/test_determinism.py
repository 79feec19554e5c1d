"""Equal settings give equal bytes: on one machine, with one seed and one number of threads."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from cocoqa_keras.data.encode import choose_encoding, write_encoded
from cocoqa_keras.data.examples import Examples, Parts
from cocoqa_keras.data.features_writer import write_features

MODELS = ("img_bow", "vis_lstm")
SUFFIXES = (".w.npy", ".csv", ".test.o.txt")
THREADS = 2
IMAGES, FEATURE_WIDTH, WORDS, ANSWERS = 50, 2000, 200, 20


def train_both(data, output):
    """Trains the models at their full width, in a process of its own; returns their folders."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    from cocoqa_keras.data.dataset import load_dataset
    from cocoqa_keras.data.features import SparseFeatures
    from cocoqa_keras.models.zoo import find_model
    from cocoqa_keras.spec import TrainingConfig, load_spec
    from cocoqa_keras.training.trainer import Trainer

    dataset, features = load_dataset(data), SparseFeatures(data.parent / "hidden_oxford_mscoco.h5")
    config = TrainingConfig(numEpoch=1, plotFigs=False)
    made = {"exports": False, "tensorboard": False, "output": output}
    return [
        Trainer(load_spec(find_model(model)), dataset, features, config, **made).train(one_round=True)
        for model in MODELS
    ]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Random questions, wide enough for products that several threads share."""
    folder = tmp_path_factory.mktemp("data")
    random = np.random.RandomState(0)
    images = [str(100 + image) for image in range(IMAGES)]
    parts = Parts(*(_examples(count, images, random) for count in (300, 50, 50)))
    write_encoded(folder / "cocoqa", choose_encoding(parts, images))
    features = np.maximum(random.standard_normal((IMAGES, FEATURE_WIDTH)), 0)
    write_features(folder / "hidden_oxford_mscoco.h5", features)
    return folder / "cocoqa"


def _examples(count, images, random):
    return Examples(
        questions=[
            [f"w{word}" for word in random.randint(0, WORDS, random.randint(3, 12))] for _ in range(count)
        ],
        answers=[f"a{answer}" for answer in random.randint(0, ANSWERS, count)],
        images=[images[image] for image in random.randint(0, IMAGES, count)],
        types=random.randint(0, 4, count).tolist(),
    )


@pytest.mark.slow
def test_two_processes_end_with_the_same_bytes(data, tmp_path):
    with ProcessPoolExecutor(2, get_context("spawn"), max_tasks_per_child=1) as processes:
        runs = [processes.submit(train_both, data, tmp_path / name) for name in ("one", "other")]
    for one, other in zip(*(run.result() for run in runs), strict=True):
        assert one.path != other.path
        for suffix in SUFFIXES:
            assert one.file(suffix).read_bytes() == other.file(suffix).read_bytes()
        for name in ("result.txt", "predictions.jsonl"):
            assert (one.path / name).read_bytes() == (other.path / name).read_bytes()
