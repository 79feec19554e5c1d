"""The paper's table with ours beside it."""

from cocoqa_keras.reproduce.report import mean_figures, rows_plot, table_of
from cocoqa_keras.reproduce.result import RowResult

PUBLISHED = {"BOW": {"rate": 0.4, "WUPS 0.9": 0.5, "WUPS 0.0": 0.8, "object": 0.3}}


def result(**figures):
    return RowResult(figures=figures, interval=(0.1, 0.9), epochs=(2, 1), seconds=60)


def line(results):
    """The cells of our line, by heading."""
    table = table_of({"BOW": results}, PUBLISHED)
    return dict(zip([heading for heading, _ in table.columns], table.rows[1], strict=True))


def test_seeds_have_mean_and_spread():
    cells = line([result(rate=0.25, object=0.5), result(rate=0.75, object=0.25)])
    assert (cells["rate"], cells["object"]) == ("0.5000", "0.3750")
    assert (cells["ours - paper"], cells["95 %"]) == ("+0.1000", "-0.1500, +0.3500")
    assert (cells["epochs"], cells["minutes"]) == ("2 + 1; 2 + 1", "1; 1")


def test_a_figure_that_a_seed_lacks_is_missing():
    """Where one seed was tested with WordNet and the other without."""
    wups = {"WUPS 0.9": 0.5, "WUPS 0.0": 0.75}
    for results in (
        [result(rate=0.25, **wups), result(rate=0.75)],
        [result(rate=0.25), result(rate=0.75, **wups)],
    ):
        assert mean_figures(results) == {"rate": 0.5}
        cells = line(results)
        assert (cells["rate"], cells["WUPS 0.9"], cells["WUPS 0.0"]) == ("0.5000", "", "")
        assert rows_plot({"BOW": results}, PUBLISHED).axes
    assert line([result(rate=0.25, **wups)] * 2)["WUPS 0.0"] == "0.7500"
