"""Questions, pictures and answers as a LaTeX document."""

import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import answered, write_run
from PIL import Image

from cocoqa_keras.data.picture_files import Pictures
from cocoqa_keras.data.pictures import read_picture
from cocoqa_keras.errors import InputError
from cocoqa_keras.report.answers import read_answers
from cocoqa_keras.report.latex import escape_latex, write_latex
from cocoqa_keras.report.question_list import ListedQuestion
from cocoqa_keras.report.shown_question import ShownQuestion, shown_questions

HOSTILE = r"50% of $x_1$ & {more} \end{document} <script>alert(1)</script> #1 ~ ^ a--b ''c'' `d` \"e\""
URL = "http://images.cocodataset.org/train2014/COCO_train2014_000000000009.jpg?a=%20&b=#c"

# All that LaTeX may get to see of a text.
ESCAPED = re.compile(
    r"([A-Za-z0-9 !()*+./:;=?@|\[\]¡£«»¿À-ž\u0218-\u021b\u2013-\u201d]"
    r"|[-,'`](?![-,'`])|(?<=[!?,'`-])\{\}(?=[,'`-])"
    r"|\\[{}$&#%_]|\\text[a-z]+\{\}|\{\\fboxsep=1pt\\fbox\{\?\}\}\\allowbreak\{\}|\\allowbreak\{\})*"
)


@pytest.fixture
def run(tmp_path):
    lines = [
        answered("what is it", "7", truth="cat", answers=("cat", "dog", "cow")),
        answered("what is there", "8", truth="cow", answers=("dog", "cow")),
    ]
    return read_answers(write_run(tmp_path / "run", lines))


@pytest.fixture
def pictures(tmp_path):
    """A PNG that is wide and one in colours that pdflatex lacks, and an address."""
    Image.new("RGB", (3000, 10)).save(tmp_path / '7 "quoted" & %.png')
    Image.new("P", (20, 30)).save(tmp_path / "8.gif")
    return Pictures({"7": tmp_path / '7 "quoted" & %.png', "8": tmp_path / "8.gif", "9": URL})


@pytest.fixture
def compiled(tmp_path, run, pictures):
    """Makes a PDF of questions; returns the text in it, without white space."""
    if (
        None in map(shutil.which, ("pdflatex", "kpsewhich", "pdftotext"))
        or _output("kpsewhich", "lmodern.sty") == ""
    ):
        pytest.skip("no PDF is made: pdflatex, the fonts lmodern or pdftotext are missing")

    def compile_document(*questions):
        folder = write_latex(questions, [run], tmp_path / "out", pictures).parent
        log = _output("pdflatex", "-interaction=nonstopmode", "-halt-on-error", "document.tex", cwd=folder)
        assert (folder / "document.pdf").is_file(), log
        assert "Overfull \\hbox" not in log
        return "".join(_output("pdftotext", "-raw", "document.pdf", "-", cwd=folder).split())

    return compile_document


def _output(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, capture_output=True, timeout=100)
    return done.stdout.decode("utf-8", "replace").strip()


# Escaping.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\{}$&#%_", r"\textbackslash{}\{\}\$\&\#\%\_"),
        ("^~<>", r"\textasciicircum{}\textasciitilde{}\textless{}\textgreater{}"),
        ("\"'`", r"\textquotedbl{}'{}`"),
        ("a---b, it's,, ?`", "a-{}-{}-b, it's,{}, ?{}`"),
        ("  a\n\tb\u00a0c ", "a b c"),
        ("Straße, Łódź", "Straße, Łódź"),
        ("e\u0301", "é"),
        ("ắ", "a"),
        ("中", r"{\fboxsep=1pt\fbox{?}}\allowbreak{}"),
        ("\x07", r"{\fboxsep=1pt\fbox{?}}\allowbreak{}"),
        ("x" * 20, "x" * 20),
        ("x" * 21, r"\allowbreak{}".join("x" * 21)),
        ("", ""),
    ],
)
def test_text_is_escaped(text, expected):
    assert escape_latex(text) == expected


@given(st.text(st.sampled_from("\\{}$&#%_^~<>\"'`-,!? aé\n") | st.characters()))
def test_any_text_is_harmless(text):
    escaped = escape_latex(text)
    assert ESCAPED.fullmatch(escaped)
    bare = re.sub(r"\\[{}]", "", escaped)
    depths = [bare[:end].count("{") - bare[:end].count("}") for end in range(len(bare) + 1)]
    assert min(depths) == depths[-1] == 0


# What the document has.


def test_questions_truths_and_marked_answers_are_there(run, pictures, tmp_path):
    other = read_answers(write_run(tmp_path / "other", [answered(), answered(answers=("cow", "dog"))]))
    shown = shown_questions(
        {"a_b": run, "other": other}, [ListedQuestion(1, "why & how"), ListedQuestion(0, "")], 2
    )
    document = write_latex(shown, [run, other], tmp_path / "out", pictures)
    body = " ".join((document.parent / "questions.tex").read_text().split())
    assert r"\textbf{1} what is there \par Truth: cow" in body
    assert r"a\_b: \wronganswer{dog}~\answerscore{0.50}, \rightanswer{cow}~\answerscore{0.25} \par" in body
    assert r"other: \rightanswer{cow}~\answerscore{0.50}, \wronganswer{dog}~\answerscore{0.25}" in body
    assert r"why \& how" in body
    assert body.index("what is there") < body.index("what is it")
    assert r"a\_b: \rightanswer{cat}~\answerscore{0.50}, \wronganswer{dog}~\answerscore{0.25} \par" in body
    assert "\\section*{What a\\_b and other answered}" in document.read_text()


def test_answers_are_neither_right_nor_wrong_where_the_truth_is_not_known(run, pictures, tmp_path):
    shown = ShownQuestion(0, "7", "what is it", "", {"run": run.questions[0].answers})
    body = (write_latex([shown], [run], tmp_path / "out", pictures).parent / "questions.tex").read_text()
    assert r"\openanswer{cat}" in body
    assert "Truth" not in body
    assert r"\rightanswer{" not in body
    assert r"\wronganswer{" not in body


def test_pictures_lie_beside_the_document_once_each_and_small(run, pictures, tmp_path):
    shown = [
        ShownQuestion(n, image, "", "", {})
        for n, image in ((5, "7"), (6, "8"), (5, "7"), (3, "9"), (4, "10"))
    ]
    folder = write_latex(shown, [run], tmp_path / "out", pictures).parent
    assert {path.name for path in (folder / "pictures").iterdir()} == {"5.png", "6.jpg"}
    body = (folder / "questions.tex").read_text()
    assert body.count(r"\questionpicture{pictures/5.png}") == 2
    assert r"\missingpicture{Picture 10 is missing}" in body
    assert r"\missingpicture{Picture 9:\\h\allowbreak{}t\allowbreak{}t\allowbreak{}p" in body
    assert read_picture(folder / "pictures" / "5.png").shape == (4, 1200, 3)
    assert read_picture(folder / "pictures" / "6.jpg").shape == (30, 20, 3)


def test_a_picture_that_cannot_be_read_is_named_and_leaves_nothing_behind(run, tmp_path):
    (tmp_path / "7.jpg").write_text("no picture")
    shown = [ShownQuestion(0, "7", "", "", {})]
    with pytest.raises(InputError, match=r"7.jpg: not a picture"):
        write_latex(shown, [run], tmp_path / "out", Pictures({"7": tmp_path / "7.jpg"}))
    assert {path.name for path in tmp_path.iterdir()} == {"run", "7.jpg"}


# The PDF.


def test_the_pdf_shows_what_is_in_the_texts(compiled, run):
    answers = {"a_b & 100%": run.questions[0].answers}
    text = compiled(
        ShownQuestion(5, "7", HOSTILE, "cat", answers, "Ça, Straße; Łódź"),
        *(ShownQuestion(6 + n, image, "short", "", answers) for n, image in enumerate(["8", "9", "none"])),
    )
    printed = HOSTILE.translate({ord("'"): "\u2019", ord("`"): "\u2018"})  # an apostrophe is curved in text
    assert f"5{''.join(printed.split())}Truth:cat" in text
    for words in (
        "Ça,Straße;Łódź",
        "Picturenoneismissing",
        f"Picture9:{URL}",
        "a_b&100%:cat(0.50),dog(0.25)",
    ):
        assert words in text


def test_every_character_compiles(compiled):
    # All that T1 has, and some hundreds that it has not.
    text = " ".join(map(chr, [*range(0x250), *range(0x370, 0x380), *range(0x2000, 0x2070), 0x1F600, 0xD800]))
    printed = compiled(ShownQuestion(0, "none", text, "", {"m": []}))
    for character in "!~¡£«»¿ÀÖØöøŁľŞšŽž\u2013\u2014\u2018\u2019\u201c\u201d":
        assert character in printed
