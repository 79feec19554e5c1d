"""Every command that writes, on a disk that breaks at one of its steps.

It ends well, or in one line and exit code 2; every file is whole, the older files are as they were or new,
and the command can be repeated. By default some steps of each command are tried; `--every-step` tries all.
"""

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, product

import numpy as np
import pytest
from broken_disk import broken_disk, fails, is_almost_full, is_full, native_errors
from PIL import Image
from whole_files import check_whole

from cocoqa_keras.cli import data, evaluate, export, report, reproduce, train

QUICK = "--epochs 1 --set batchSize=16"
BANK = "--extractor convolution_bank --batch-size 3"
KEPT = {".hidden_oxford_mscoco.partial"}  # what a job goes on from


FAULTS = (fails, is_full, is_almost_full)
SLOW = {"train", "demo", "evaluate", "export", "export, onnx", "export, tflite", "reproduce"}
TRIES = 4  # of a command, unless every step is tried


@dataclass(frozen=True)
class Row:
    """A command.

    Attributes:
        main: its program.
        arguments: what it is given, in the folder of `workshop`; OUTPUT is where it writes.
        is_repeated: whether its output may be there already.
    """

    main: Callable[[list[str]], int]
    arguments: str
    is_repeated: bool = True

    def run(self, output="new/output"):
        """The exit code."""
        return self.main(self.arguments.replace("OUTPUT", output).split())


ROWS = {
    "train": Row(train.main, f"img_bow --data cocoqa --one-round --output OUTPUT {QUICK}", is_repeated=False),
    "train, a drawing": Row(train.main, "bow --data cocoqa --dry-run --output OUTPUT"),
    "demo": Row(data.main, "demo --output OUTPUT", is_repeated=False),
    "encode": Row(data.main, "encode questions.jsonl OUTPUT --per-type --replace"),
    "features": Row(data.main, f"features pictures OUTPUT {BANK}", is_repeated=False),
    "download": Row(data.main, "download encoded features --from hand --output OUTPUT", is_repeated=False),
    "evaluate": Row(evaluate.main, "run --output OUTPUT"),
    "export": Row(export.main, "run --output OUTPUT"),
    "export, keras": Row(export.main, "run --format keras --output OUTPUT.keras"),
    "export, weights": Row(export.main, "run --format weights --output OUTPUT.w.npy"),
    "export, onnx": Row(export.main, "run --format onnx --output OUTPUT.onnx"),
    "export, tflite": Row(export.main, "run --format tflite --output OUTPUT.tflite"),
    "report": Row(report.main, "html run --pictures pictures --output OUTPUT"),
    "compare": Row(report.main, "compare one=run other=run --pictures pictures --embed --output OUTPUT"),
    "latex": Row(report.main, "latex run --questions chosen.txt --pictures pictures --output OUTPUT"),
    "ask": Row(report.main, "ask new.csv one=run --pictures pictures --output OUTPUT"),
    "reproduce": Row(reproduce.main, "--data cocoqa --rows GUESS --output OUTPUT"),
}


@pytest.fixture(scope="session")
def workshop(tiny_folder, tmp_path_factory):
    """A folder with all that the commands are given; to be left as it is."""
    folder = tmp_path_factory.mktemp("workshop")
    shutil.copytree(tiny_folder.parent, folder, dirs_exist_ok=True)
    (folder / "hand").mkdir()
    shutil.copy(folder / "hidden_oxford_mscoco.h5", folder / "hand")
    with zipfile.ZipFile(folder / "hand" / "cocoqa.zip", "w") as archive:
        for path in (folder / "cocoqa").iterdir():
            archive.write(path, f"cocoqa/{path.name}")
        archive.writestr("cocoqa/vocab-dict.npy", (folder / "cocoqa" / "train.npy").read_bytes())
    (folder / "pictures").mkdir()
    random = np.random.RandomState(0)
    for name in range(100, 108):
        Image.fromarray(random.randint(0, 255, (40, 40, 3), np.uint8)).save(folder / f"pictures/{name}.png")
    questions = [
        {"question": f"what is it {n}", "answer": "cat", "image": f"{100 + n % 8}", "type": "object"}
        for n in range(40)
    ]
    (folder / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in questions))
    (folder / "chosen.txt").write_text("0\n3,the same picture\n")
    (folder / "new.csv").write_text("0,what is it,cat\n")
    arguments = [
        *QUICK.split(),
        "--one-round",
        "--data",
        str(folder / "cocoqa"),
        "--output",
        str(folder / "runs"),
    ]
    assert train.main(["img_bow", *arguments]) == 0
    next((folder / "runs").iterdir()).rename(folder / "run")
    (folder / "runs").rmdir()
    return folder


def files_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def restore(folder, files):
    """Makes the content of a folder as it was; the folder itself is the working folder."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def check_files(folder, before):
    """All that was there is there, all that is new or has changed is whole, and nothing is left over."""
    after = files_of(folder)
    assert not before.keys() - after.keys()
    for path in after:
        if not KEPT & set(path.parts):
            assert not any(part.startswith(".") for part in path.parts), path
            if before.get(path) != after[path]:
                check_whole(folder / path)


def chosen(steps, every_step):
    """The steps at which faults strike, and which faults: some of each kind, or all at every step."""
    if every_step:
        return list(product(range(steps), FAULTS))
    places = np.linspace(0, steps, TRIES + 2)[1:-1].astype(int).tolist()
    return list(zip(places, cycle(FAULTS), strict=False))


@pytest.fixture
def folder(workshop, tmp_path, monkeypatch):
    """A copy of the workshop, as the working folder."""
    monkeypatch.setattr("cocoqa_keras.data.demo.TRAIN_PICTURES", 8)
    monkeypatch.setattr("cocoqa_keras.data.demo.TEST_PICTURES", 8)
    copy = shutil.copytree(workshop, tmp_path / "work")
    monkeypatch.chdir(copy)
    return copy


def check_refusal(error):
    assert error.startswith("error: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", ROWS)
def test_a_place_that_cannot_be_written_to_is_one_line(name, folder, capsys):
    (folder / "file").touch()
    before = files_of(folder)
    with native_errors() as noise:
        assert ROWS[name].run("file/output") == 2
    check_refusal(capsys.readouterr().err)
    assert not noise
    assert files_of(folder) == before


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in ROWS]
)
def test_nothing_is_lost_and_nothing_is_half(name, folder, capsys, request):
    row = ROWS[name]
    if row.is_repeated:
        assert row.run() == 0
    before = files_of(folder)
    with broken_disk(None, fails) as disk:
        assert row.run() == 0
    assert capsys.readouterr().err == ""
    every_step = request.config.getoption("--every-step")
    ends = []
    for step, fault in chosen(disk.steps, every_step):
        restore(folder, before)
        with native_errors() as noise, broken_disk(step, fault):
            ends.append(row.run())
        error = capsys.readouterr().err
        assert ends[-1] in (0, 2), (step, fault, error)
        assert not noise, (step, fault)
        if ends[-1] == 2:
            check_refusal(error)
        check_files(folder, before)
        if ends[-1] == 2 and ends.count(2) == 1:
            assert row.run() == 0
            capsys.readouterr()
            check_files(folder, before)
    assert 2 in ends
    if every_step:
        with capsys.disabled():
            print(f"{name}: {len(ends)} faults, {ends.count(2)} of them refused")
