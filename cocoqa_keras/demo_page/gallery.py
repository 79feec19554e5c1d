"""The images of a data set, to choose one from."""

from pathlib import Path

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.picture_files import Pictures
from cocoqa_keras.errors import InputError

PAGE_SIZE = 12
MAX_QUESTIONS = 4


class Gallery:
    """Lists the images of a data set, those of the test part first, in pages.

    Args:
        dataset: the data set.
        pictures: where their pictures are.
    """

    def __init__(self, dataset: Dataset, pictures: Pictures) -> None:
        self._names = dataset.image_names
        self._pictures = pictures
        self._questions = _questions_by_image(dataset)
        self._ids = list(dict.fromkeys([*self._questions, *range(1, dataset.image_count + 1)]))
        self._positions = {image_id: position for position, image_id in enumerate(self._ids)}

    @property
    def page_count(self) -> int:
        """The number of pages, at least 1."""
        return -(-len(self._ids) // PAGE_SIZE)

    def page(self, number: int) -> list[int]:
        """The image ids of a page, which are counted from 1."""
        return self._ids[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]

    def page_of(self, image_id: int) -> int:
        """The page that an image is on."""
        return self._positions[image_id] // PAGE_SIZE + 1

    @property
    def first(self) -> int:
        """The id of the image that comes first."""
        return self._ids[0]

    def find(self, image_id: str) -> int:
        """The id of an image, from what came as text.

        Raises:
            InputError: there is no such image.
        """
        number = int(image_id) if image_id.isascii() and image_id.isdigit() and len(image_id) < 10 else 0
        if number not in self._positions:
            raise InputError(f"There is no image {image_id:.40}; they go from 1 to {len(self._ids)}.")
        return number

    def name(self, image_id: int) -> str:
        """The name of an image in its data set, such as its MS-COCO id."""
        return self._names[image_id - 1]

    def picture_file(self, image_id: int) -> Path | None:
        """The picture of an image, or None where there is no file of it."""
        place = self._pictures.find(self.name(image_id))
        return place if isinstance(place, Path) else None

    def questions_about(self, image_id: int) -> list[str]:
        """Some questions of the test part about an image, none where it has no part in it."""
        return self._questions.get(image_id, [])


def _questions_by_image(dataset: Dataset) -> dict[int, list[str]]:
    """Different questions of the test part by image, in the order of the part."""
    if dataset.test is None:
        return {}
    questions: dict[int, list[str]] = {}
    for image_id, words in zip(dataset.test.image_ids.tolist(), dataset.words_of("test"), strict=True):
        about = questions.setdefault(image_id, [])
        question = " ".join(words)
        if len(about) < MAX_QUESTIONS and question not in about:
            about.append(question)
    return questions
