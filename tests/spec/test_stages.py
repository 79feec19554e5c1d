"""The fields of each stage type."""

import pytest

from cocoqa_keras.spec import STAGE_TYPES, load_spec
from cocoqa_keras.spec.stages import TrainableStage

ONE_STAGE = """\
name: one
costFn: mse
stages: [it]
outputs: it
specs:
  - {name: link, type: timeUnfold, inputs: ""}
  - {name: step, type: timeUnfold, inputs: input(0), recurrent: true}
  - name: it
    inputs: input
"""

FIELDS = {
    "selector": {"start": 1, "end": 3},
    "lut": {"inputDim": 4, "outputDim": 3},
    "map": {"outputDim": 3, "activeFn": "tanh"},
    "normalize": {"mean": "mean.npy", "std": "std.npy"},
    "dropout": {"dropoutRate": 0.5},
    "lstm": {"inputDim": 4, "outputDim": 3, "timespan": 5},
    "lstm_old": {"inputDim": 4, "outputDim": 3, "cutOffZeroEnd": "true", "multiErr": "false"},
    "timeUnfold": {},
    "sequential": {"stages": "[link]"},
    "recurrent": {"inputDim": 4, "outputDim": 3, "timespan": 5, "stages": "[step]", "outputs": "step"},
    "timeFold": {"timespan": 5},
    "timeReverse": {},
    "timeFinal": {},
    "timeRepeat": {"numRepeats": 3},
    "reshape": {"reshapeFn": "(x[0], x[1] * x[2])"},
    "conv1d": {"numChannels": 4, "numFilters": 3, "windowSize": 2},
    "maxpool1d": {"windowSize": 2},
    "meanpool1d": {"windowSize": 2},
    "concat": {"axis": 1},
    "sum2": {},
    "active": {"activeFn": "tanh"},
    "sum": {"numComponents": 2},
    "elemProd": {},
    "componentProd": {},
    "sumProd": {"sumAxis": 1},
    "innerProd": {},
    "cosSimilarity": {"bankDim": 2},
    "constWeights": {"inputDim": 4, "outputDim": 3},
    "constValue": {"outputDim": 4, "value": 0.25},
    "ordinal": {"outputDim": 4},
    "attentionPenalty": {"errorConst": 0.1},
}


@pytest.fixture
def stage(write):
    """Reads a stage of a type, its needed fields and others."""

    def read(kind, **fields):
        lines = [f"    {name}: {value}" for name, value in {"type": kind, **FIELDS[kind], **fields}.items()]
        return load_spec(write(ONE_STAGE + "\n".join(lines)))["it"]

    return read


@pytest.mark.parametrize("kind", FIELDS)
def test_a_stage_with_its_needed_fields_is_read(stage, kind):
    assert isinstance(stage(kind), STAGE_TYPES[kind])


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind in FIELDS for field in FIELDS[kind]])
def test_a_needed_field_that_is_missing_is_named(write, refusal, kind, field):
    lines = [
        f"    {name}: {value}" for name, value in {"type": kind, **FIELDS[kind]}.items() if name != field
    ]
    message = refusal(load_spec, write(ONE_STAGE + "\n".join(lines)))
    assert message.endswith(f"stage 'it', field '{field}': missing; add it")


TRAINABLE_DEFAULTS = {
    "learning_rate": 0,
    "learning_rate_anneal_const": 0,
    "momentum": 0,
    "delta_momentum": 0,
    "gradient_clip": 0,
    "weight_clip": 0,
    "weight_reg_const": 0,
    "init_range": 1.0,
    "init_seed": 0,
    "init_weights": None,
    "format": "plain",
}


@pytest.mark.parametrize("kind", [k for k in FIELDS if issubclass(STAGE_TYPES[k], TrainableStage)])
def test_trainable_stages_have_the_defaults_of_the_2015_program(stage, kind):
    read = stage(kind)
    assert {name: getattr(read, name) for name in TRAINABLE_DEFAULTS} == TRAINABLE_DEFAULTS
    assert read.is_frozen
    assert not stage(kind, learningRate=0.1).is_frozen


def test_only_a_table_keeps_gradients_back_by_default(stage):
    assert {kind for kind in FIELDS if not stage(kind).propagates_gradient} == {"lut"}
    assert not stage("map", outputdEdX="false").propagates_gradient


def test_the_defaults_of_each_type_are_those_of_the_2015_program(stage):
    assert stage("selector").axis == -1
    a_map = stage("map")
    assert (a_map.bias, a_map.bias_init_const, a_map.init_type) == (True, -1, "zeroMean")
    an_lstm = stage("lstm")
    assert (an_lstm.multi_output, an_lstm.cut_off_zero_end, an_lstm.multi_input) == (False, True, True)
    assert stage("dropout").init_seed == 0
    assert stage("sumProd").beta == 1.0
    assert stage("ordinal").fix_extreme


@pytest.mark.parametrize("name", ["multiOutput", "multiErr"])
def test_the_old_name_of_multi_output_works(stage, name):
    assert stage("lstm", **{name: "true"}).multi_output
    assert not stage("lstm", **{name: "false"}).multi_output


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("selector", {"start": 3, "end": 3}, "end (3) must lie after start (3)"),
        ("selector", {"start": -1}, "'start': should be greater than or equal to 0"),
        ("dropout", {"dropoutRate": 1.5}, "'dropoutRate': should be less than or equal to 1"),
        ("dropout", {"dropoutRate": ".nan"}, "'dropoutRate': should be"),
        (
            "map",
            {"activeFn": "tan"},
            "'activeFn': should be 'sigmoid', 'softmax', 'tanh', 'identity' or 'relu'",
        ),
        ("map", {"initType": "uniform"}, "'initType': should be 'zeroMean' or 'positive'"),
        ("normalize", {"format": "h5"}, "format h5 needs meanKey and stdKey"),
        ("lstm", {"multiErr": "perhaps"}, "'multiErr': should be a valid boolean"),
        ("lstm", {"multiErr": "true", "multiOutput": "false"}, "multi"),
        ("lstm", {"defaultValue": 0.5}, "the hidden state of an lstm starts at 0"),
        ("sum", {"numComponents": 0}, "'numComponents': should be greater than or equal to 1"),
        ("attentionPenalty", {"errorConst": -1}, "'errorConst': should be greater than or equal to 0"),
        ("elemProd", {"learningRate": 1}, "'learningRate': unknown"),
        ("sum2", {"learningRate": 1}, "'learningRate': unknown"),
        (
            "reshape",
            {"reshapeFn": "(x[0], y)"},
            "'reshapeFn': should have an integer, x[axis], - or ( at character 8, not y",
        ),
        ("concat", {"axis": "last"}, "'axis': should be a valid integer"),
    ],
)
def test_values_that_make_no_sense_are_refused(stage, refusal, kind, fields, expected):
    assert expected in refusal(stage, kind, **fields)


def test_a_stage_cannot_be_changed(stage):
    with pytest.raises(ValueError, match="frozen"):
        stage("map").output_dim = 5


def test_a_field_is_overridden_whichever_of_its_names_the_file_uses(write):
    text = ONE_STAGE + "    type: lstm\n    inputDim: 2\n    outputDim: 3\n    timespan: 4\n    {}: true\n"
    for in_file, given in (("multiErr", "multiOutput"), ("multiOutput", "multiErr")):
        path = write(text.replace("{}", in_file))
        assert load_spec(path)["it"].multi_output
        assert not load_spec(path, {f"it.{given}": "false"})["it"].multi_output
