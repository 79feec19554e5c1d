"""New questions about pictures of the test part, answered by several models."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cocoqa_keras.data.picture_files import Pictures
from cocoqa_keras.evaluation.image_source import COCO_PREFIX
from cocoqa_keras.files import write_text
from cocoqa_keras.report.answers import RunAnswers, ScoredAnswer
from cocoqa_keras.report.folder import report_folder
from cocoqa_keras.report.picture_sources import PictureSources
from cocoqa_keras.report.question_list import NewQuestion
from cocoqa_keras.report.rendering import html_templates
from cocoqa_keras.report.shown_question import ShownQuestion

if TYPE_CHECKING:
    from cocoqa_keras.evaluation.answerer import Answerer

PAGE = "index.html"


def answer_new_questions(
    questions: Sequence[NewQuestion],
    images: Sequence[str],
    answerers: Mapping[str, "Answerer"],
    top_k: int,
) -> list[ShownQuestion]:
    """Asks every model.

    Args:
        questions: the questions.
        images: for each of them the name of its image, an MS-COCO id.
        answerers: the models by name.
        top_k: how many answers of each.

    Returns:
        the questions as they are to be shown; the note tells the words that a model does not know.

    Raises:
        InputError: a model's data have no such image.
    """
    best = {name: _ask(answerer, questions, images, top_k) for name, answerer in answerers.items()}
    return [
        ShownQuestion(
            asked.number,
            image,
            asked.question,
            asked.answer,
            {name: answers[place] for name, answers in best.items()},
            _note(asked.question, answerers),
        )
        for place, (asked, image) in enumerate(zip(questions, images, strict=True))
    ]


def write_answers_page(
    questions: Sequence[ShownQuestion],
    runs: Sequence[RunAnswers],
    output: Path,
    pictures: Pictures,
    embeds: bool,
) -> Path:
    """Writes a page of questions: `index.html`.

    Args:
        questions: the questions, at least one, in their order.
        runs: the runs that the answers are from.
        output: the folder to write; an older report there is replaced.
        pictures: where the pictures are.
        embeds: put thumbnails of picture files into the page, instead of links to the files.

    Returns:
        the page.

    Raises:
        InputError: the folder holds something else, or cannot be written to.
    """
    sources = PictureSources(pictures, output, embeds)
    template = html_templates().get_template("ask.html")
    with report_folder(output, runs) as folder:
        page = template.render(
            models=list(questions[0].answers),
            questions=questions,
            sources={shown.image: sources.find(shown.image) for shown in questions},
        )
        write_text(folder / PAGE, page)
    return output / PAGE


def _ask(
    answerer: "Answerer", questions: Sequence[NewQuestion], images: Sequence[str], top_k: int
) -> list[list[ScoredAnswer]]:
    best = answerer.answer(
        [asked.question for asked in questions],
        [f"{COCO_PREFIX}{image}" for image in images] if answerer.takes_image else None,
        top_k,
    )
    return [
        [ScoredAnswer(answer, score) for answer, score in zip(answers, scores, strict=True)]
        for answers, scores in zip(best.answers, best.scores.tolist(), strict=True)
    ]


def _note(question: str, answerers: Mapping[str, "Answerer"]) -> str:
    """Which words are unknown to which models."""
    models: dict[tuple[str, ...], list[str]] = {}
    for name, answerer in answerers.items():
        models.setdefault(tuple(answerer.unknown_words(question)), []).append(name)
    return "; ".join(
        f"unknown to {', '.join(names)}: {' '.join(words)}" for words, names in models.items() if words
    )
