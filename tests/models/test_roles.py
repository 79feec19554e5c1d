"""Which stages deal with the question and which with the image."""

import pytest
import yaml

from cocoqa_keras.models.roles import InputRoles
from cocoqa_keras.models.zoo import find_model
from cocoqa_keras.spec import load_spec


def test_the_roles_in_a_model_of_the_paper():
    roles = InputRoles.of(load_spec(find_model("vis_lstm")))
    assert roles.are_found
    assert roles.image_selectors == {"imgSel", "imgUnfold"}
    assert roles.question_selectors == {"txtSel"}
    assert roles.image_tables == {"imgFeat"}
    assert roles.word_tables == {"txtDict"}
    assert roles.feature_norms == {"imgFeatNorm"}
    assert roles.of_words == {
        "txtSel", "txtUnfold", "txtDict", "txtFold", "concat", "dropout", "lstm"
    }  # fmt: skip


def test_a_model_of_the_question_alone_has_no_roles_of_images():
    roles = InputRoles.of(load_spec(find_model("bow")))
    assert roles.are_found
    assert roles.question_selectors == {"txtSel"}
    assert not (roles.image_selectors or roles.image_tables or roles.feature_norms)


SELECT_IMAGE = {"name": "imgSel", "type": "selector", "inputs": "input", "start": 0, "end": 1, "axis": 1}
SELECT_WORDS = {"name": "txtSel", "type": "selector", "inputs": "input", "start": 1, "end": 5, "axis": 1}
FEATURES = {"name": "imgFeat", "type": "lut", "inputs": "imgSel", "inputDim": 3, "outputDim": 2}
WORDS = {
    "name": "txtDict",
    "type": "lut",
    "inputs": "txtSel",
    "inputDim": 3,
    "outputDim": 2,
    "learningRate": 1,
}


def roles_of(tmp_path, *stages):
    path = tmp_path / "m.model.yml"
    names = [stage["name"] for stage in stages]
    content = {"name": "m", "costFn": "mse", "stages": names, "outputs": names[-1], "specs": list(stages)}
    path.write_text(yaml.safe_dump(content))
    return InputRoles.of(load_spec(path))


def test_a_model_of_the_image_alone(tmp_path):
    roles = roles_of(tmp_path, SELECT_IMAGE, FEATURES)
    assert roles.are_found
    assert (roles.image_selectors, roles.image_tables) == ({"imgSel"}, {"imgFeat"})
    assert not (roles.question_selectors or roles.of_words)


READ_IN_ANOTHER_WAY = {
    "the batch is reversed": [{"name": "t", "type": "timeReverse", "inputs": "input"}],
    "another axis is sliced": [{**SELECT_IMAGE, "axis": 2}, FEATURES],
    "image id and words are sliced together": [{**SELECT_IMAGE, "end": 3}, FEATURES],
    "the image id is not looked up": [SELECT_IMAGE, {"name": "t", "type": "timeReverse", "inputs": "imgSel"}],
    "words are not looked up": [SELECT_WORDS, {"name": "t", "type": "timeReverse", "inputs": "txtSel"}],
    "words are sliced and that is all": [SELECT_WORDS],
    "the image id is sliced and that is all": [SELECT_IMAGE],
    "words are sliced from the second on": [{**SELECT_WORDS, "start": 2}, WORDS],
    "two parts of the words are sliced": [
        {**SELECT_WORDS, "end": 2},
        {**SELECT_WORDS, "name": "rest", "start": 2},
        WORDS,
        {**WORDS, "name": "restDict", "inputs": "rest"},
    ],
    "the table of images is trained": [SELECT_IMAGE, {**FEATURES, "learningRate": 0.1}],
    "the batch is read a second time": [
        SELECT_WORDS,
        WORDS,
        {"name": "t", "type": "timeReverse", "inputs": "input"},
    ],
}


@pytest.mark.parametrize("what", READ_IN_ANOTHER_WAY)
def test_a_batch_that_is_read_in_another_way_has_no_roles(tmp_path, what):
    assert roles_of(tmp_path, *READ_IN_ANOTHER_WAY[what]) == InputRoles()
    assert not InputRoles().are_found
