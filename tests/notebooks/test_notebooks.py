"""The notebooks: clean in the tree, and executed from their first cell to their last as a reader would."""

import ast
import importlib
import json
import os
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NAMES = ("1_the_data_set", "2_training_img_bow", "3_inside_the_lstm", "4_evaluation_and_export")


@pytest.fixture(params=NAMES)
def path(request):
    return FOLDER / f"{request.param}.ipynb"


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def sources(notebook, kind):
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def test_no_notebook_is_forgotten_here():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == list(NAMES)


def test_a_notebook_is_valid(path):
    nbformat = pytest.importorskip("nbformat", reason="notebooks are not validated: nbformat is missing")
    nbformat.validate(read(path))


def test_a_notebook_is_kept_without_outputs_and_without_traces_of_a_machine(path):
    text = path.read_text(encoding="utf-8")
    notebook = read(path)
    assert text == json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert all(cell["metadata"] == {} for cell in notebook["cells"])
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", cell["id"]) for cell in notebook["cells"])
    assert not re.search(r"(?<![\w./>])/\w+/", text), "an absolute path"


def test_a_notebook_says_what_it_is_how_long_it_takes_and_where_to_put_ones_own_data(path):
    notebook = read(path)
    title = "".join(notebook["cells"][0]["source"])
    assert title.startswith(f"# {path.stem[0]}. ")
    assert "minute" in title
    assert sum("DATA = None" in source for source in sources(notebook, "code")) == 1
    for name in re.findall(r"`(\w+\.ipynb)`", "".join(sources(notebook, "markdown"))):
        assert (FOLDER / name).is_file()


def test_what_a_notebook_imports_from_the_package_is_there(path):
    for source in sources(read(path), "code"):
        for node in ast.walk(ast.parse(source)):  # which magic and shell commands would not pass
            if isinstance(node, ast.ImportFrom) and node.module.startswith("cocoqa_keras"):
                module = importlib.import_module(node.module)
                assert all(hasattr(module, alias.name) for alias in node.names), ast.unparse(node)


class Executed:
    """What the cells of a notebook show, by their ids."""

    def __init__(self, notebook):
        self._outputs = {cell["id"]: cell["outputs"] for cell in notebook["cells"] if "outputs" in cell}

    def text(self, cell):
        """Printed lines and tables of a cell."""
        outputs = self._outputs[cell]
        return "\n".join(output.get("text") or output["data"].get("text/plain", "") for output in outputs)

    def table(self, cell):
        """A cell's table, in HTML."""
        (output,) = self._outputs[cell]
        return output["data"]["text/html"]

    def number(self, cell, before):
        """The number behind some words in a cell's text."""
        return float(re.search(rf"{re.escape(before)}\s*([\d.]+)", self.text(cell)).group(1))

    def with_pictures(self):
        """The cells that show a picture."""
        return [
            cell
            for cell, outputs in self._outputs.items()
            if any("image/png" in output.get("data", {}) for output in outputs)
        ]

    def warnings(self):
        """What was written to standard error."""
        return [o["text"] for outputs in self._outputs.values() for o in outputs if o.get("name") == "stderr"]


@pytest.fixture
def execute(tmp_path, monkeypatch):
    """Executes a notebook with this environment's kernel, in an empty folder that has to stay empty.

    It may be given fewer epochs, since a reader has more time.
    """
    nbclient = pytest.importorskip("nbclient", reason="notebooks are not executed: nbclient is missing")
    pytest.importorskip("ipykernel", reason="notebooks are not executed: ipykernel is missing")
    pytest.importorskip("pandas", reason="notebooks are not executed: pandas is missing")
    import nbformat

    for variable in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(variable, str(tmp_path / "jupyter"))  # kernels and settings of whoever runs this
    folder, scratch = tmp_path / "folder", tmp_path / "scratch"

    def run(name, epochs=None):
        folder.mkdir()
        scratch.mkdir()
        text = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
        if epochs:
            text, count = re.subn(r"EPOCHS, BATCH = \d+,", f"EPOCHS, BATCH = {epochs},", text)
            assert count == 1
        notebook = nbformat.reads(text, as_version=4)
        client = nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}})
        client.execute(env={**os.environ, "TMPDIR": str(scratch)})
        assert list(folder.iterdir()) == []
        assert list(scratch.iterdir()) == []
        return Executed(notebook)

    return run


@pytest.mark.slow
def test_the_data_set(execute):
    shown = execute("1_the_data_set")
    assert shown.warnings() == []
    assert shown.with_pictures() == ["pictures", "spread", "alike", "guess"]
    assert shown.text("shared-images").split("\n")[:2] == [
        "valid: 0 of its pictures are in train",
        "test: 0 of its pictures are in train",
    ]
    assert "'UNK'" in shown.text("words")
    assert 0.1 < shown.number("guess", "GUESS: ") < 0.25


@pytest.mark.slow
def test_training_img_bow(execute):
    shown = execute("2_training_img_bow")
    assert shown.warnings() == []
    assert shown.with_pictures() == ["curves", "test", "answers", "first-round", "second-round"]
    assert shown.number("compile", "untrained: ") == pytest.approx(
        shown.number("compile", "log of the number of answers: "), abs=0.2
    )
    rate = shown.number("test", "test rate: ")
    assert rate > 0.5
    its_picture, another = re.search(r"rate\s+(0\.\d+)\s+(0\.\d+)", shown.text("blind")).groups()
    assert float(its_picture) == pytest.approx(rate, abs=0.001)
    assert float(another) < 0.3
    for name in ("first", "second"):
        assert shown.number("both-rounds", f"test rate after the {name} round: ") > 0.75
    assert shown.text("rounds").count("\nN: ") == 2


@pytest.mark.slow
def test_inside_the_lstm(execute):
    shown = execute("3_inside_the_lstm", epochs=5)
    assert shown.warnings() == []
    assert shown.with_pictures() == ["question", "gates", "cell", "knowing", "cosines", "dropout-curves"]
    assert shown.number("fit", "test rate: ") > 0.5
    *_, added = (
        re.search("<th>many</th>(.*?)</tr>", shown.table("neighbors"), re.DOTALL).group(1).split("<td>")
    )
    assert added.startswith("how 0."), "`how` and `many` have not become alike"
    assert len(re.findall(r"^0\.[025]\s", shown.text("gaps"), re.MULTILINE)) == 3


@pytest.mark.slow
def test_evaluation_and_export(execute):
    shown = execute("4_evaluation_and_export")
    assert shown.warnings() == []
    assert shown.with_pictures() == ["types", "confusion", "own-picture"]
    assert "saved_model/" in shown.text("load-run")
    assert shown.number("figures", "  rate ") > 0.5
    assert "Difference: from GUESS" in shown.text("figures")
    question, *replies = shown.text("elsewhere").split("\n")
    assert question.endswith("?")
    assert len([reply for reply in replies if re.fullmatch(r"\w+ +0\.\d{3}", reply)]) == 5
    assert re.search(r"Where are the umbrellas\?\s+beach", shown.text("ask"))
