"""cocoqa-data download."""

import socket
import zipfile
from pathlib import Path

import pytest
from refusal import refused

from cocoqa_keras import load_dataset
from cocoqa_keras.cli.data import main
from cocoqa_keras.data.manifest import load_manifest
from cocoqa_keras.locks import locked


@pytest.fixture
def fetched(tiny):
    """A folder with files fetched by hand, and a working folder that lacks them."""
    (tiny / "hand").mkdir()
    with zipfile.ZipFile("hand/cocoqa.zip", "w") as archive:
        for path in Path("cocoqa").iterdir():
            archive.write(path)
    Path("hidden_oxford_mscoco.h5").rename("hand/hidden_oxford_mscoco.h5")
    return tiny


def test_what_was_fetched_by_hand_becomes_the_data_that_training_looks_for(fetched, capsys):
    assert main(["download", "encoded", "features", "--from", "hand"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "data/cocoqa: COCO-QA, encoded by its authors"
    assert printed[1].startswith("data/hidden_oxford_mscoco.h5: VGG-19 features")
    assert printed[2:] == [
        "Next: cocoqa-data verify data/cocoqa",
        "      cocoqa-train img_bow --data data/cocoqa",
    ]
    assert len(load_dataset("data/cocoqa").train) == len(load_dataset("cocoqa").train)
    assert main(["download", "features", "encoded"]) == 0
    assert capsys.readouterr().out.count("was there already") == 2


def test_a_folder_that_another_download_fills_is_refused(fetched, capsys):
    with locked("data"):
        error = refused(main, ["download", "encoded", "--from", "hand"], capsys)
    assert error == "error: data is in use by another process; wait until it has ended\n"


def test_the_list_names_sizes_addresses_licence_and_citation(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["download", "--list"]) == 0
    printed = capsys.readouterr().out
    for name, entry in load_manifest().items():
        assert f"{name}: {entry.title}" in printed
        assert entry.urls[0] in printed
        assert entry.licence in printed
        assert entry.citation in printed
    assert "about 1.1 GB" in printed
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_is_refused_before_anything_is_fetched(fetched, capsys):
    error = refused(main, ["download", "encoded", "pictures", "--from", "hand"], capsys)
    assert "no download 'pictures'; there are encoded, features, text" in error


def test_a_missing_file_is_named_with_its_address(fetched, capsys):
    error = refused(main, ["download", "text", "--from", "hand"], capsys)
    assert "hand/cocoqa-2015-05-17.zip is missing; fetch it from http://www.cs.toronto.edu" in error


def test_a_machine_without_network_gets_one_line_with_the_address_and_the_other_way(
    tmp_path, monkeypatch, capsys
):
    def no_network(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    error = refused(main, ["download", "features"], capsys)
    address = "http://www.cs.toronto.edu/~mren/imageqa/data/hidden_oxford_mscoco.h5"
    assert f"{address}: Name or service not known" in error
    assert "cocoqa-data download features --from FOLDER" in error
