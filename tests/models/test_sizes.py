"""Sizes where the data decide."""

import numpy as np
import pytest
import yaml

from cocoqa_keras.models.sizes import DatasetInfo, fit_sizes
from cocoqa_keras.models.zoo import find_model, list_models
from cocoqa_keras.spec import load_spec

PAPER = DatasetInfo(9738, 431, 55, 123287, 4096)


def test_the_sizes_of_a_data_set(tiny_dataset, tiny_features):
    info = DatasetInfo.of(tiny_dataset, tiny_features)
    assert (info.vocabulary_size, info.answer_count, info.words_per_question) == (9, 4, 6)
    assert (info.image_count, info.feature_width) == (8, 10)
    np.testing.assert_array_equal(info.feature_mean, tiny_features.mean)
    np.testing.assert_array_equal(info.feature_std, tiny_features.std)
    without = DatasetInfo.of(tiny_dataset)
    assert without.feature_width is without.feature_mean is without.feature_std is None


@pytest.mark.parametrize("name", list_models())
def test_the_models_of_the_package_fit_the_papers_data(name):
    spec = load_spec(find_model(name))
    fitted, differences = fit_sizes(spec, PAPER)
    assert differences == []
    assert fitted.stages == spec.stages


DIFFERENCES = {
    "img_bow": [
        "stage 'imgFeat': inputDim is 8 in the data, not 123287",
        "stage 'imgFeat': outputDim is 10 in the data, not 4096",
        "stage 'txtSel': end is 7 in the data, not 56",
        "stage 'txtDict': inputDim is 9 in the data, not 9738",
        "stage 'txtFold': timespan is 6 in the data, not 55",
        "stage 'softmax': outputDim is 4 in the data, not 431",
    ],
    "vis_lstm": [
        "stage 'imgFeat': inputDim is 8 in the data, not 123287",
        "stage 'imgFeat': outputDim is 10 in the data, not 4096",
        "stage 'imgFeatNorm': outputDim is 10 in the data, not 4096",
        "stage 'txtSel': end is 7 in the data, not 56",
        "stage 'txtDict': inputDim is 9 in the data, not 9738",
        "stage 'txtFold': timespan is 6 in the data, not 55",
        "stage 'lstm': timespan is 7 in the data, not 56",
        "stage 'softmax': outputDim is 4 in the data, not 431",
    ],
}
DIFFERENCES["vis_lstm_graph"] = DIFFERENCES["vis_lstm"]


@pytest.mark.parametrize("name", DIFFERENCES)
def test_every_difference_has_a_line_in_order_of_computation(tiny_dataset, tiny_features, name):
    info = DatasetInfo.of(tiny_dataset, tiny_features)
    spec = load_spec(find_model(name))
    fitted, differences = fit_sizes(spec, info)
    assert [str(difference) for difference in differences] == DIFFERENCES[name]
    assert fit_sizes(fitted, info) == (fitted, [])
    assert spec["softmax"].output_dim == 431  # the model that was read is left as it is
    assert fitted["softmax"].output_dim == 4
    assert fitted["txtDict"].output_dim == 500


def test_both_lstms_of_a_model_with_two_images_have_two_steps_more_than_words(tiny_dataset, tiny_features):
    fitted, _ = fit_sizes(load_spec(find_model("2_vis_blstm")), DatasetInfo.of(tiny_dataset, tiny_features))
    assert [fitted[name].timespan for name in ("txtFold", "imgFoldFirst", "lstmF", "lstmB")] == [6, 1, 8, 8]


@pytest.mark.parametrize("name", ["vis_lstm", "vis_lstm_graph"])
def test_steps_that_are_not_words_keep_their_number(tiny_dataset, name):
    """A recurrence that reads a single input runs as long as the model file says."""
    spec = load_spec(find_model(name), {"lstm.multiInput": "false"})
    fitted, _ = fit_sizes(spec, DatasetInfo.of(tiny_dataset))
    assert fitted["lstm"].timespan == 56


def test_without_features_the_width_of_the_model_stays(tiny_dataset):
    fitted, _ = fit_sizes(load_spec(find_model("img_bow")), DatasetInfo.of(tiny_dataset))
    assert (fitted["imgFeat"].input_dim, fitted["imgFeat"].output_dim) == (8, 4096)


def test_steps_that_are_not_words_are_not_counted_with_the_words(tmp_path, tiny_dataset):
    stages = [
        {"name": "words", "type": "selector", "inputs": "input", "start": 1, "end": 56, "axis": 1},
        {"name": "vectors", "type": "lut", "inputs": "words", "inputDim": 9, "outputDim": 4},
        {"name": "folded", "type": "timeFold", "inputs": "vectors", "timespan": 55},
        {"name": "added", "type": "sum2", "inputs": "folded"},
        {"name": "thrice", "type": "timeRepeat", "inputs": "added", "numRepeats": 3},
        {"name": "lstm", "type": "lstm", "inputs": "thrice", "inputDim": 4, "outputDim": 4, "timespan": 3},
    ]
    path = tmp_path / "model.yml"
    names = [stage["name"] for stage in stages]
    path.write_text(
        yaml.safe_dump({"name": "m", "costFn": "mse", "stages": names, "outputs": "lstm", "specs": stages})
    )
    fitted, _ = fit_sizes(load_spec(path), DatasetInfo.of(tiny_dataset))
    assert (fitted["folded"].timespan, fitted["lstm"].timespan) == (6, 3)
