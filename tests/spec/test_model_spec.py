"""Model files: what is read, and what a user is told who made a mistake."""

import re
import tracemalloc

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.errors import InputError
from cocoqa_keras.spec import STAGE_TYPES, load_spec
from cocoqa_keras.spec.model_spec import ModelSpec


def test_a_model_file_is_read(write):
    path = write()
    spec = load_spec(path)
    assert (spec.name, spec.cost_fn, spec.decision_fn) == ("two_maps", "crossEntIdx", "argmax")
    assert [stage.name for stage in spec.stages] == ["first", "second"]
    assert spec.outputs == ("second",)
    assert spec["second"].inputs == ("first",)
    assert spec["first"].active_fn == "tanh"
    assert spec.path == path
    assert spec.text == path.read_text()


# Each: what is replaced, by what, and what the error says after file and line. `#HERE` marks the line.
MISTAKES = {
    "a misspelt field": (
        "outputDim: 3",
        "ouputDim: 3 #HERE",
        "stage 'first', field 'ouputDim': unknown (did you mean 'outputDim'?)",
    ),
    "a field in the wrong case": (
        "outputDim: 3",
        "outputDim: 3\n    learningrate: 0.1 #HERE",
        "stage 'first', field 'learningrate': unknown (did you mean 'learningRate'?)",
    ),
    "a field that nothing resembles": (
        "outputDim: 3",
        "outputDim: 3\n    zzz: 1 #HERE",
        "stage 'first', field 'zzz': unknown (known: activeFn, ",
    ),
    "an unknown field over several lines": (
        "outputDim: 3",
        "outputDim: 3\n    zzz: #HERE\n      - 1",
        "stage 'first', field 'zzz': unknown",
    ),
    "a list for a number": (
        "outputDim: 3",
        "outputDim: #HERE\n      - 3",
        "stage 'first', field 'outputDim': should be a valid integer, found [3]",
    ),
    "a misspelt field of the model": (
        "costFn: 'crossEntIdx'",
        "costFunction: 'crossEntIdx' #HERE",
        "the model, field 'costFunction': unknown (did you mean 'costFn'?)",
    ),
    "an unknown cost": (
        "'crossEntIdx'",
        "'crossEntIndex' #HERE",
        "the model, field 'costFn': should be 'crossEntIdx'",
    ),
    "an unknown decision": (
        "stages:\n",
        "decisionFn: max #HERE\nstages:\n",
        "the model, field 'decisionFn': should be 'argmax'",
    ),
    "an unknown type": (
        "type: map",
        "type: maps #HERE",
        "stage 'first', field 'type': unknown type 'maps' (did you mean 'map'?)",
    ),
    "no type": (
        "name: first\n    type: map",
        "name: first #HERE",
        "stage 'first', field 'type': missing; add one of active, attentionPenalty, ",
    ),
    "no name": ("- name: first\n    type: map", "- type: map #HERE", "stage number 1, field 'name': missing"),
    "no size": (
        "inputs: input\n    activeFn: tanh\n    outputDim: 3",
        "inputs: input\n    activeFn: tanh",
        "stage 'first', field 'outputDim': missing; add it",
    ),
    "no inputs": (
        "- name: first\n    type: map\n    inputs: input",
        "- name: first #HERE\n    type: map",
        "stage 'first', field 'inputs': missing",
    ),
    "no cost": ("costFn: 'crossEntIdx'\n", "", "the model, field 'costFn': missing"),
    "a stage described twice": (
        "name: second",
        "name: first #HERE",
        "stage 'first' is described twice; rename one",
    ),
    "a stage listed twice": (
        "  - second\n",
        "  - second\n  - first #HERE\n",
        "the model, field 'stages': 'first' is listed twice",
    ),
    "a stage that is not described": (
        "  - first\n",
        "  - frist #HERE\n",
        "the model, field 'stages': no stage 'frist' is described (did you mean 'first'?)",
    ),
    "an output that is no stage": (
        "outputs: second",
        "outputs: secnd #HERE",
        "the model, field 'outputs': no stage 'secnd' in 'stages' (did you mean 'second'?)",
    ),
    "an unknown input": (
        "inputs: first",
        "inputs: frist #HERE",
        "stage 'second', field 'inputs': unknown stage 'frist' (did you mean 'first'?)",
    ),
    "a misspelt batch": (
        "inputs: input",
        "inputs: inputs #HERE",
        "stage 'first', field 'inputs': unknown stage 'inputs' (did you mean 'input'?)",
    ),
    "itself as input": (
        "inputs: first",
        "inputs: second #HERE",
        "stage 'second', field 'inputs': a cycle: second -> second",
    ),
    "a cycle": (
        "inputs: input",
        "inputs: second #HERE",
        "stage 'first', field 'inputs': a cycle: first -> second -> first",
    ),
    "the wrong order": (
        "  - first\n  - second\n",
        "  - second\n  - first\n",
        "stage 'second', field 'inputs': stage 'first' is computed after 'second'; list it earlier",
    ),
    "an input that is not listed": (
        "  - first\n  - second\n",
        "  - second\n",
        "stage 'second', field 'inputs': stage 'first' is described but not listed in 'stages'",
    ),
    "no stages": (
        "stages:\n  - first\n  - second\n",
        "stages: [] #HERE\n",
        "the model, field 'stages': empty",
    ),
    "no outputs": ("outputs: second", "outputs: '' #HERE", "the model, field 'outputs': empty"),
    "no names among the inputs": (
        "inputs: first",
        "inputs: ' , ' #HERE",
        "stage 'second', field 'inputs': empty",
    ),
    "a reserved name": ("name: second", "name: question #HERE", "stage 'question': the name is reserved"),
    "a name with a slash": (
        "name: second",
        "name: ../second #HERE",
        "stage '../second', field 'name': a name has letters",
    ),
    "a model's name with a slash": (
        "name: 'two_maps'",
        "name: '../two_maps' #HERE",
        "the model, field 'name': a name has letters",
    ),
    "a hidden name": (
        "name: second",
        "name: .second #HERE",
        "stage '.second', field 'name': a name has letters",
    ),
    "an empty name": ("name: second", "name: '' #HERE", "stage '', field 'name': a name has letters"),
    "a name over two lines": ("name: second", 'name: "sec\\nond" #HERE', "field 'name': a name has letters"),
    "a listed name over two lines": (
        "  - second\n",
        '  - "sec\\nond" #HERE\n',
        "the model, field 'stages': no stage",
    ),
    "an input over two lines": (
        "inputs: first",
        'inputs: "fi\\nrst" #HERE',
        "stage 'second', field 'inputs': unknown stage",
    ),
    "a field over two lines": (
        "outputDim: 3",
        'outputDim: 3\n    "a\\nb": 1 #HERE',
        "stage 'first', field 'a",
    ),
    "NaN": (
        "outputDim: 3",
        "outputDim: 3\n    learningRate: .nan #HERE",
        "stage 'first', field 'learningRate': should be a finite number, found nan",
    ),
    "infinity": (
        "outputDim: 3",
        "outputDim: 3\n    weightClip: .inf #HERE",
        "stage 'first', field 'weightClip': should be a finite number, found inf",
    ),
    "infinity as text": (
        "outputDim: 3",
        "outputDim: 3\n    weightClip: '1e999' #HERE",
        "stage 'first', field 'weightClip': should be a finite number",
    ),
    "a negative rate": (
        "outputDim: 3",
        "outputDim: 3\n    learningRate: -0.1 #HERE",
        "stage 'first', field 'learningRate': should be greater than or equal to 0, found -0.1",
    ),
    "no size at all": (
        "outputDim: 3",
        "outputDim: 0 #HERE",
        "stage 'first', field 'outputDim': should be greater than or equal to 1, found 0",
    ),
    "half a size": (
        "outputDim: 3",
        "outputDim: 2.5 #HERE",
        "stage 'first', field 'outputDim': should be a valid integer",
    ),
    "words for a number": (
        "outputDim: 3",
        "outputDim: three #HERE",
        "stage 'first', field 'outputDim': should be a valid integer",
    ),
    "a stage that is text": (
        "  - name: first\n",
        "  - nonsense #HERE\n  - name: first\n",
        "stage number 1: expected fields, found 'nonsense'",
    ),
    "specs that are a mapping": (
        "specs:\n",
        "specs: {a: 1}\nrest: #HERE\n",
        "the model, field 'rest': unknown",
    ),
    "a key twice": (
        "outputDim: 3",
        "outputDim: 3\n    outputDim: 4 #HERE",
        "not valid YAML: key 'outputDim' twice",
    ),
    "h5 without a key": (
        "outputDim: 3",
        "outputDim: 3\n    initWeights: w.h5\n    format: h5",
        "initWeights in format h5 needs h5key",
    ),
    "a seed that numpy does not take": (
        "outputDim: 3",
        "outputDim: 3\n    initSeed: 4294967296 #HERE",
        "stage 'first', field 'initSeed': should be less than or equal to 4294967295",
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_ends_in_a_line_that_names_file_line_stage_and_field(write, refusal, what):
    old, new, expected = MISTAKES[what]
    path = write(old=old, new=new)
    message = refusal(load_spec, path)
    match = re.fullmatch(rf"{re.escape(str(path))}:(\d+): (.*)", message)
    assert match, message
    assert expected in match[2]
    marked = [number for number, line in enumerate(path.read_text().splitlines(), 1) if "#HERE" in line]
    if marked:
        assert [int(match[1])] == marked


@pytest.mark.parametrize("text", ["", "- 1\n", "just text\n", "5\n", "null\n"])
def test_a_file_without_fields_is_refused(write, refusal, text):
    assert "the model: expected fields (`name: value`), found" in refusal(load_spec, write(text))


@pytest.mark.parametrize("value", ["5e-5", "'5e-5'", "0.00005", "5.0e-5"])
def test_numbers_may_be_written_in_any_way(write, value):
    path = write(old="outputDim: 3", new=f"outputDim: '3'\n    weightRegConst: {value}")
    stage = load_spec(path)["first"]
    assert stage.weight_reg_const == 5e-5
    assert stage.output_dim == 3


def test_stages_may_be_described_and_not_used(write):
    spare = "\n  - name: spare\n    type: concat\n    inputs: nothing\n    axis: 1\n  - name: second\n"
    spec = load_spec(write(old="\n  - name: second\n", new=spare))
    assert [stage.name for stage in spec.stages] == ["first", "second"]


def test_a_stage_of_an_unknown_type_is_refused_even_if_unused(write, refusal):
    spare = "\n  - name: spare\n    type: tensor\n    inputs: input\n  - name: second\n"
    assert "unknown type 'tensor'" in refusal(load_spec, write(old="\n  - name: second\n", new=spare))


def test_inputs_and_outputs_may_be_lists(write):
    path = write(old="inputs: first", new="inputs: [first, input]")
    assert load_spec(path)["second"].inputs == ("first", "input")


def test_overrides_replace_values_before_the_check(write):
    spec = load_spec(write(), {"first.outputDim": "7", "second.learningRate": "1e-3"})
    assert spec["first"].output_dim == 7
    assert spec["second"].learning_rate == 1e-3


BAD_OVERRIDES = {
    "an unknown stage": (
        {"fisrt.outputDim": "7"},
        "cannot set 'fisrt.outputDim': no stage 'fisrt' (did you mean 'first'?)",
    ),
    "an unknown field": (
        {"first.outputdim": "7"},
        "stage 'first', field 'outputdim': unknown (did you mean 'outputDim'?)",
    ),
    "a bad value": (
        {"first.outputDim": "many"},
        "stage 'first', field 'outputDim': should be a valid integer",
    ),
    "no field": ({"first": "7"}, "first"),
    "an input that is not there": (
        {"second.inputs": "frist"},
        "stage 'second', field 'inputs': unknown stage 'frist'",
    ),
    "another type": ({"first.type": "lstm"}, "type"),
    "another name": ({"first.name": "third"}, "name"),
}


@pytest.mark.parametrize("what", BAD_OVERRIDES)
def test_an_override_that_does_not_fit_is_refused(write, refusal, what):
    overrides, expected = BAD_OVERRIDES[what]
    assert expected in refusal(load_spec, write(), overrides)


def test_seeds_are_shifted_without_leaving_their_range(write):
    path = write(old="outputDim: 3", new="outputDim: 3\n    initSeed: 4294967295")
    spec = load_spec(path)
    shifted = spec.shift_seeds(2)
    assert [stage.init_seed for stage in shifted.stages] == [1, 2]
    assert [stage.init_seed for stage in spec.stages] == [2**32 - 1, 0]
    assert shifted.path == path


@pytest.mark.parametrize("width", [2, 26])
def test_a_wrong_order_is_explained_at_once_however_many_ways_lead_there(write, refusal, ten_seconds, width):
    """Two stages a layer, each reading both of the layer before: 2^25 chains, none of them a cycle."""
    layers = [(f"p{i}", f"q{i}") for i in range(width)]
    inputs = ["input", *(f"p{i}, q{i}" for i in range(width))]
    lines = [
        f"  - {{name: {name}, type: concat, axis: 1, inputs: '{source}'}}"
        for layer, source in zip(layers, inputs, strict=False)
        for name in layer
    ]
    lines.append(f"  - {{name: last, type: concat, axis: 1, inputs: '{inputs[-1]}'}}")
    names = ", ".join(["last", *(name for layer in layers for name in layer)])
    header = f"name: m\ncostFn: mse\nstages: [{names}]\noutputs: last\nspecs:\n"
    path = write(header + "\n".join(lines))
    with ten_seconds():
        assert "is computed after 'last'" in refusal(load_spec, path)


def test_a_wrong_order_is_explained_however_long_the_chain(write, refusal):
    lines = [
        f"  - {{name: s{i}, type: concat, axis: 1, inputs: {f's{i - 1}' if i else 'input'}}}"
        for i in range(3000)
    ]
    names = ", ".join(f"s{i}" for i in reversed(range(3000)))
    path = write(f"name: m\ncostFn: mse\nstages: [{names}]\noutputs: s0\nspecs:\n" + "\n".join(lines))
    assert "stage 's2998' is computed after 's2999'" in refusal(load_spec, path)


def test_a_value_that_unfolds_without_end_takes_no_memory(write, refusal):
    """Each list holds the one before four times; written out, the last has a million numbers."""
    lists = ["unused: &a0 [1]"] + [f"list{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 4)}]" for i in range(1, 11)]
    path = write("\n".join(lists) + "\nname: *a10\n")
    tracemalloc.start()
    try:
        refusal(load_spec, path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_the_golden_models_load_unchanged(mini):
    paths = sorted((mini / "models").glob("*.yml"))
    assert len(paths) == 4
    for path in paths:
        spec = load_spec(path)
        described = yaml.safe_load(path.read_text())
        assert [stage.name for stage in spec.stages] == described["stages"]
        assert f"{spec.name}.model" == path.stem


def test_the_golden_stages_of_known_types_load(stages):
    loaded = 0
    for path in sorted((stages / "specs").glob("*.yml")):
        types = {stage["type"] for stage in yaml.safe_load(path.read_text())["specs"]}
        if types <= set(STAGE_TYPES):
            assert load_spec(path).name == path.name.removesuffix(".model.yml")
            loaded += 1
    assert loaded >= 21


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
KEYS = st.sampled_from(["name", "type", "inputs", "outputDim", "activeFn", "axis", "start", "end"]) | st.text(
    max_size=5
)
VALUES = SCALARS | st.sampled_from(["a", "b", "input", "map", "concat", "selector", "tanh", "mse", 1, 2])
STRUCTURES = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
MODELS = st.fixed_dictionaries(
    {
        "name": VALUES,
        "costFn": st.just("mse") | VALUES,
        "stages": st.lists(st.sampled_from(["a", "b", "c"]), max_size=3) | STRUCTURES,
        "outputs": st.just("a") | STRUCTURES,
        "specs": st.lists(st.dictionaries(KEYS, VALUES, max_size=6) | STRUCTURES, max_size=3) | STRUCTURES,
    }
)


@given(data=STRUCTURES | MODELS)
def test_any_yaml_is_a_model_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.model.yml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    try:
        assert isinstance(load_spec(path), ModelSpec)
    except InputError as error:
        assert len(str(error).splitlines()) == 1
