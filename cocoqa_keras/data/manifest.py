"""The list of what can be downloaded: `manifest.yml`."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

MANIFEST = Path(__file__).with_name("manifest.yml")

_Bytes = Annotated[int, Field(gt=0)]
_RelativePath = Annotated[str, Field(pattern=r"^\w[\w.-]*(/\w[\w.-]*)*$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Archive(_Entry):
    """What is taken out of a zip archive.

    Attributes:
        folder: the folder that it goes into, within that of all downloads.
        files: paths within the folder; nothing else is taken.
        largest: the most that they may come to, in bytes.
    """

    folder: _RelativePath
    files: list[_RelativePath] = Field(min_length=1)
    largest: _Bytes


class Download(_Entry):
    """A file to fetch.

    Attributes:
        title: what it is, for people.
        file: the name under which it is served: an archive, or image features (HDF5).
        urls: its addresses, to be tried in order.
        approximate_size: in bytes, for people.
        largest: in bytes; what is longer is refused.
        size: the exact size in bytes, if known.
        sha256: its digest, 64 hexadecimal digits, if known.
        archive: how it is unpacked, if it is an archive.
        licence: what it may be used for.
        citation: whom to cite.
    """

    title: str
    file: _RelativePath
    urls: list[Annotated[str, Field(pattern=r"^https?://\S+$")]] = Field(min_length=1)
    approximate_size: _Bytes
    largest: _Bytes
    size: _Bytes | None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None
    archive: Archive | None
    licence: str
    citation: str

    @property
    def paths(self) -> list[str]:
        """The files that it leaves, relative to the folder of all downloads."""
        if self.archive is None:
            return [self.file]
        return [f"{self.archive.folder}/{file}" for file in self.archive.files]


def load_manifest() -> dict[str, Download]:
    """The downloads that there are, by name."""
    content = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Download]).validate_python(content)
