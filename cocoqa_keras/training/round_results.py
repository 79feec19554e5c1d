"""What a finished round leaves in its run folder."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.evaluation.evaluator import (
    Outcomes,
    find_similarity,
    intervals,
    means,
    outcomes,
    result_lines,
)
from cocoqa_keras.evaluation.plots import write_plots
from cocoqa_keras.evaluation.predictions import write_predictions
from cocoqa_keras.evaluation.predictor import Predictor
from cocoqa_keras.export.saved_model import write_saved_model
from cocoqa_keras.files import write_text
from cocoqa_keras.models.decisions import answer_scores
from cocoqa_keras.plotting import save_plot
from cocoqa_keras.spec.model_spec import ModelSpec
from cocoqa_keras.training.plots import error_plot, loss_plot
from cocoqa_keras.training.reporter import Reporter
from cocoqa_keras.training.round_in_progress import RoundInProgress
from cocoqa_keras.training.run_folder import spec_hash
from cocoqa_keras.training.run_settings import RunSettings
from cocoqa_keras.training.tensorboard import TensorBoardLog
from cocoqa_keras.training.tensorboard_projector import word_vectors
from cocoqa_keras.training.tensorboard_samples import Samples


@dataclass(frozen=True)
class RoundResults:
    """Makes model, words, SavedModel, plots, test figures and `run.json` of the weights that rounds keep.

    Attributes:
        spec: the model file, with the sizes of the data.
        dataset: the data set.
        features: image features, for models that take an image.
        settings: those of the run.
        published: the paper's figures, drawn beside the run's own, or None.
        reporter: where lines and progress go.
    """

    spec: ModelSpec
    dataset: Dataset
    features: SparseFeatures | None
    settings: RunSettings
    published: Mapping[str, float] | None
    reporter: Reporter

    def write(self, round_: RoundInProgress, log: TensorBoardLog | None) -> None:
        """Writes all of it; `run.json` comes last, and says that nothing is missing.

        Args:
            round_: a round that has ended.
            log: what TensorBoard shows of it, or None.
        """
        folder, model, config = round_.folder, round_.training.model, round_.training.config
        words, answers = self.dataset.question_words, self.dataset.answers
        folder.write_words(words, answers)
        if config.save_model:
            folder.write_model(model)
        if self.settings.exports:
            write_saved_model(folder.path / "saved_model", model, words, answers, self.spec.decision_fn)
        if config.plot_figs:
            for draw, suffix in ((loss_plot, "_loss.png"), (error_plot, "_err.png")):
                save_plot(draw(round_.records, round_.stopping, folder.name), folder.file(suffix))
        tested = {} if self.dataset.test is None else self._test(round_)
        if log is not None:
            self._finish_log(log, round_, tested)
        folder.write_json("run", self._summary(round_, tested))

    def _test(self, round_: RoundInProgress) -> Outcomes:
        """Tests the kept weights, and writes the figures, the answers, and the predictions."""
        folder, test, words = round_.folder, self.dataset.test, self.dataset.answers
        outputs = Predictor(round_.training.model).predict(
            round_.training.train.of(test), partial(self.reporter.progress, "test")
        )
        scores = np.asarray(answer_scores(self.spec.decision_fn, outputs, len(words)))
        predicted = scores.argmax(axis=1)
        folder.write_answers(words.decode(predicted.tolist()), words.decode(test.answers.tolist()))
        write_predictions(folder.path / "predictions.jsonl", self.dataset, "test", scores)
        tested = outcomes(scores, test.answers, self.dataset.question_types, self._similarity)
        lines = result_lines(means(tested))
        write_text(folder.path / "result.txt", lines)
        if round_.training.config.plot_figs:
            write_plots(folder.path, folder.name, tested, predicted, test.answers, words, self.published)
        for line in lines.splitlines():
            self.reporter.line(line)
        return tested

    @cached_property
    def _similarity(self) -> np.ndarray | None:
        """The similarities that WUPS needs; where there are none, that is told once."""
        return find_similarity(self.dataset.answers.words, self.reporter.line)

    def _finish_log(self, log: TensorBoardLog, round_: RoundInProgress, tested: Outcomes) -> None:
        """Shows the test figures and the word vectors of the kept weights in TensorBoard."""
        if tested:
            predictions = round_.folder.path / "predictions.jsonl"
            samples = Samples.of(self.dataset, predictions, self.reporter.line)
            log.write_test(round_.kept_record, means(tested), samples)
        log.write_words(word_vectors(self.spec, round_.training.model), self.dataset.question_words)

    def _summary(self, round_: RoundInProgress, tested: Outcomes) -> dict[str, Any]:
        """The content of `run.json`."""
        spec, settings, model = self.spec, self.settings, round_.training.model
        return {
            "name": round_.folder.name,
            "model": {"name": spec.name, "file": str(spec.path), "sha256": spec_hash(spec)},
            "data": self._data_summary(),
            "overrides": spec.overrides,
            "config": settings.config.model_dump(by_alias=True),
            "seed": settings.seed,
            "weights_from": settings.weights_from,
            "example_weights": settings.example_weights,
            "dtype": model.output.dtype,
            "versions": settings.versions,
            "training": _training_summary(round_),
            "test": means(tested),
            "test_intervals": intervals(tested),
        }

    def _data_summary(self) -> dict[str, Any]:
        dataset, features = self.dataset, self.features
        features_file = self.settings.files.get("features")
        return {
            "folder": str(dataset.folder),
            "features": None if features is None else str(features.path),
            "features_sha256": None if features_file is None else features_file.sha256,
            "sha256": self.settings.data.sha256,
            "vocabulary_size": dataset.vocabulary_size,
            "answer_count": dataset.answer_count,
            "words_per_question": dataset.words_per_question,
            "image_count": dataset.image_count,
            "feature_width": None if features is None else features.shape[1],
        }


def _training_summary(round_: RoundInProgress) -> dict[str, Any]:
    records, stopping = round_.records, round_.stopping
    last, examples = records[-1], len(round_.training.train.split)
    return {
        "examples": examples,
        "epochs": last.epoch + 1,
        "best_record": round_.kept_record,
        "last": asdict(last),
        "skipped_batches": int(round_.training.model.optimizer.skipped_batches.numpy()),
        "stop_score": stopping.stop_score,
        "stop_score_of_next_round": stopping.training_score,
        "seconds": round(last.seconds, 3),
        "examples_per_second": round(examples * (last.epoch + 1) / last.seconds, 1),
    }
