"""Programs that train or evaluate a published model: ours, plain Keras and PyTorch.

The peers are what a user would write: padded `keras.layers.LSTM`, and packed `torch.nn.LSTM`. They have
no peepholes, no clips and no weight decay, so they do less than ours. All read the same data.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.race import Work
from cocoqa_keras.data.dataset import Dataset, Split, load_dataset
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.models.image_features import open_features
from cocoqa_keras.models.zoo import find_model
from cocoqa_keras.spec import load_spec

BATCH_SIZE = 100  # in training
EVALUATION_BATCH_SIZE = 1000
STEPS_OF_FIT = 20
EVALUATED = 8000  # test questions that one piece of evaluation goes through
WIDTH, UNITS = 500, 300
Batch = tuple[np.ndarray, np.ndarray | None, np.ndarray]


def load(model: str, folder: Path) -> tuple[Dataset, SparseFeatures | None]:
    """The data set, and the features where the model takes an image."""
    return load_dataset(folder), open_features(load_spec(find_model(model)), folder)


def batches(split: Split, features: SparseFeatures | None, size: int, endless: bool) -> Iterator[Batch]:
    """Questions (N, 55), image rows (N, D) or None, answers (N,); shuffled where it never ends."""
    random = np.random.default_rng(0)
    while True:
        order = random.permutation(len(split)) if endless else np.arange(len(split))
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            images = None if features is None else features.read(split.image_ids[rows] - 1)
            yield split.questions[rows], images, split.answers[rows]
        if not endless:
            return


def train_ours(model: str, folder: Path, batch_size: int = BATCH_SIZE) -> Work:
    """What `cocoqa-train` runs between two records."""
    from cocoqa_keras.data.pipeline import BatchReader, EpochOrders
    from cocoqa_keras.training.step import TrainingStep

    dataset, features = load(model, folder)
    network = _our_network(model, dataset, features)
    step = TrainingStep(network)
    reader = BatchReader.for_model(network, dataset.train, features)
    orders = EpochOrders(len(dataset.train), True, np.random.RandomState(0))
    source = reader.iterate(orders, 1000, batch_size)

    def work() -> int:
        for _ in range(5):
            loss, _ = step(*next(source))
        float(loss)
        return 5 * batch_size

    return work


def evaluate_ours(model: str, folder: Path) -> Work:
    """What validation and the commands run."""
    from cocoqa_keras.data.pipeline import BatchReader
    from cocoqa_keras.evaluation.predictor import Predictor

    dataset, features = load(model, folder)
    network = _our_network(model, dataset, features)
    predictor = Predictor(network)
    reader = BatchReader.for_model(network, dataset.test.take(slice(EVALUATED)), features)

    def work() -> int:
        return len(predictor.predict(reader))

    return work


def _our_network(model: str, dataset: Dataset, features: SparseFeatures | None) -> object:
    from cocoqa_keras.models.builder import build_model
    from cocoqa_keras.models.sizes import DatasetInfo
    from cocoqa_keras.training.costs import cost_of
    from cocoqa_keras.training.optimizer import StagewiseSGD

    spec = load_spec(find_model(model))
    network = build_model(spec, DatasetInfo.of(dataset, features))
    network.compile(StagewiseSGD.from_spec(spec), cost_of(spec), jit_compile=False)
    return network


def train_keras(model: str, folder: Path) -> Work:
    """Embedding, LSTM and Dense, questions padded to 55 words, `fit` on a `PyDataset`."""
    import keras

    dataset, features = load(model, folder)
    network = _keras_network(model, dataset, features)
    source = batches(dataset.train, features, BATCH_SIZE, endless=True)

    class Examples(keras.utils.PyDataset):
        def __len__(self) -> int:
            return STEPS_OF_FIT

        def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
            questions, images, answers = next(source)
            return _keras_inputs(questions, images), answers

    examples = Examples()

    def work() -> int:
        network.fit(examples, verbose=0)
        return STEPS_OF_FIT * BATCH_SIZE

    return work


def evaluate_keras(model: str, folder: Path) -> Work:
    """The same network, `predict_on_batch`."""
    dataset, features = load(model, folder)
    network = _keras_network(model, dataset, features)
    split = dataset.test.take(slice(EVALUATED))

    def work() -> int:
        for questions, images, _ in batches(split, features, EVALUATION_BATCH_SIZE, endless=False):
            network.predict_on_batch(_keras_inputs(questions, images))
        return len(split)

    return work


def _keras_inputs(questions: np.ndarray, images: np.ndarray | None) -> dict[str, np.ndarray]:
    return {"question": questions} if images is None else {"question": questions, "image": images}


def _keras_network(model: str, dataset: Dataset, features: SparseFeatures | None) -> object:
    import keras
    from keras import layers

    question = keras.Input((dataset.words_per_question,), dtype="int32", name="question")
    inputs = {"question": question}
    words = layers.Embedding(dataset.vocabulary_size + 1, WIDTH, mask_zero=True)(question)
    if features is not None:
        inputs["image"] = keras.Input((features.shape[1],), name="image")
    if model.endswith("bow"):
        joined = keras.ops.sum(words, axis=1)
        if features is not None:
            joined = layers.Concatenate()([joined, inputs["image"]])
    else:
        joined = _keras_lstms(model, words, inputs.get("image"))
    network = keras.Model(inputs, layers.Dense(dataset.answer_count, "softmax")(joined))
    network.compile(keras.optimizers.SGD(0.01, 0.9), "sparse_categorical_crossentropy", jit_compile=False)
    return network


def _keras_lstms(model: str, words: object, image: object | None) -> object:
    from keras import layers

    def projected() -> object:
        normalized = layers.Rescaling(1 / 0.8, -0.5 / 0.8)(image)
        return layers.Reshape((1, WIDTH))(layers.Dense(WIDTH, use_bias=False)(normalized))

    sequence = words
    if image is not None:
        sequence = layers.Concatenate(axis=1)([projected(), words])
    if model != "2_vis_blstm":
        return layers.LSTM(UNITS)(layers.Dropout(0.2)(sequence))
    sequence = layers.Concatenate(axis=1)([sequence, projected()])
    return layers.Bidirectional(layers.LSTM(UNITS))(layers.Dropout(0.4)(sequence))


def train_pytorch(model: str, folder: Path) -> Work:
    """Embedding, packed LSTM and Linear, fused SGD with momentum."""
    import torch
    from torch import nn

    dataset, features = load(model, folder)
    network = _torch_network(model, dataset, features)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, fused=True)
    cost = nn.CrossEntropyLoss()
    source = batches(dataset.train, features, BATCH_SIZE, endless=True)

    def work() -> int:
        questions, images, answers = next(source)
        optimizer.zero_grad(set_to_none=True)
        outputs = network(*_torch_inputs(questions, images))
        cost(outputs, torch.from_numpy(answers.astype(np.int64))).backward()
        optimizer.step()
        return len(answers)

    return work


def evaluate_pytorch(model: str, folder: Path) -> Work:
    """The same network without gradients."""
    import torch

    dataset, features = load(model, folder)
    network = _torch_network(model, dataset, features).eval()
    split = dataset.test.take(slice(EVALUATED))

    def work() -> int:
        with torch.inference_mode():
            for questions, images, _ in batches(split, features, EVALUATION_BATCH_SIZE, endless=False):
                network(*_torch_inputs(questions, images)).softmax(1)
        return len(split)

    return work


def _torch_inputs(questions: np.ndarray, images: np.ndarray | None) -> tuple[object, object]:
    import torch

    longest = max(1, np.count_nonzero(questions.any(axis=0)))
    words = torch.from_numpy(questions[:, :longest].astype(np.int64))
    return words, None if images is None else torch.from_numpy(images)


def _torch_network(model: str, dataset: Dataset, features: SparseFeatures | None) -> object:
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence

    image_width = 0 if features is None else features.shape[1]
    is_double = model == "2_vis_blstm"

    class BagOfWords(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(dataset.vocabulary_size + 1, WIDTH, padding_idx=0)
            self.answer = nn.Linear(WIDTH + image_width, dataset.answer_count)

        def forward(self, questions: torch.Tensor, images: torch.Tensor | None) -> torch.Tensor:
            summed = self.words(questions).sum(1)
            return self.answer(summed if images is None else torch.cat([summed, images], 1))

    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(dataset.vocabulary_size + 1, WIDTH, padding_idx=0)
            count = (1 + is_double) if image_width else 0
            self.maps = nn.ModuleList(nn.Linear(image_width, WIDTH, bias=False) for _ in range(count))
            self.dropout = nn.Dropout(0.4 if is_double else 0.2)
            self.lstm = nn.LSTM(WIDTH, UNITS, batch_first=True, bidirectional=is_double)
            self.answer = nn.Linear(UNITS * (1 + is_double), dataset.answer_count)

        def forward(self, questions: torch.Tensor, images: torch.Tensor | None) -> torch.Tensor:
            sequences, lengths = self.words(questions), (questions != 0).sum(1).clamp(min=1)
            if images is not None:
                normalized = (images - 0.5) / 0.8
                sequences = torch.cat([self.maps[0](normalized)[:, None], sequences], 1)
                lengths = lengths + 1
            if is_double:
                padded = torch.cat([sequences, sequences.new_zeros(len(sequences), 1, WIDTH)], 1)
                ends = lengths[:, None, None].expand(-1, 1, WIDTH)
                sequences = padded.scatter(1, ends, self.maps[1](normalized)[:, None])
                lengths = lengths + 1
            packed = pack_padded_sequence(
                self.dropout(sequences), lengths, batch_first=True, enforce_sorted=False
            )
            _, (hidden, _) = self.lstm(packed)
            return self.answer(torch.cat(list(hidden), 1))

    return BagOfWords() if model.endswith("bow") else Recurrent()


TRAIN: dict[str, Callable[[str, Path], Work]] = {
    "ours": train_ours,
    "plain Keras": train_keras,
    "PyTorch": train_pytorch,
}
EVALUATE: dict[str, Callable[[str, Path], Work]] = {
    "ours": evaluate_ours,
    "plain Keras": evaluate_keras,
    "PyTorch": evaluate_pytorch,
}
