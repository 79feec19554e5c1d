"""The training configuration."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.errors import InputError
from cocoqa_keras.models.zoo import config_folder
from cocoqa_keras.spec import TrainingConfig, load_training_config


def test_the_configuration_of_the_paper_is_read():
    path = config_folder() / "train.yml"
    config = load_training_config(path)
    assert (config.num_epoch, config.batch_size, config.patience) == (2000, 100, 10)
    assert (config.stop_cost, config.criterion) == (0.01, "loss")
    assert config.shuffle and config.need_valid and not config.send_email
    assert config.step_size is config.stop_score is None


def test_the_golden_configuration_is_read(mini):
    config = load_training_config(mini / "train.yml")
    assert (config.num_epoch, config.batch_size, config.patience) == (40, 50, 3)
    assert not config.plot_figs


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}\n"])
def test_fields_that_are_left_out_have_defaults(write, text):
    assert load_training_config(write(text)) == TrainingConfig()


def test_the_optional_fields_are_read(write):
    config = load_training_config(write("stepSize: 3\nheldOutRatio: 2e-1\nxvalidNo: 1\nstopScore: 2.2\n"))
    assert (config.step_size, config.held_out_ratio) == (3, 0.2)
    assert (config.xvalid_no, config.stop_score) == (1, 2.2)


def test_overrides_replace_values_as_text_or_numbers(write):
    config = load_training_config(write("batchSize: 5\n"), {"batchSize": "7", "numEpoch": 2})
    assert (config.batch_size, config.num_epoch) == (7, 2)


MISTAKES = {
    "patience: 3\nbatchsize: 5\n": (2, "'batchsize': unknown (did you mean 'batchSize'?)"),
    "batchSize: 0\n": (1, "'batchSize': should be greater than or equal to 1"),
    "a: &a 1\n": (1, "'a': unknown"),
    "\n\nnumEpoch: many\n": (3, "'numEpoch': should be a valid integer"),
    "criterion: cost\n": (1, "'criterion': should be 'loss' or 'rate'"),
    "criterion: los\n": (1, "'criterion': should be 'loss' or 'rate', found 'los' (did you mean 'loss'?)"),
    "heldOutRatio: 1\n": (1, "'heldOutRatio': should be less than 1"),
    "heldOutRatio: 0\n": (1, "'heldOutRatio': should be greater than 0"),
    "stopScore: .nan\n": (1, "'stopScore': should be a finite number"),
    "stopCost: -1\n": (1, "'stopCost': should be greater than or equal to 0"),
    "patience: -1\n": (1, "'patience': should be greater than or equal to 0"),
    "shuffle: sometimes\n": (1, "'shuffle': should be a valid boolean"),
    "- 1\n": (1, "expected fields"),
    "nothing but text\n": (1, "expected fields"),
    "patience: 1\npatience: 2\n": (2, "key 'patience' twice"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_named_with_its_line(write, refusal, text):
    line, expected = MISTAKES[text]
    path = write(text)
    message = refusal(load_training_config, path)
    assert message.startswith(f"{path}:{line}: ")
    assert expected in message


def test_an_override_that_is_no_field_is_refused(write, refusal):
    assert "'batchsize': unknown" in refusal(load_training_config, write(""), {"batchsize": "7"})


KEYS = st.sampled_from([field.alias for field in TrainingConfig.model_fields.values()]) | st.text(max_size=4)
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.lists(st.none())


@given(data=st.dictionaries(KEYS, VALUES, max_size=4) | VALUES)
def test_any_yaml_is_a_configuration_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    try:
        assert isinstance(load_training_config(path), TrainingConfig)
    except InputError as error:
        assert len(str(error).splitlines()) == 1
