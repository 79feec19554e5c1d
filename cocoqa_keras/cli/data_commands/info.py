"""cocoqa-data info: what a data set holds."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from cocoqa_keras.cli.options import DEFAULT_DATA
from cocoqa_keras.cli.output import print_line, print_table


def info(
    folder: Annotated[Path, Argument(help="Folder of the encoded data.")] = DEFAULT_DATA,
    features: Annotated[
        Path | None,
        Option(help="Image features (HDF5); by default those in the folder or above it.", metavar="FILE.h5"),
    ] = None,
    json_: Annotated[bool, Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Tell what an encoded data set and its image features hold."""
    from cocoqa_keras.data.dataset import load_dataset
    from cocoqa_keras.data.description import Description
    from cocoqa_keras.data.features import SparseFeatures
    from cocoqa_keras.data.features_file import find_features
    from cocoqa_keras.data.statistics import DatasetStatistics, FeaturesStatistics

    statistics, of_features = DatasetStatistics.of(load_dataset(folder)), None
    path = features or find_features(folder)
    if path is not None:
        with SparseFeatures(path) as opened:
            of_features = FeaturesStatistics.of(opened)
    if json_:
        print(json.dumps({**asdict(statistics), "features": of_features and asdict(of_features)}, indent=2))
        return
    for table in Description(statistics, of_features).tables():
        print_table(table)
        print_line("")
