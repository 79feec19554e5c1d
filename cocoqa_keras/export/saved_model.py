"""A model as a SavedModel, which TensorFlow alone can load: no Python of ours, no Keras."""

import hashlib
import json
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError
from cocoqa_keras.export.text import QuestionEncoder
from cocoqa_keras.files import atomic_folder, write_text
from cocoqa_keras.layers import LookupTable
from cocoqa_keras.models.decisions import DECISIONS_OF_A_NUMBER, answer_scores
from cocoqa_keras.versions import versions

SIGNATURES = ("serving_default", "answer")
MAX_ANSWERS = 5

Inputs = dict[str, tf.Tensor]


def write_saved_model(
    folder: str | Path,
    model: keras.Model,
    question_words: Vocabulary,
    answers: Vocabulary,
    decision: str = "argmax",
) -> None:
    """Writes a SavedModel with two signatures; batch size and length of questions are free.

    `serving_default`: `question` int32 (N, T), word ids with 0 as padding, and `image` float32 (N, D) ->
    `probabilities` float32 (N, A). Where the decision is not `argmax`, these are the scores that it makes of
    the outputs (see `answer_scores`).

    `answer`: `question` string (N,) and `image` float32 (N, D) -> `answers` string (N, K) and `scores`
    float32 (N, K), the K = 5 best answers, fewer where there are fewer, best first.

    Each has only the inputs that the model takes, and is float32 whatever the model's precision.
    `signature.json`, in the folder, tells names, dtypes and shapes, the sizes and hashes of both
    vocabularies, and versions.

    Args:
        folder: the SavedModel, which appears when it is complete. One that is there is replaced.
        model: a model of `build_model`; it stays as it is.
        question_words: the words that its questions are made of.
        answers: its answers, in order of its outputs.
        decision: what makes answers of the outputs, a name in `DECISIONS`.

    Raises:
        InputError: the model does not answer questions, or not with these words; or the folder holds
            something else, or cannot be written to.
    """
    _check(model, question_words, answers, decision)
    module = _servable(inference_copy(model), question_words, answers, decision)
    functions = {name: getattr(module, name).get_concrete_function() for name in SIGNATURES}
    description = {
        "signatures": {name: _interface(function) for name, function in functions.items()},
        "question_words": _summary(question_words),
        "answers": _summary(answers),
        "versions": versions(),
    }
    with atomic_folder(folder, "a SavedModel", mark="saved_model.pb") as unfinished:
        try:
            tf.saved_model.save(module, str(unfinished), signatures=functions)
        except tf.errors.OpError as error:
            raise OSError(str(error).partition("\n")[0]) from error
        write_text(unfinished / "signature.json", json.dumps(description, indent=2) + "\n")


def inference_copy(model: keras.Model) -> keras.Model:
    """A copy of a model in which nothing of its optimizer is left, with the weights as they are by now."""
    optimizer = getattr(model, "optimizer", None)
    if hasattr(optimizer, "settle"):
        optimizer.settle()
    copy = type(model).from_config(model.get_config())
    copy.set_weights(model.get_weights())
    return copy


def _check(model: keras.Model, question_words: Vocabulary, answers: Vocabulary, decision: str) -> None:
    if not isinstance(model.input, dict):
        raise InputError(
            f"model {model.name}: only a model that slices 'input' into image id and words can be served"
        )
    outputs = model.output.shape[-1]
    if decision not in DECISIONS_OF_A_NUMBER and outputs != len(answers):
        raise InputError(
            f"model {model.name} has {outputs} outputs, and there are {len(answers)} answers; "
            "use the answers that it was trained with"
        )
    for layer in model.layers:
        if isinstance(layer, LookupTable) and layer.input_dim != len(question_words):
            raise InputError(
                f"model {model.name}, stage '{layer.name}': it knows {layer.input_dim} words, and there are "
                f"{len(question_words)}; use the words that it was trained with"
            )


def _servable(
    model: keras.Model, question_words: Vocabulary, answers: Vocabulary, decision: str
) -> tf.Module:
    """The functions of a SavedModel, and what they need. Each takes one dictionary, as `TFSMLayer` asks."""
    encode = QuestionEncoder(question_words)
    ids = {
        name: tf.TensorSpec(tensor.shape, "int32" if name == "question" else "float32", name)
        for name, tensor in model.input.items()
    }
    text = {**ids, "question": tf.TensorSpec((None,), tf.string, "question")} if "question" in ids else ids

    def probabilities_of(inputs: Inputs) -> tf.Tensor:
        inputs = {name: tf.cast(inputs[name], tensor.dtype) for name, tensor in model.input.items()}
        outputs = model(inputs, training=False)
        return tf.cast(answer_scores(decision, outputs, len(answers)), tf.float32)

    @tf.function(input_signature=[ids])
    def serving_default(inputs: Inputs) -> Inputs:
        return {"probabilities": probabilities_of(inputs)}

    @tf.function(input_signature=[text])
    def answer(inputs: Inputs) -> Inputs:
        if "question" in inputs:
            inputs = {**inputs, "question": encode(inputs["question"])}
        scores, best = tf.math.top_k(probabilities_of(inputs), min(MAX_ANSWERS, len(answers)))
        return {"answers": tf.gather(tf.constant(answers.words), best), "scores": scores}

    module = tf.Module()
    # Not the model itself: TensorFlow would save all that Keras knows of it.
    module.model_variables = [variable.value for variable in model.variables]
    module.encode = encode
    module.serving_default = serving_default
    module.answer = answer
    return module


def _interface(function: tf.types.experimental.ConcreteFunction) -> dict[str, Any]:
    """Names, dtypes and shapes of a signature; a size that is free is None."""
    (inputs,), _ = function.structured_input_signature
    return {
        kind: {
            name: {"dtype": spec.dtype.name, "shape": spec.shape.as_list()} for name, spec in specs.items()
        }
        for kind, specs in (("inputs", inputs), ("outputs", function.structured_outputs))
    }


def _summary(words: Vocabulary) -> dict[str, Any]:
    """Tells vocabularies apart; the hash is that of a text file with a word a line."""
    lines = "".join(f"{word}\n" for word in words.words)
    return {
        "count": len(words),
        "first_id": words.first_id,
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
    }
