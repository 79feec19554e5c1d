"""cocoqa-predict: a trained model's answers to questions in words."""

import json
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from cocoqa_keras.cli.command import command, run
from cocoqa_keras.cli.options import DataOfRun, FeaturesOfRun
from cocoqa_keras.cli.output import print_table
from cocoqa_keras.cli.predict_files import fingerprint, open_questions, print_answers, write_answers
from cocoqa_keras.cli.run_folder import open_answerer
from cocoqa_keras.errors import InputError
from cocoqa_keras.tables import Table


def predict(
    run_folder: Annotated[Path, Argument(metavar="RUN", help="Folder of a finished run.")],
    question: Annotated[str | None, Option(help="The question.")] = None,
    image: Annotated[
        str | None,
        Option(
            help="Image to ask about: its id in the encoded data (from 1), coco:ID (MS-COCO), or, with a "
            "model whose features tell what made them, a picture file."
        ),
    ] = None,
    data: DataOfRun = None,
    features: FeaturesOfRun = None,
    top_k: Annotated[int, Option(min=1, help="How many answers.")] = 5,
    json_: Annotated[bool, Option("--json", help="Print JSON instead of a table.")] = False,
    input_: Annotated[
        str | None,
        Option(
            "--input",
            metavar="FILES",
            help='Many questions, {"question": ..., "image": ...} a line: a file, or several by wildcards in '
            "quotes; also behind a URL, as in 's3://bucket/questions-*.jsonl'. Each line is printed again "
            "with the fields answers and unknown_words, which it must not have before.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        Option(
            metavar="FOLDER",
            help="Write the answers to this folder or URL instead: a file for each of the input, or several, "
            "in a folder of its name, for one above 16 MiB. Run it again to go on where it was stopped.",
        ),
    ] = None,
    shard: Annotated[
        str | None,
        Option(
            metavar="K/N",
            help="Answer the K-th of N shares of --input, K from 1, where N processes do the work together: "
            "--shard $((JOB_COMPLETION_INDEX + 1))/8 in an indexed job of Kubernetes, "
            "--shard $SLURM_ARRAY_TASK_ID/8 with sbatch --array=1-8.",
        ),
    ] = None,
) -> None:
    """Answer a question about an image, or many.

    Try it: cocoqa-predict RUN --question "what is in the picture?" --image 1
    """
    if (question is None) == (input_ is None):
        raise InputError("give a --question, or many in --input FILES; one of them")
    if input_ is not None:
        if image is not None:
            raise InputError("--image goes with --question; each line of --input names its own image")
        questions = open_questions(input_, output, shard)
        answerer = open_answerer(run_folder, data, features)
        if output is None:
            print_answers(questions, answerer, top_k)
        else:
            write_answers(questions, answerer, top_k, output, fingerprint(run_folder, answerer.images))
        return
    if output is not None or shard is not None:
        raise InputError("--output and --shard go with --input FILES")
    _check_question(run_folder, question, image)
    answerer = open_answerer(run_folder, data, features)
    from cocoqa_keras.evaluation.queries import answer_queries

    query = {"question": question} if image is None else {"question": question, "image": image}
    (result,) = answer_queries([query], answerer, top_k)
    if json_:
        print(json.dumps(result, indent=2))
    else:
        _print_table(result)


def _check_question(run_folder: Path, question: str, image: str | None) -> None:
    """Refuses what cannot be asked, before TensorFlow is imported, which takes seconds."""
    from cocoqa_keras.data.vocabulary import tokenize
    from cocoqa_keras.models.roles import InputRoles
    from cocoqa_keras.training.run_files import find_model, read_spec

    if not tokenize(question):
        raise InputError(f"--question {question!r} has no words; ask something")
    find_model(run_folder)
    spec = read_spec(run_folder)
    takes_image = bool(InputRoles.of(spec).image_tables)
    if takes_image and image is None:
        raise InputError(f"model {spec.name} answers about an image; name one with --image")
    if image is not None and not takes_image:
        raise InputError(f"model {spec.name} takes no image; leave --image {image} out")


def _print_table(result: dict[str, Any]) -> None:
    table = Table(result["question"], (("answer", "left"), ("score", "right")))
    for entry in result["answers"]:
        table.add(entry["answer"], f"{entry['score']:.4f}")
    if result["unknown_words"]:
        table.note = f"Words that the model does not know: {', '.join(result['unknown_words'])}"
    print_table(table)


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run(command(predict), argv)
