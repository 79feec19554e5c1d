"""A model file (`*.model.yml`) as a typed, checked object."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr

from cocoqa_keras.errors import InputError
from cocoqa_keras.spec.inner_stages import find_inner_stages
from cocoqa_keras.spec.schema import Name, Names, Section, parse_section, shown
from cocoqa_keras.spec.stages import STAGE_TYPES, Stage
from cocoqa_keras.spec.yaml_document import YamlDocument, read_yaml
from cocoqa_keras.suggestion import suggestion

BATCH = "input"  # what a model file calls the batch itself
RESERVED_NAMES = (BATCH, "question", "image")  # names of the model's inputs

Cost = Literal[
    "crossEntIdx", "crossEntOne", "crossEntOneIdx", "crossEntOneAccIdx", "rankingLoss", "mse", "mseEye"
]
Decision = Literal["argmax", "argmaxDiff", "hardLimit", "round"]


class _ModelFile(Section):
    """The top level of a model file, its stages not yet read."""

    name: Name
    cost_fn: Cost
    decision_fn: Decision = "argmax"
    stages: tuple[str, ...]
    outputs: Names
    specs: tuple[Any, ...]


class ModelSpec(Section):
    """A model: its stages in order of computation, its output and its cost.

    Attributes:
        name: names the runs.
        cost_fn: the cost to train with.
        decision_fn: what turns outputs into answers.
        stages: the stages that are used, in order of computation.
        outputs: names of the stages whose values are the model's output.
        inner_stages: the stages inside its `sequential` and `recurrent` stages.
    """

    name: Name
    cost_fn: Cost
    decision_fn: Decision = "argmax"
    stages: tuple[Stage, ...] = Field(min_length=1)
    outputs: Names
    inner_stages: tuple[Stage, ...] = ()
    _document: YamlDocument | None = PrivateAttr(None)
    _overrides: dict[str, str] = PrivateAttr(default_factory=dict)
    _folder: Path | None = PrivateAttr(None)

    @property
    def path(self) -> Path:
        """The file it was read from; file names inside it are relative to this."""
        return self._document.path

    @property
    def text(self) -> str:
        """The file as it was read."""
        return self._document.text

    @property
    def overrides(self) -> dict[str, str]:
        """What was set when it was read, `stage.field` -> value, and so is not in the file."""
        return self._overrides

    @property
    def all_stages(self) -> tuple[Stage, ...]:
        """The stages in order of computation, then those inside of them."""
        return (*self.stages, *self.inner_stages)

    def __getitem__(self, name: str) -> Stage:
        """The stage called `name`, be it one inside another."""
        return next(stage for stage in self.all_stages if stage.name == name)

    def replace_stages(self, changes: dict[str, dict[str, Any]]) -> "ModelSpec":
        """A copy in which some stages have other values.

        Args:
            changes: stage name -> {Python field name: value}.
        """

        def changed(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
            return tuple(stage.model_copy(update=changes.get(stage.name, {})) for stage in stages)

        return self.model_copy(
            update={"stages": changed(self.stages), "inner_stages": changed(self.inner_stages)}
        )

    def shift_seeds(self, shift: int) -> "ModelSpec":
        """A copy in which every stage's random stream starts `shift` seeds later."""
        return self.replace_stages(
            {
                s.name: {"init_seed": (s.init_seed + shift) % 2**32}
                for s in self.all_stages
                if hasattr(s, "init_seed")
            }
        )

    def from_folder(self, folder: Path) -> "ModelSpec":
        """The same, read from a copy: file names inside it are relative to the folder that it came from."""
        spec = self.model_copy()
        spec._folder = folder
        return spec

    def find_file(self, stage: Stage, field: str) -> Path | None:
        """The file that a field of a stage names, relative to the spec's own folder.

        Args:
            stage: one of `all_stages`.
            field: the Python name of the field.

        Returns:
            its path; None where that lies outside of the folder, so that no spec reads what else there is on
            the machine, unless the field was set apart from the spec.
        """
        folder = self._folder or self.path.parent
        path = folder / getattr(stage, field)
        is_asked_for = f"{stage.name}.{_yaml_name(stage, field)}" in self._overrides
        return path if is_asked_for or _lies_in(folder, path) else None

    def resolve_file(self, stage: Stage, field: str) -> Path:
        """The same, where there has to be one.

        Raises:
            InputError: it lies outside of the spec's folder.
        """
        path = self.find_file(stage, field)
        if path is None:
            names = [description["name"] for description in self._document.data["specs"]]
            name = _yaml_name(stage, field)
            raise self._document.error(
                ("specs", names.index(stage.name), name),
                f"stage '{stage.name}', field '{name}': {shown(getattr(stage, field))} is outside of the "
                f"model file's folder; put it there, or ask for it by --set {stage.name}.{name}=FILE",
            )
        return path


def _yaml_name(stage: Stage, field: str) -> str:
    return type(stage).model_fields[field].alias


def _lies_in(folder: Path, path: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # no name that a file can have, or links in a circle
        return False


def load_spec(path: str | Path, overrides: dict[str, str] | None = None) -> ModelSpec:
    """Reads a model file.

    Args:
        path: a `.model.yml` file in the 2015 program's format.
        overrides: `stage.field` (as YAML names it) -> value, set before the file is checked.

    Raises:
        InputError: the file is missing or wrong; the message names file, line, stage and field, and
            the nearest right name.

    Reference:
        The 2015 program's model files: top level, stages, and their fields.
    """
    document = read_yaml(path)
    top = parse_section(_ModelFile, document, (), document.data, "the model")
    stages = _read_stages(document, top, overrides or {})
    _check_names(document, top, stages)
    _check_graph(document, top, stages)
    inner_stages = find_inner_stages(document, top.stages, stages)
    spec = ModelSpec.model_construct(
        name=top.name,
        cost_fn=top.cost_fn,
        decision_fn=top.decision_fn,
        stages=tuple(stages[name] for name in top.stages),
        outputs=top.outputs,
        inner_stages=inner_stages,
    )
    spec._document = document
    spec._overrides = dict(overrides or {})
    return spec


def _read_stages(document: YamlDocument, top: _ModelFile, overrides: dict[str, str]) -> dict[str, Stage]:
    stages: dict[str, Stage] = {}
    for index, description in enumerate(top.specs):
        stage = _read_stage(document, index, description, overrides)
        if stage.name in stages:
            raise document.error(
                ("specs", index, "name"), f"stage '{stage.name}' is described twice; rename one"
            )
        stages[stage.name] = stage
    for key in overrides:
        name, _, field = key.rpartition(".")
        if name not in stages:
            raise InputError(
                f"{document.path}: cannot set '{key}': no stage '{name}'{suggestion(name, stages)}"
            )
        if field in ("name", "type"):
            raise InputError(f"{document.path}: cannot set '{key}': name and type belong to the file")
    return stages


def _read_stage(document: YamlDocument, index: int, description: Any, overrides: dict[str, str]) -> Stage:
    location = ("specs", index)
    if not isinstance(description, dict):
        raise document.error(
            location, f"stage number {index + 1}: expected fields, found {shown(description)}"
        )
    name = description.get("name")
    owner = f"stage {shown(name)}" if name is not None else f"stage number {index + 1}"
    if "type" not in description:
        raise document.error(
            location, f"{owner}, field 'type': missing; add one of {', '.join(sorted(STAGE_TYPES))}"
        )
    kind = description["type"]
    if not isinstance(kind, str) or kind not in STAGE_TYPES:
        raise document.error(
            (*location, "type"),
            f"{owner}, field 'type': unknown type {shown(kind)}{suggestion(kind, STAGE_TYPES)}",
        )
    changes = {
        key.rpartition(".")[2]: value for key, value in overrides.items() if key.rpartition(".")[0] == name
    }
    return parse_section(STAGE_TYPES[kind], document, location, description, owner, changes)


def _check_names(document: YamlDocument, top: _ModelFile, stages: dict[str, Stage]) -> None:
    for index, description in enumerate(top.specs):
        if description["name"] in RESERVED_NAMES:
            message = f"stage '{description['name']}': the name is reserved for the model's input; rename it"
            raise document.error(("specs", index, "name"), message)
    if not top.stages:
        raise document.error(("stages",), "the model, field 'stages': empty; list the stages in order")
    for index, name in enumerate(top.stages):
        if name not in stages:
            message = (
                f"the model, field 'stages': no stage {shown(name)} is described{suggestion(name, stages)}"
            )
            raise document.error(("stages", index), message)
        if name in top.stages[:index]:
            raise document.error(("stages", index), f"the model, field 'stages': '{name}' is listed twice")
    if not top.outputs:
        raise document.error(("outputs",), "the model, field 'outputs': empty; name the last stage")
    for name in top.outputs:
        if name not in top.stages:
            message = f"no stage {shown(name)} in 'stages'{suggestion(name, top.stages)}"
            raise document.error(("outputs",), f"the model, field 'outputs': {message}")


def _check_graph(document: YamlDocument, top: _ModelFile, stages: dict[str, Stage]) -> None:
    """Every used stage reads stages that are computed before it."""
    index_of = {description["name"]: index for index, description in enumerate(top.specs)}
    computed = {BATCH}
    for name in top.stages:
        location = ("specs", index_of[name], "inputs")
        if not stages[name].inputs:
            raise document.error(location, f"stage '{name}', field 'inputs': empty; name a stage or 'input'")
        for source in stages[name].inputs:
            if source not in computed:
                problem = _explain_input(name, source, top, stages)
                raise document.error(location, f"stage '{name}', field 'inputs': {problem}")
        computed.add(name)


def _explain_input(name: str, source: str, top: _ModelFile, stages: dict[str, Stage]) -> str:
    if source not in stages:
        return f"unknown stage {shown(source)}{suggestion(source, [*stages, BATCH])}"
    if source not in top.stages:
        return f"stage '{source}' is described but not listed in 'stages'; list it before '{name}'"
    cycle = _chain(source, name, stages)
    if cycle:
        names = [name, *cycle]
        shown_names = names if len(names) <= 12 else [*names[:6], "...", *names[-6:]]
        return f"a cycle: {' -> '.join(shown_names)}; a stage cannot depend on itself"
    return f"stage '{source}' is computed after '{name}'; list it earlier in 'stages'"


def _chain(start: str, goal: str, stages: dict[str, Stage]) -> list[str] | None:
    """The shortest chain of inputs that leads from `start` to `goal`, both included."""
    came_from = {start: None}
    waiting = [start]
    for name in waiting:
        if name == goal:
            return _way_back(goal, came_from)[::-1]
        for source in stages[name].inputs if name in stages else ():
            if source not in came_from:
                came_from[source] = name
                waiting.append(source)
    return None


def _way_back(name: str | None, came_from: dict[str, str | None]) -> list[str]:
    way = []
    while name is not None:
        way.append(name)
        name = came_from[name]
    return way
