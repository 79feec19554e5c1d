"""cocoqa-report html and compare, as a user types them."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from refusal import refused
from success import done

from cocoqa_keras.cli.report import main


@pytest.fixture
def run(bow, tmp_path, monkeypatch):
    """A copy of a run in the working folder."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(bow, tmp_path / "bow")).relative_to(tmp_path)


def draw_pictures(run, folder):
    folder.mkdir()
    for line in (run / "predictions.jsonl").read_text().splitlines():
        Image.new("RGB", (8, 8)).save(folder / f"{json.loads(line)['image']}.png")


def test_a_report_is_written_into_the_run(run, capsys):
    assert done(main, ["html", run], capsys).splitlines() == [
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
    assert done(main, ["html", run, *options], capsys) == "bow: 12 questions\nOpen pages/index.html\n"
    assert Path("pages/all/1.html").read_text().count('src="../../drawn/') == 12
    assert done(main, ["html", run, *options, "--embed"], capsys).endswith("Open pages/index.html\n")
    assert Path("pages/all/1.html").read_text().count('src="data:image/jpeg;base64,') == 12


def test_annotations_give_addresses(run, capsys):
    line = json.loads((run / "predictions.jsonl").read_text().splitlines()[0])
    images = [{"id": int(line["image"]), "coco_url": "http://images.example/1.jpg"}]
    Path("instances.json").write_text(json.dumps({"images": images}))
    done(main, ["html", run, "--annotations", "instances.json"], capsys)
    assert 'src="http://images.example/1.jpg"' in Path("bow/report/all/1.html").read_text()


def test_runs_are_compared(run, capsys):
    shutil.copytree(run, "again")
    out = done(main, ["compare", f"first={run}", "second=again"], capsys)
    assert out.endswith("Open comparison/index.html\n")
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
