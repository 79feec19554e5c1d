"""What turns pictures into image features."""

import functools
import inspect
import re

import h5py
import keras
import numpy as np
import pytest
from keras import applications

from cocoqa_keras.data.convolution_bank import extract
from cocoqa_keras.data.extractors import SIZES, can_reopen, open_extractor, reopen_extractor
from cocoqa_keras.errors import InputError


def noise(height, width, seed=0):
    return np.random.RandomState(seed).randint(0, 256, (height, width, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def small_network(tmp_path_factory):
    """MobileNet-V3 with random weights, and a file with them."""
    keras.utils.set_random_seed(1)
    model = applications.MobileNetV3Small(
        input_shape=(224, 224, 3), include_top=False, pooling="avg", weights=None
    )
    path = tmp_path_factory.mktemp("weights") / "small.weights.h5"
    model.save_weights(path)
    return model, path


@pytest.fixture
def refuse():
    def check(message, *arguments):
        with pytest.raises(InputError, match=message) as caught:
            open_extractor(*arguments)
        assert len(str(caught.value).splitlines()) == 1

    return check


# The convolution bank.


def test_the_bank_gives_what_it_gives_to_whole_pictures():
    bank = open_extractor("convolution_bank")
    pictures = [noise(50, 70), noise(96, 96), noise(1, 300)]
    rows = bank(np.stack([bank.prepare(picture) for picture in pictures]))
    np.testing.assert_array_equal(rows, np.concatenate([extract(picture[None]) for picture in pictures]))
    assert rows.shape == (3, bank.width)


def test_the_bank_takes_no_weights(refuse):
    refuse("has fixed weights; leave w.h5 out", "convolution_bank", "w.h5")


# Networks.


def test_a_network_gives_what_keras_gives_to_the_centre_of_the_picture(small_network):
    model, path = small_network
    extractor = open_extractor("mobilenet_v3_small", path)
    picture = noise(256, 256)
    prepared = extractor.prepare(picture)
    np.testing.assert_array_equal(prepared, picture[16:240, 16:240])
    rows = extractor(prepared[None])
    assert (rows.shape, rows.dtype) == ((1, extractor.width), np.float32)
    np.testing.assert_allclose(
        rows, model(picture[None, 16:240, 16:240].astype(np.float32)), rtol=1e-4, atol=1e-6
    )


def test_a_network_takes_pictures_of_any_shape(small_network):
    extractor = open_extractor("MobileNetV3Small", small_network[1])
    for shape in [(1, 1), (1, 100_000), (3000, 2), (300, 500)]:
        assert extractor.prepare(noise(*shape)).shape == (224, 224, 3)
    wide = np.zeros((256, 400, 3), np.uint8)
    wide[:, :88] = wide[:, 312:] = 255  # all that lies outside of the centre
    assert (extractor.prepare(wide) == 0).all()


def test_own_weights_are_told_by_their_digest_and_cannot_be_had_again(small_network):
    description = open_extractor("mobilenet-v3-small", small_network[1]).description
    assert re.fullmatch("mobilenetv3small average, weights sha256 [0-9a-f]{12}", description)
    assert not can_reopen(description)
    with pytest.raises(InputError, match="its weights were in a file"):
        reopen_extractor(description)


def test_an_extractor_is_made_again_from_its_description():
    bank = open_extractor("convolution_bank")
    assert can_reopen(bank.description)
    assert type(reopen_extractor(bank.description)) is type(bank)
    assert can_reopen("vgg19 fc2")
    assert not can_reopen(None)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("vgg-20", "VGG1[69]"),
        ("resnet", "ResNet50"),
        ("convolutionbank2", "convolution_bank"),
        ("", "."),
        ("keras", "."),
    ],
)
def test_a_network_that_there_is_not_is_refused_and_the_nearest_named(refuse, name, near):
    refuse(f"no extractor '{name}'; did you mean {near}", name)


def test_pictures_have_the_size_that_each_network_was_trained_on():
    """Keras keeps the sizes inside of its functions: as a default size, or among other numbers."""
    seen = set()
    for name, function in vars(applications).items():
        source = inspect.getsource(function) if inspect.isfunction(function) else ""
        stated = re.findall(r"default_size=([0-9]+)|EfficientNet\([\s0-9.]+,[\s0-9.]+,\s*([0-9]+)", source)
        for size in filter(None, (size for pair in stated for size in pair)):
            assert SIZES.get(name, 224) == int(size), name
            seen.add(name)
    assert seen > set(SIZES)


def test_weights_of_another_network_are_refused(refuse, small_network):
    refuse("small.weights.h5: not the weights of mobilenet", "mobilenet_v2", small_network[1])


def test_files_that_hold_no_weights_are_refused(refuse, tmp_path):
    for name, content in (("damaged.weights.h5", b"damaged"), ("legacy.h5", b""), ("empty.weights.h5", b"")):
        (tmp_path / name).write_bytes(content)
        refuse(f"{name}: not the weights of", "mobilenet_v3_small", tmp_path / name)
    (tmp_path / "weights.npy").touch()
    for name in ("nowhere.h5", "weights.npy"):
        refuse(f"no weights at .*{name}; give a .weights.h5", "mobilenet_v3_small", tmp_path / name)


def test_a_part_of_the_weights_is_refused(refuse, small_network, tmp_path):
    """Keras would leave random numbers in place of what is missing."""
    path = tmp_path / "part.weights.h5"
    path.write_bytes(small_network[1].read_bytes())
    with h5py.File(path, "r+") as file:
        del file["layers/conv2d_3"]
    refuse("part.weights.h5: not the weights of", "mobilenet_v3_small", path)


def test_without_a_connection_the_remedies_are_named(refuse, monkeypatch):
    @functools.wraps(applications.VGG19)
    def unreachable(weights, **options):
        assert weights == "imagenet"
        raise Exception("URL fetch failure on https://host/file:\nNone -- Name or service not known")

    monkeypatch.setattr(applications, "VGG19", unreachable)
    refuse("cannot fetch the ImageNet weights of VGG19: URL .*--weights.*convolution_bank", "vgg19")


@pytest.mark.slow
def test_vgg19_gives_layer_fc2_after_relu(tmp_path):
    keras.utils.set_random_seed(2)
    model = applications.VGG19(weights=None)
    path = tmp_path / "vgg19.weights.h5"
    model.save_weights(path)
    expected = keras.Model(model.input, model.get_layer("fc2").output)
    extractor = open_extractor("vgg19", path)
    picture = noise(256, 300)
    rows = extractor(np.stack([extractor.prepare(picture)]))
    blue_green_red = picture[16:240, 38:262, ::-1] - np.array([103.939, 116.779, 123.68], np.float32)
    np.testing.assert_allclose(rows, expected(blue_green_red[None]), rtol=1e-3, atol=1e-6)
    assert rows.shape == (1, 4096)
    assert rows.min() == 0 < rows.max()
    assert re.fullmatch("vgg19 fc2, weights sha256 [0-9a-f]{12}", extractor.description)
