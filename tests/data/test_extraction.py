"""Image features of many pictures, in a job that goes on where it stopped."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cocoqa_keras.data.dataset_files import read_image_names
from cocoqa_keras.data.extraction import ExtractionJob
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_writer import FeaturesWriter, write_features
from cocoqa_keras.data.formats import write_pickle
from cocoqa_keras.data.pictures import find_pictures
from cocoqa_keras.errors import InputError

COUNT = 11
PARTIAL = ".hidden_oxford_mscoco.partial"


class MeanColor:
    """Three features: the mean of each colour above 100."""

    width = 3

    def __init__(self, description="mean_color", stop_at=None):
        self.description = description
        self._left = stop_at

    def prepare(self, picture):
        return np.asarray(Image.fromarray(picture).resize((2, 2)))

    def __call__(self, pictures):
        if self._left is not None:
            if self._left == 0:
                raise KeyboardInterrupt
            self._left -= 1
        return np.maximum(pictures.mean(axis=(1, 2), dtype=np.float32) - 100, 0)


@pytest.fixture
def folder(tmp_path):
    """Eleven pictures of one colour each, number 10 to 20."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(10, 10 + COUNT):
        Image.new("RGB", (4, 3), color_of(number)).save(folder / f"{number}.png")
    return folder


def color_of(number):
    return (number * 9, 250 - number * 9, 7 * number)


def expected(numbers):
    return np.maximum(np.array([color_of(number) for number in numbers], np.float32) - 100, 0)


def job(folder, output, extractor=None, **options):
    options = {"batch_size": 3, **options}
    return ExtractionJob(find_pictures(folder), extractor or MeanColor(), output, **options)


def content(output):
    with SparseFeatures(output / "hidden_oxford_mscoco.h5") as file:
        names = read_image_names(output / "imgid_dict.pkl")
        file.check_images(names)
        return names, file.read(np.arange(len(file))), file.mean, file.std, file.extractor


def check(output, numbers):
    names, rows, mean, _, extractor = content(output)
    assert names == [str(number) for number in numbers]
    np.testing.assert_array_equal(rows, expected(numbers))
    np.testing.assert_allclose(mean, expected(numbers).mean(axis=0), rtol=1e-6)
    assert extractor == "mean_color"
    assert {path.name for path in output.iterdir()} == {"hidden_oxford_mscoco.h5", "imgid_dict.pkl"}


def refuse(job, message):
    with pytest.raises(InputError, match=message) as caught:
        job.run()
    assert len(str(caught.value).splitlines()) == 1


def test_each_picture_has_a_row_and_the_index_names_it(folder, tmp_path):
    seen = []
    result = job(folder, tmp_path / "data").run(lambda done, total: seen.append((done, total)))
    assert result == (COUNT, COUNT, [])
    assert seen == [(0, 11), (3, 11), (6, 11), (9, 11), (11, 11)]
    check(tmp_path / "data", range(10, 21))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch_size=st.integers(1, 13), stops=st.lists(st.integers(0, 3), max_size=5))
def test_a_job_that_was_stopped_any_number_of_times_gives_the_same(
    folder, tmp_path_factory, batch_size, stops
):
    output = tmp_path_factory.mktemp("stopped")
    for stop_at in stops:
        try:
            job(folder, output, MeanColor(stop_at=stop_at), batch_size=batch_size).run()
        except KeyboardInterrupt:
            assert {path.name for path in output.iterdir()} == {PARTIAL}
        else:
            return check(output, range(10, 21))
    job(folder, output, batch_size=batch_size).run()
    check(output, range(10, 21))


def test_what_is_done_is_not_done_again(folder, tmp_path):
    for stop_at in (2, 1):
        with pytest.raises(KeyboardInterrupt):
            job(folder, tmp_path, MeanColor(stop_at=stop_at)).run()
    job(folder, tmp_path, MeanColor(stop_at=1)).run()
    names, rows, *_ = content(tmp_path)
    np.testing.assert_array_equal(rows, expected(map(int, names)))


def test_rows_that_no_note_tells_of_are_written_anew(folder, tmp_path):
    """As where a job is killed between writing rows and noting them."""
    output = tmp_path / "data"
    with pytest.raises(KeyboardInterrupt):
        job(folder, output, MeanColor(stop_at=2)).run()
    for part in ("data", "indices", "sizes"):
        with (output / PARTIAL / f"{part}.raw").open("ab") as file:
            file.write(b"\1\0\0\0\1\0")
    job(folder, output).run()
    check(output, range(10, 21))


def test_a_job_that_was_killed_at_its_very_end_is_ended(folder, tmp_path, monkeypatch):
    """The features are there, and the index is not."""

    finish = FeaturesWriter.finish

    def finish_and_interrupt(*arguments, **options):
        finish(*arguments, **options)
        raise KeyboardInterrupt

    output = tmp_path / "data"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(FeaturesWriter, "finish", finish_and_interrupt)
        job(folder, output).run()
    assert (output / "hidden_oxford_mscoco.h5").exists()
    job(folder, output, MeanColor(stop_at=0)).run()
    check(output, range(10, 21))


# Another job.


def stopped(folder, output, stop_at=2, **options):
    with pytest.raises(KeyboardInterrupt):
        job(folder, output, MeanColor(stop_at=stop_at), **options).run()


def test_the_beginning_of_another_job_is_left_alone(folder, tmp_path):
    output = tmp_path / "data"
    stopped(folder, output)
    refuse(job(folder, output, MeanColor("other")), "beginning of another job.*delete the folder")
    refuse(job(folder, output, batch_size=4), "beginning of another job")
    Image.new("RGB", (40, 40)).save(folder / "11.png")
    refuse(job(folder, output), "beginning of another job")
    assert {path.name for path in output.iterdir()} == {PARTIAL}


def test_pictures_that_are_not_through_yet_may_change(folder, tmp_path):
    output = tmp_path / "data"
    stopped(folder, output)  # six are through
    (folder / "17.png").unlink()
    Image.new("RGB", (4, 3), color_of(21)).save(folder / "21.png")
    job(folder, output).run()
    check(output, [*range(10, 17), *range(18, 22)])


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", "{}", '{"batches": -1, "rows": 0, "skipped": [], "digest": ""}', '{"batches": 1}'],
)
def test_a_damaged_note_is_refused(folder, tmp_path, damage):
    stopped(folder, tmp_path)
    (tmp_path / PARTIAL / "progress.json").write_text(damage)
    refuse(job(folder, tmp_path), r"progress\.json is damaged; delete .*partial to begin anew")


def test_rows_that_are_gone_are_refused(folder, tmp_path):
    stopped(folder, tmp_path)
    (tmp_path / PARTIAL / "data.raw").write_bytes(b"")
    refuse(job(folder, tmp_path), r"data\.raw is cut short; delete")


# What is there already.


def test_features_that_are_there_are_not_overwritten(folder, tmp_path):
    output = tmp_path / "data"
    job(folder, output).run()
    refuse(
        job(folder, output),
        "hidden_oxford_mscoco.h5 exists; add pictures with --append, choose another folder",
    )
    (output / "hidden_oxford_mscoco.h5").unlink()
    refuse(job(folder, output), "imgid_dict.pkl exists")
    assert {path.name for path in output.iterdir()} == {"imgid_dict.pkl"}


def test_an_output_that_is_a_file_is_refused(folder, tmp_path):
    (tmp_path / "data").touch()
    refuse(job(folder, tmp_path / "data"), "cannot write to .*data: ")


# More pictures.


@pytest.fixture
def more(folder):
    """Pictures before, among and behind those there are."""
    for number in (5, 6, 22, 23):
        Image.new("RGB", (4, 3), color_of(number)).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def first(folder, tmp_path):
    """The features of the first pictures."""
    job(folder, tmp_path / "data").run()
    return tmp_path / "data"


def test_new_pictures_come_behind_the_rows_there_are(first, more):
    assert job(more, first, append=True).run() == (15, 4, [])
    check(first, [*range(10, 21), 5, 6, 22, 23])
    before = content(first)
    assert job(more, first, append=True).run() == (15, 0, [])
    np.testing.assert_equal(content(first), before)


@pytest.mark.parametrize("place", ["batch", "features", "index"])
def test_an_addition_that_was_stopped_goes_on(first, more, monkeypatch, place):
    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        if place == "features":
            patch.setattr("cocoqa_keras.data.features_writer.ColumnMoments.add", interrupt)
        if place == "index":
            patch.setattr("cocoqa_keras.data.extraction.write_pickle", interrupt)
        job(more, first, MeanColor(stop_at=1 if place == "batch" else None), append=True).run()
    job(more, first, append=True).run()
    check(first, [*range(10, 21), 5, 6, 22, 23])


@pytest.mark.parametrize("are_new", [False, True])
def test_pictures_are_added_to_a_job_that_was_killed_at_its_very_end(folder, tmp_path, monkeypatch, are_new):
    """Its working folder was still to be removed."""

    def interrupt(*_):
        raise KeyboardInterrupt

    output = tmp_path / "data"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("cocoqa_keras.data.extraction.shutil", SimpleNamespace(rmtree=interrupt))
        job(folder, output).run()
    assert (output / PARTIAL).exists()
    if are_new:
        Image.new("RGB", (4, 3), color_of(21)).save(folder / "21.png")
    assert job(folder, output, append=True).run() == (COUNT + are_new, int(are_new), [])
    check(output, range(10, 21 + are_new))


def test_an_addition_on_its_way_is_kept_when_there_is_nothing_to_add(first, more):
    stopped(more, first, stop_at=1, append=True)
    few = ExtractionJob(find_pictures(more)[4:6], MeanColor(), first, append=True)
    assert few.run() == (COUNT, 0, [])
    job(more, first, MeanColor(stop_at=1), append=True).run()
    check(first, [*range(10, 21), 5, 6, 22, 23])


def test_other_features_are_not_added_to(first, more):
    refuse(
        job(more, first, MeanColor("other"), append=True),
        "has 3 features from mean_color, and other makes 3; choose that extractor",
    )
    write_features(first / "hidden_oxford_mscoco.h5", np.ones((11, 3)))
    refuse(job(more, first, append=True), "has 3 features from elsewhere")
    write_pickle(first / "imgid_dict.pkl", ["1"])
    refuse(job(more, first, append=True), "it has 11 rows, and the data have 1 images")
    (first / "imgid_dict.pkl").unlink()
    refuse(job(more, first, append=True), "imgid_dict.pkl")


# Pictures that cannot be read.


@pytest.fixture
def corrupt(folder):
    for number in (10, 14, 15, 16, 17):
        (folder / f"{number}.png").write_bytes(b"no picture")
    return folder


def test_pictures_that_cannot_be_read_are_left_out_and_named(corrupt, tmp_path):
    result = job(corrupt, tmp_path / "data", skip_corrupt=True, batch_size=2).run()
    assert result == (6, 6, [corrupt / f"{number}.png" for number in (10, 14, 15, 16, 17)])
    check(tmp_path / "data", [11, 12, 13, 18, 19, 20])


def test_pictures_left_out_are_named_also_after_a_stop(corrupt, tmp_path):
    stopped(corrupt, tmp_path / "data", stop_at=1, skip_corrupt=True)
    assert len(job(corrupt, tmp_path / "data", skip_corrupt=True).run().skipped) == 5
    check(tmp_path / "data", [11, 12, 13, 18, 19, 20])


def test_a_job_stops_at_a_picture_that_cannot_be_read_and_goes_on_when_it_is_gone(folder, tmp_path):
    output = tmp_path / "data"
    (folder / "17.png").write_bytes(b"no picture")
    refuse(job(folder, output), r"17\.png: not a picture.*--on-corrupt skip \(what is done is kept\)")
    assert json.loads((output / PARTIAL / "progress.json").read_text())["batches"] == 2
    (folder / "17.png").unlink()
    job(folder, output).run()
    check(output, [*range(10, 17), *range(18, 21)])


def test_pictures_none_of_which_can_be_read_make_no_features(tmp_path):
    (tmp_path / "1.png").touch()
    refuse(job(tmp_path, tmp_path / "data", skip_corrupt=True), "there is not one picture")


def test_a_picture_that_is_repaired_is_added_later(corrupt, tmp_path):
    job(corrupt, tmp_path / "data", skip_corrupt=True).run()
    Image.new("RGB", (4, 3), color_of(14)).save(corrupt / "14.png")
    result = job(corrupt, tmp_path / "data", skip_corrupt=True, append=True).run()
    assert (result.added, len(result.skipped)) == (1, 4)
    check(tmp_path / "data", [11, 12, 13, 18, 19, 20, 14])
