"""cocoqa-demo: a run behind a page, and how a mistake is answered."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from urllib.parse import quote

import pytest
from refusal import refused

from cocoqa_keras.cli.demo import PACKAGES, main
from cocoqa_keras.data.dataset_files import read_image_names
from cocoqa_keras.data.features_writer import write_features

# As a shell starts what a script puts in the background: deaf to Ctrl-C.
CODE = """
import signal, sys
from cocoqa_keras.cli.demo import main
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.exit(main())
"""


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as reply:
        return reply.read().decode()


def test_a_run_is_asked_until_it_is_stopped_and_answers_as_it_did_in_its_test(
    img_bow, tiny_original, tmp_path
):
    tested = json.loads((img_bow / "predictions.jsonl").read_text().splitlines()[0])
    image_id = read_image_names(tiny_original / "cocoqa" / "imgid_dict.pkl").index(tested["image"]) + 1
    copy = shutil.copytree(img_bow, tmp_path / img_bow.name)
    (copy / "model.keras").unlink()  # the SavedModel is enough
    with subprocess.Popen(
        [sys.executable, "-c", CODE, copy, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            line = process.stdout.readline()
            address = re.fullmatch(rf"{img_bow.name}: (http://127\.0\.0\.1:\d+/) \(.*\)\n", line)[1]
            text = fetch(f"{address}?image={image_id}&question={quote(tested['question'])}")
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, "Stopped\n", "")
    assert re.findall(r"<th scope=\"row\">(\S+)</th>.*?<td>([\d.]+)</td>", text, re.DOTALL)[:5] == [
        (entry["answer"], f"{entry['score']:.3f}") for entry in tested["answers"]
    ]


def test_a_package_that_is_missing_is_told(img_bow, tiny, monkeypatch, capsys):
    for package in PACKAGES:
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, package, None)
            assert "pip install 'cocoqa-keras[demo]'" in refused(main, [img_bow], capsys)


def test_a_folder_that_is_no_run_is_refused(img_bow, tiny, tmp_path, capsys):
    assert "holds no SavedModel" in refused(main, ["nowhere"], capsys)
    copy = shutil.copytree(img_bow, tmp_path / "run")
    (copy / "answers.json").unlink()
    assert "answers.json: No such file" in refused(main, [copy, "--port", "0"], capsys)


def test_data_or_features_that_are_gone_are_told(img_bow, tiny, capsys):
    ask = [img_bow, "--port", "0"]
    assert "no folder nowhere; check the path" in refused(main, [*ask, "--data", "nowhere"], capsys)
    assert "nowhere.h5" in refused(main, [*ask, "--features", "nowhere.h5"], capsys)
    assert "cannot read nowhere" in refused(main, [*ask, "--pictures", "nowhere"], capsys)


def test_a_record_without_data_or_with_other_types_is_refused(img_bow, tiny, capsys):
    folder = shutil.copytree(img_bow, tiny / "run")
    summary = json.loads((folder / "run.json").read_text())
    for part, message in (
        ({"data": {}}, "does not tell what the run was trained on; give --data"),
        ({"test": {"rate": "abc"}}, "field 'test.rate': should be a valid number"),
    ):
        (folder / "run.json").write_text(json.dumps(summary | part))
        assert message in refused(main, [folder, "--port", "0"], capsys)


def test_features_of_another_width_are_refused(img_bow, tiny, capsys):
    write_features("other.h5", [[1.0, 0.0]] * 6)
    message = refused(main, [img_bow, "--port", "0", "--features", "other.h5"], capsys)
    assert "has 2 features of an image, and img_bow takes 6" in message


@pytest.mark.parametrize("option", ["--features", "--pictures"])
def test_images_for_a_model_that_takes_none_are_refused(bow, tiny, option, capsys):
    message = refused(main, [bow, "--port", "0", option, "some"], capsys)
    assert "bow takes no image; leave some out" in message


def test_an_address_that_cannot_be_had_is_refused(img_bow, tiny, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"cannot listen on 127.0.0.1:{port}: " in refused(main, [img_bow, "--port", port], capsys)
    assert "cannot listen on host.invalid" in refused(main, [img_bow, "--host", "host.invalid"], capsys)
    assert "--port" in refused(main, [img_bow, "--port", "65536"], capsys)
