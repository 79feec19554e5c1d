"""The training configuration (`train.yml`) as a typed, checked object."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from cocoqa_keras.spec.schema import Count, NonNegative, Number, Section, Size, parse_section
from cocoqa_keras.spec.yaml_document import read_yaml


class TrainingConfig(Section):
    """How to train: lengths, batches, when to stop, what to write.

    Attributes:
        num_epoch: epochs at most, in each round.
        batch_size: examples a step; the last, smaller batch counts.
        shuffle: whether every epoch permutes the examples anew.
        criterion: the score that early stopping watches: the loss, or one minus the rate of right answers.
        patience: epochs without a better validation score before the first round stops.
        need_valid: whether the first round validates; without, there is a single round.
        step_size: batches between validations; by default an epoch.
        held_out_ratio: share of the training examples to validate on where there is no `valid.npy`.
        xvalid_no: which block of that size is held out, from 0.
        stop_score: end once the training score is below it.
        stop_cost: end once the training loss is below it; 0 for never.
        write_record: write the `.csv`.
        save_model: write the weights and the model.
        plot_figs: write the plots: loss, error, rates by question type, and confusion of answers.
        progress: show a progress bar on a terminal.
        calc_error: taken for compatibility; rates are always computed.
        send_email: taken for compatibility; no mail is ever sent.

    Reference:
        The 2015 program's `train.yml`.
    """

    num_epoch: Size = 2000
    batch_size: Size = 100
    shuffle: bool = True
    criterion: Literal["loss", "rate"] = "loss"
    patience: Count = 10
    need_valid: bool = True
    step_size: Size | None = None
    held_out_ratio: Annotated[Number, Field(gt=0, lt=1)] = 0.1
    xvalid_no: Count = 0
    stop_score: Number | None = None
    stop_cost: NonNegative = 0.0
    write_record: bool = True
    save_model: bool = True
    plot_figs: bool = True
    progress: bool = True
    calc_error: bool = True
    send_email: bool = False


def load_training_config(path: str | Path, overrides: dict[str, Any] | None = None) -> TrainingConfig:
    """Reads a training configuration.

    Args:
        path: a `train.yml` in the 2015 program's format; fields that are left out have their defaults.
        overrides: field (as YAML names it) -> value, set before the file is checked.

    Raises:
        InputError: the file is missing or wrong; the message names file, line and field.
    """
    document = read_yaml(path)
    data = {} if document.data is None else document.data
    return parse_section(TrainingConfig, document, (), data, "the training configuration", overrides)
