"""cocoqa-report html and compare, as a user types them."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from quick_run import trained
from refusal import refused

from cocoqa_keras.cli.report import main


@pytest.fixture(scope="module")
def original(tiny_original, tmp_path_factory):
    """The folder of a run of one epoch; to be left as it is."""
    return trained("bow", ["--data", str(tiny_original / "cocoqa")], tmp_path_factory.mktemp("bow"))


@pytest.fixture
def run(original, tmp_path, monkeypatch):
    """A copy of it in the working folder."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(original, tmp_path / "bow")).relative_to(tmp_path)


def printed(capsys, *arguments):
    """The lines that the command prints, which has to succeed."""
    assert main([str(argument) for argument in arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out.splitlines()


def draw_pictures(run, folder):
    folder.mkdir()
    for line in (run / "predictions.jsonl").read_text().splitlines():
        Image.new("RGB", (8, 8)).save(folder / f"{json.loads(line)['image']}.png")


def test_a_report_is_written_into_the_run(run, capsys):
    assert printed(capsys, "html", run) == [
        "bow: 12 questions",
        "The pictures of 12 questions are not there; --pictures tells their folder",
        "Open bow/report/index.html",
    ]
    text = Path("bow/report/index.html").read_text()
    rate = json.loads(Path("bow/run.json").read_text())["test"]["rate"]
    assert f"<td>{rate:.4f}</td>" in text


def test_pictures_come_from_a_folder_and_may_be_embedded(run, capsys):
    draw_pictures(run, Path("drawn"))
    options = ["--pictures", "drawn", "--output", "pages"]
    assert printed(capsys, "html", run, *options) == ["bow: 12 questions", "Open pages/index.html"]
    assert Path("pages/all/1.html").read_text().count('src="../../drawn/') == 12
    assert printed(capsys, "html", run, *options, "--embed")[-1] == "Open pages/index.html"
    assert Path("pages/all/1.html").read_text().count('src="data:image/jpeg;base64,') == 12


def test_annotations_give_addresses(run, capsys):
    line = json.loads((run / "predictions.jsonl").read_text().splitlines()[0])
    images = [{"id": int(line["image"]), "coco_url": "http://images.example/1.jpg"}]
    Path("instances.json").write_text(json.dumps({"images": images}))
    printed(capsys, "html", run, "--annotations", "instances.json")
    assert 'src="http://images.example/1.jpg"' in Path("bow/report/all/1.html").read_text()


def test_runs_are_compared(run, capsys):
    shutil.copytree(run, "again")
    assert printed(capsys, "compare", f"first={run}", "second=again")[-1] == "Open comparison/index.html"
    text = Path("comparison/index.html").read_text()
    assert "no difference shown" in text
    assert not Path("comparison/right-wrong").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["html", "nowhere"], "nowhere is not the folder of a finished run"),
        (["html", "bow", "--output", "used"], "used exists and is not a report"),
        (["html", "bow", "--output", "bow"], "bow exists and is not a report"),
        (["html", "bow", "--pictures", "used"], "used: no pictures"),
        (["html", "bow", "--annotations", "used/file"], "used/file, line 1: not valid JSON"),
        (["compare", "a=bow"], "give two to 6 runs, each as NAME=RUN; there are 1"),
        (["compare", *(f"{name}=bow" for name in "abcdefg")], "there are 7"),
        (["compare", "a=bow", "a=bow"], "'a=bow': the name 'a' is given twice"),
        (["compare", "a=bow", "bow"], "'bow': write NAME=RUN"),
        (["compare", "a=bow", "b=nowhere"], "nowhere is not the folder of a finished run"),
        (["compare", "a=bow", "b=other"], "question 0: its image is "),
        (["compare", "a=bow", "b=bow", "--output", "used"], "used exists and is not a report"),
        (["compare"], "Missing argument"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(run, capsys, arguments, message):
    Path("used").mkdir()
    Path("used/file").write_text("of somebody else")
    shutil.copytree(run, "other")
    lines = Path("other/predictions.jsonl").read_text()
    Path("other/predictions.jsonl").write_text(lines.replace('"image": "', '"image": "1', 1))
    assert message in refused(main, arguments, capsys)
