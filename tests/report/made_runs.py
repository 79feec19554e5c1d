"""Run folders as training leaves them, as far as reports read them."""

import json

TYPES = ("object", "number", "color", "location")


def answered(
    question="what is in the picture", image="7", kind="object", truth="cat", answers=("cat", "dog")
):
    """A line of `predictions.jsonl`: the answers get the scores 0.5, 0.25, ..."""
    scored = [{"answer": answer, "score": 0.5 ** (1 + place)} for place, answer in enumerate(answers)]
    return {"question": question, "image": image, "type": kind, "truth": truth, "answers": scored}


def many_answered(count, right):
    """Different questions of all types in turn; `right` says whether that of a number is answered rightly."""
    return [
        answered(
            f"question of number {number}", str(number), TYPES[number % 4], "cat", _answers(right(number))
        )
        for number in range(count)
    ]


def write_run(folder, questions, summary=None):
    folder.mkdir(parents=True)
    lines = [json.dumps(question, ensure_ascii=False) + "\n" for question in questions]
    (folder / "predictions.jsonl").write_text("".join(lines), encoding="utf-8")
    if summary is not None:
        (folder / "run.json").write_text(json.dumps(summary))
    return folder


def _answers(is_right):
    return ("cat", "dog") if is_right else ("dog", "cat")
