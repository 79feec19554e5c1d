"""Parts of a data set as pandas tables."""

from typing import TYPE_CHECKING

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def frame_of(dataset: Dataset, name: str) -> "pd.DataFrame":
    """A part of a data set in words.

    Args:
        dataset: the data set.
        name: the part, `train`, `valid` or `test`.

    Returns:
        a row per question, with the columns `question` and `answer` (text), `image` (its name, such as an
        MS-COCO id) and `type` (`object`, `number`, `color` or `location`; guessed where no file tells it).

    Raises:
        InputError: there is no such part, or pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise InputError("tables need pandas; install it with: pip install pandas") from error
    split = dataset.split(name)
    types = [kind.name.lower() for kind in QuestionType]
    return pd.DataFrame(
        {
            "question": [" ".join(words) for words in dataset.words_of(name)],
            "answer": dataset.answers.decode(split.answers.tolist()),
            "image": [dataset.image_names[image - 1] for image in split.image_ids.tolist()],
            "type": pd.Categorical.from_codes(dataset.types_of(name), types),
        }
    )
