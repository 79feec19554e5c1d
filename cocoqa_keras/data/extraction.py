"""Image features of a folder of pictures, in a job that goes on where it stopped."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic import NonNegativeInt, TypeAdapter, ValidationError

from cocoqa_keras.data.dataset_files import read_image_names
from cocoqa_keras.data.extractors import Extractor
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_file import FEATURES_FILE, INDEX_FILE
from cocoqa_keras.data.features_writer import FeaturesWriter
from cocoqa_keras.data.formats import write_pickle
from cocoqa_keras.data.pictures import Picture, read_picture
from cocoqa_keras.errors import InputError
from cocoqa_keras.files import atomic_path, write_text
from cocoqa_keras.locks import locked

PARTIAL_FOLDER = f".{Path(FEATURES_FILE).stem}.partial"
PROGRESS_FILE = "progress.json"

_DECODERS = 4  # threads; each holds one picture of full size


class Extraction(NamedTuple):
    """What a finished job made.

    Attributes:
        images: number of rows in the file.
        added: number of those that this job computed.
        skipped: the pictures that cannot be read, which have no row.
    """

    images: int
    added: int
    skipped: list[Path]


@dataclass(frozen=True)
class ExtractionJob:
    """Computes the features of pictures: the HDF5 file, and the list of names that says whose its rows are.

    Both appear when all is done. Until then the rows lie in a folder beside them, with a note of how many
    batches are through. A job that ended early goes on behind those when it is run again, and makes the same
    files as one that did not. Memory in use does not grow with the number of pictures.

    Attributes:
        pictures: what to compute, in the order of the rows.
        extractor: what computes the features.
        output: the folder of `hidden_oxford_mscoco.h5` and `imgid_dict.pkl`.
        batch_size: number of pictures that are computed at a time.
        skip_corrupt: leave pictures out that cannot be read, instead of ending there.
        append: keep the rows that the output has, and add those of other pictures behind them.
    """

    pictures: Sequence[Picture]
    extractor: Extractor
    output: Path
    batch_size: int = 32
    skip_corrupt: bool = False
    append: bool = False

    def run(self, progress: Callable[[int, int], None] = lambda done, total: None) -> Extraction:
        """Does what is left of the job.

        Args:
            progress: told after each batch how many of how many pictures are through.

        Raises:
            InputError: the output exists (or does not, with `append`), the folder holds the beginning of
                another job or is in use by another process, a picture cannot be read, or there is no space
                left.
        """
        try:
            with locked(self.output):
                return self._run(progress)
        except OSError as error:
            raise InputError(
                f"cannot write to {self.output}: {error.strerror or error}; choose another folder or free "
                "some space (what is done is kept)"
            ) from error

    def _run(self, progress: Callable[[int, int], None]) -> Extraction:
        old = read_image_names(self._index) if self.append else []
        if self.append:
            self._clear_finished(len(old))
        present = set(old)
        new = [picture for picture in self.pictures if picture.name not in present]
        if not new:
            return Extraction(len(old), 0, [])
        digests = self._digests(old, new)
        state = self._state(digests) or self._begin(old, digests[0])
        writer = FeaturesWriter(self._partial, self.extractor.width, state.rows)
        for reached in self._states(state, new, digests, writer):
            state = reached
            progress(min(state.batches * self.batch_size, len(new)), len(new))
        skipped = set(state.skipped)
        names = old + [picture.name for picture in new if picture.name not in skipped]
        with atomic_path(self._index) as index:  # a disk that is full tells so before the features change
            write_pickle(index, names)
            writer.finish(self._features, extractor=self.extractor.description, images=names)
        shutil.rmtree(self._partial)
        return Extraction(
            len(names), len(names) - len(old), [picture.path for picture in new if picture.name in skipped]
        )

    @property
    def _features(self) -> Path:
        return self.output / FEATURES_FILE

    @property
    def _index(self) -> Path:
        return self.output / INDEX_FILE

    @property
    def _partial(self) -> Path:
        return self.output / PARTIAL_FOLDER

    def _batches(self, pictures: Sequence[Picture], first: int = 0) -> Iterator[Sequence[Picture]]:
        for start in range(first * self.batch_size, len(pictures), self.batch_size):
            yield pictures[start : start + self.batch_size]

    def _digests(self, old: list[str], new: list[Picture]) -> list[str]:
        """What the rows depend on, before the first batch and up to the end of each."""
        digest = hashlib.sha256(json.dumps([self.extractor.description, self.batch_size, old]).encode())
        digests = [digest.hexdigest()]
        for batch in self._batches(new):
            for name, path in batch:
                status = path.stat()
                digest.update(json.dumps([name, status.st_size, status.st_mtime_ns]).encode())
            digests.append(digest.hexdigest())
        return digests

    def _state(self, digests: list[str]) -> "_State | None":
        """How far an earlier run of this job came, or None where there was none."""
        if not (self._partial / PROGRESS_FILE).exists():
            return None
        state = _State.read(self._partial / PROGRESS_FILE)
        if digests[state.batches : state.batches + 1] != [state.digest]:
            raise InputError(
                f"{self._partial} is the beginning of another job, with other pictures, extractor, or batch "
                "size; run that one again to end it, or delete the folder to begin anew"
            )
        return state

    def _clear_finished(self, rows: int) -> None:
        """Removes the folder of a job that was killed after its last step, and so holds what the output has.

        A job on its way has more rows than the output, or the same, from which it is begun anew at no loss.
        """
        note = self._partial / PROGRESS_FILE
        if self._partial.exists() and (not note.exists() or _State.read(note).rows == rows):
            shutil.rmtree(self._partial)

    def _begin(self, old: list[str], digest: str) -> "_State":
        """Makes the folder of the job, with the rows there are."""
        if self.append:
            self._copy_rows(old)
        else:
            for path in (self._features, self._index):
                if path.exists():
                    raise InputError(
                        f"{path} exists; add pictures with --append, choose another folder, or delete it"
                    )
            FeaturesWriter(self._partial, self.extractor.width)
        state = _State(0, len(old), [], digest)
        state.write(self._partial / PROGRESS_FILE)
        return state

    def _copy_rows(self, names: list[str]) -> None:
        with SparseFeatures(self._features) as features:
            features.check_images(names)
            made_by, width = features.extractor, features.shape[1]
            if (made_by, width) != (self.extractor.description, self.extractor.width):
                raise InputError(
                    f"{self._features} has {width} features from {made_by or 'elsewhere'}, and "
                    f"{self.extractor.description} makes {self.extractor.width}; choose that extractor, or "
                    "another folder"
                )
            writer = FeaturesWriter(self._partial, width)
            for block in features.blocks():
                writer.append(block)

    def _states(
        self, state: "_State", pictures: list[Picture], digests: list[str], writer: FeaturesWriter
    ) -> Iterator["_State"]:
        """Computes what is left, and yields how far it is, beforehand and after each batch."""
        yield state
        left = self._batches(pictures, state.batches)
        with closing(self._prepared(self._batches(pictures, state.batches))) as prepared:
            for batch, futures in zip(left, prepared, strict=True):
                images, skipped = self._readable(batch, futures)
                if images:
                    writer.append(self.extractor(np.stack(images)))
                batches = state.batches + 1
                state = _State(batches, len(writer), state.skipped + skipped, digests[batches])
                state.write(self._partial / PROGRESS_FILE)
                yield state

    def _prepared(self, batches: Iterator[Sequence[Picture]]) -> Iterator[list[Future]]:
        """The pictures of each batch, of which the next is decoded while one is computed."""
        pool = ThreadPoolExecutor(_DECODERS)
        try:
            current: list[Future] = []
            for batch in batches:
                following = [pool.submit(self._prepare, picture.path) for picture in batch]
                if current:
                    yield current
                current = following
            if current:
                yield current
        finally:
            pool.shutdown(cancel_futures=True)

    def _prepare(self, path: Path) -> np.ndarray:
        return self.extractor.prepare(read_picture(path))

    def _readable(
        self, batch: Sequence[Picture], futures: list[Future]
    ) -> tuple[list[np.ndarray], list[str]]:
        """The pictures of a batch, and the names of those that cannot be read."""
        images, skipped = [], []
        for picture, future in zip(batch, futures, strict=True):
            try:
                images.append(future.result())
            except InputError as error:
                if not self.skip_corrupt:
                    raise InputError(
                        f"{error}, or leave such pictures out with --on-corrupt skip (what is done is kept)"
                    ) from error
                skipped.append(picture.name)
        return images, skipped


@dataclass(frozen=True)
class _State:
    """How far a job is: batches that are through, rows there are, and what the rows depend on."""

    batches: NonNegativeInt
    rows: NonNegativeInt
    skipped: list[str]
    digest: str

    @classmethod
    def read(cls, path: Path) -> "_State":
        try:
            return TypeAdapter(cls).validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise InputError(f"{path} is damaged; delete {path.parent} to begin anew") from error

    def write(self, path: Path) -> None:
        write_text(path, json.dumps(asdict(self)))
