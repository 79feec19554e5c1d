"""Builders of stages that are made of other stages."""

import keras

from cocoqa_keras import layers
from cocoqa_keras.models.builders.base import Context, build_stage, builds, join
from cocoqa_keras.models.flow import Flow, Tensor
from cocoqa_keras.spec import stages
from cocoqa_keras.spec.inner_stages import GRAPH_INPUT


@builds(stages.Sequential, takes_distinct_rows=True)
def _sequential(stage: stages.Sequential, flows: list[Flow], context: Context) -> Flow:
    for name in stage.stages:
        flows = [build_stage(context.spec[name], flows, context)]
    return flows[0]


@builds(stages.Recurrent)
def _recurrent(stage: stages.Recurrent, flows: list[Flow], context: Context) -> Flow:
    inputs = join(flows).tensor
    rank = 3 if stage.multi_input else 2
    if len(inputs.shape) != rank or inputs.shape[-1] != stage.input_dim:
        raise ValueError(f"inputDim is {stage.input_dim}, and the input has {rank} axes")
    step = _Step(stage, context)
    model = step.build()
    layer = layers.RecurrentGraph(
        model,
        defaults=[step.default_of(reference) for reference in step.states],
        seen_steps=[reference.step for reference in step.seen],
        timespan=None if stage.multi_input else stage.timespan,
        return_sequences=stage.multi_output,
        cut_off_zero_end=stage.cut_off_zero_end,
        gradient_past_end=True,
        name=stage.name,
    )
    return Flow(layer(inputs))


class _Step:
    """One step of a `recurrent` stage as a functional model, for `layers.RecurrentGraph`.

    Attributes:
        states: values of other steps, as they are before the step.
        seen: steps of the input that every step sees.
    """

    def __init__(self, stage: stages.Recurrent, context: Context) -> None:
        self._stage = stage
        self._context = context
        self._number = keras.Input((1,))
        self._values = {GRAPH_INPUT: keras.Input((stage.input_dim,))}
        self.states: dict[stages.Reference, Tensor] = {}
        self.seen: dict[stages.Reference, Tensor] = {}

    def build(self) -> keras.Model:
        """Builds the stages one after the other."""
        inputs = [self._number, self._values[GRAPH_INPUT]]
        for name in self._stage.stages:
            stage = self._context.spec[name]
            flows = [Flow(self._read(stages.Reference.parse(text))) for text in stage.inputs]
            self._values[name] = build_stage(stage, flows, self._context).expanded().tensor
        output = join([Flow(self._values[name]) for name in self._stage.outputs]).tensor
        self._check_width(self._stage.name, output, self._stage.output_dim)
        after = [self._after(reference) for reference in self.states]
        return keras.Model([*inputs, *self.states.values(), *self.seen.values()], [output, *after])

    def default_of(self, reference: stages.Reference) -> float:
        """What a stage is before the first step."""
        if reference.stage == GRAPH_INPUT:
            return 0.0
        return self._context.spec[reference.stage].default_value

    def _read(self, reference: stages.Reference) -> Tensor:
        if reference.is_present:
            return self._values[reference.stage]
        if reference.is_absolute and reference.stage == GRAPH_INPUT:
            return self.seen.setdefault(reference, keras.Input((self._stage.input_dim,)))
        state = self._state(reference)
        if reference.is_absolute and reference.stage in self._values:
            return self._after(reference)
        return state

    def _state(self, reference: stages.Reference) -> Tensor:
        """The value that a step finds; for one of several steps ago, the values since are states too."""
        if reference not in self.states:
            is_input = reference.stage == GRAPH_INPUT
            width = self._stage.input_dim if is_input else self._context.spec[reference.stage].output_dim
            self.states[reference] = keras.Input((width,))
            if reference.step < -1:
                self._state(stages.Reference(reference.stage, reference.step + 1))
        return self.states[reference]

    def _after(self, reference: stages.Reference) -> Tensor:
        """What the next step finds as that value."""
        if reference.step < -1:
            return self.states[stages.Reference(reference.stage, reference.step + 1)]
        value = self._values[reference.stage]
        self._check_width(reference.stage, value, self.states[reference].shape[-1])
        if not reference.is_absolute:
            return value
        is_that_step = keras.ops.equal(self._number, float(reference.step))
        return keras.ops.where(is_that_step, value, self.states[reference])

    @staticmethod
    def _check_width(name: str, value: Tensor, width: int) -> None:
        if len(value.shape) != 2 or value.shape[-1] != width:
            raise ValueError(f"outputDim of '{name}' is {width}, and its value at a step is {value.shape}")
