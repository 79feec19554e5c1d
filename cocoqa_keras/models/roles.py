"""Which stages of a model file deal with the question, and which with the image."""

from dataclasses import dataclass

from cocoqa_keras.spec.model_spec import BATCH, ModelSpec
from cocoqa_keras.spec.stages import (
    LookupTable,
    Lstm,
    Normalize,
    OldLstm,
    Recurrent,
    Selector,
    Stage,
    SumOverTime,
    TimeFinal,
    TimeRepeat,
    TimeUnfold,
)


@dataclass(frozen=True)
class InputRoles:
    """The stages around the model's input, where the batch is (N, 1 + T, 1): an image id, then word ids.

    Empty sets where the model reads its batch in another way.

    Attributes:
        image_selectors: slices that hold the image id, and their unfolding.
        question_selectors: slices that hold the words.
        image_tables: frozen tables of image features, looked up by the image id.
        word_tables: tables looked up by the words.
        feature_norms: normalizations of the image features.
        of_words: every stage that reads word after word, or what comes of each.
    """

    image_selectors: frozenset[str] = frozenset()
    question_selectors: frozenset[str] = frozenset()
    image_tables: frozenset[str] = frozenset()
    word_tables: frozenset[str] = frozenset()
    feature_norms: frozenset[str] = frozenset()
    of_words: frozenset[str] = frozenset()

    @property
    def are_found(self) -> bool:
        """Whether the model takes a question, an image, or both."""
        return bool(self.question_selectors or self.image_selectors)

    @classmethod
    def of(cls, spec: ModelSpec) -> "InputRoles":
        """Finds the roles by following the batch through the stages."""
        readers = [stage for stage in spec.stages if BATCH in stage.inputs]
        if not all(_slices_ids(stage) for stage in readers):
            return cls()
        image_selectors = {stage.name for stage in readers if stage.start == 0}
        question_selectors = {stage.name for stage in readers if stage.start == 1}
        image_ids = _reached(spec, image_selectors, TimeUnfold)
        words = _reached(spec, question_selectors, TimeUnfold)
        image_tables = _readers(spec, image_ids)
        word_tables = _readers(spec, words)
        if not all(isinstance(stage, LookupTable) for stage in (*image_tables, *word_tables)):
            return cls()
        if not all(stage.is_frozen for stage in image_tables):
            return cls()
        is_read = bool(image_tables) >= bool(image_selectors) and bool(word_tables) >= bool(
            question_selectors
        )
        ends = {stage.end for stage in readers if stage.start == 1}
        if not is_read or len(ends) > 1 or (image_ids | words) & set(spec.outputs):
            return cls()
        image_names = frozenset(stage.name for stage in image_tables)
        return cls(
            image_selectors=image_ids,
            question_selectors=frozenset(question_selectors),
            image_tables=image_names,
            word_tables=frozenset(stage.name for stage in word_tables),
            feature_norms=_reached(spec, image_names, Normalize) - image_names,
            of_words=_steps_of(spec, words),
        )


def _slices_ids(stage: Stage) -> bool:
    """Whether a stage slices either the image id or words out of the batch."""
    return (
        isinstance(stage, Selector)
        and stage.axis == 1
        and stage.inputs == (BATCH,)
        and (stage.start == 1 or (stage.start, stage.end) == (0, 1))
    )


def _readers(spec: ModelSpec, names: frozenset[str]) -> list[Stage]:
    """The stages outside of `names` that read one of them."""
    return [stage for stage in spec.stages if names & set(stage.inputs) and stage.name not in names]


def _steps_of(spec: ModelSpec, words: frozenset[str]) -> frozenset[str]:
    """`words`, and the stages that read them step by step, up to those that make one value of all steps."""
    found = set(words)
    for stage in spec.stages:
        if any(name in found and not _ends_steps(spec[name]) for name in stage.inputs):
            found.add(stage.name)
    return frozenset(found)


def _ends_steps(stage: Stage) -> bool:
    if isinstance(stage, Lstm | OldLstm | Recurrent):
        return not stage.multi_output
    return isinstance(stage, SumOverTime | TimeFinal | TimeRepeat)


def _reached(spec: ModelSpec, starts: set[str] | frozenset[str], kind: type[Stage]) -> frozenset[str]:
    """`starts` and the stages of a kind that read them, directly or through others of that kind."""
    reached = set(starts)
    for stage in spec.stages:
        if isinstance(stage, kind) and reached & set(stage.inputs):
            reached.add(stage.name)
    return frozenset(reached)
