"""Verifies a data set: everything that training relies on, one check after another."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.data.dataset_files import read_image_names
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_file import FEATURES_FILE, find_features
from cocoqa_keras.data.verification.contents import CONTENT_CHECKS
from cocoqa_keras.data.verification.encoded_files import (
    FITTING_CHECKS,
    PRESENCE_CHECKS,
    READING_CHECKS,
    EncodedFiles,
)
from cocoqa_keras.data.verification.findings import Finding, Outcome, run_checks
from cocoqa_keras.data.verification.image_features import FEATURES_CHECKS, FeaturesUnderTest
from cocoqa_keras.errors import InputError


def verify(folder: str | Path, features: str | Path | None = None) -> Iterator[Finding]:
    """Checks an encoded data set and its image features.

    Each check is independent of the others' outcome as far as it can be; what is damaged beyond that is
    skipped, and said to be.

    Args:
        folder: the data folder.
        features: the file of image features; by default that in the folder or above it, if any.

    Yields:
        what each check finds, as soon as it is done.
    """
    folder = Path(folder)
    yield from _verify_questions(folder)
    path = features or find_features(folder)
    if path is None:
        detail = f"no {FEATURES_FILE} in {folder} or above it: only models that take no image can be trained"
        yield Finding("features", Outcome.SKIPPED, detail)
    else:
        yield from _verify_features(Path(path), folder)


def _verify_questions(folder: Path) -> Iterator[Finding]:
    """Each stage needs the one before: the files alone, the files together, and what they say."""
    files = EncodedFiles(folder)
    failures = 0
    for checks in (PRESENCE_CHECKS, READING_CHECKS, FITTING_CHECKS):
        for finding in run_checks(checks, files):
            failures += finding.outcome is Outcome.FAILED
            yield finding
        if failures:
            yield Finding("contents", Outcome.SKIPPED, "the files must be mended first")
            return
    yield from run_checks(CONTENT_CHECKS, load_dataset(folder))


def _verify_features(path: Path, folder: Path) -> Iterator[Finding]:
    try:
        features = SparseFeatures(path)
    except InputError as error:
        yield Finding("features", Outcome.FAILED, str(error))
        return
    with features:
        rows, width = features.shape
        yield Finding("features", Outcome.OK, f"{rows} rows of {width} in {path}")
        yield from run_checks(FEATURES_CHECKS, FeaturesUnderTest(features, _readable_image_names(folder)))


def _readable_image_names(folder: Path) -> Sequence[str] | None:
    try:
        return read_image_names(folder / "imgid_dict.pkl")
    except InputError:
        return None
