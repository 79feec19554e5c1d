"""A run as the page shows it: its model, its images, and what it is worth."""

from dataclasses import dataclass
from pathlib import Path

from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.data.picture_files import open_pictures
from cocoqa_keras.demo_page.gallery import Gallery
from cocoqa_keras.demo_page.questioner import Questioner, Reply
from cocoqa_keras.demo_page.upload import Upload
from cocoqa_keras.evaluation.image_source import ImageSource
from cocoqa_keras.models.image_features import check_features, open_features
from cocoqa_keras.spec.model_spec import ModelSpec


@dataclass(frozen=True)
class DemonstratedRun:
    """What the page asks.

    Attributes:
        name: the run's.
        model_name: the name of its model.
        test_rate: the share of right answers on the test part, or None where it was not measured.
        questioner: answers.
        images: where features of images are found, or None for a model that takes no image.
        gallery: the images to choose from, or None likewise.
    """

    name: str
    model_name: str
    test_rate: float | None
    questioner: Questioner
    images: ImageSource | None = None
    gallery: Gallery | None = None

    @property
    def takes_uploads(self) -> bool:
        """Whether the model can be asked about a picture that is not in the data set."""
        return self.images is not None and self.images.takes_pictures

    def ask_about_image(self, question: str, image_id: int | None) -> Reply:
        """Answers a question about an image of the data set; None for a model that takes no image.

        Raises:
            InputError: it cannot be answered.
        """
        features = None if image_id is None else self.images.read([image_id])[0]
        return self.questioner.ask(question, features)

    def ask_about_upload(self, question: str, upload: Upload) -> Reply:
        """Answers a question about a user's own picture.

        Raises:
            InputError: it cannot be answered.
        """
        return self.questioner.ask(question, self.images.features_of(upload.picture))


def open_images(
    spec: ModelSpec, width: int, data: Path, features: Path | None, pictures: Path | None
) -> tuple[ImageSource, Gallery]:
    """The images of a data set, for a model that takes some.

    Args:
        spec: the model file.
        width: the number of features of an image that the model takes.
        data: the data folder.
        features: the file of the image features; by default it is looked for, see `open_features`.
        pictures: the folder of the pictures; by default it is looked for, see `open_pictures`.

    Raises:
        InputError: the data, the features or the pictures are missing, damaged, or do not fit.
    """
    dataset = load_dataset(data)
    opened = open_features(spec, data, features)
    check_features(opened, spec.name, width)
    opened.check_images(dataset.image_names)
    return ImageSource(opened, data), Gallery(dataset, open_pictures(pictures, None, data))
