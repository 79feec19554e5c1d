"""The stages inside the `sequential` and `recurrent` stages of a model file, found and checked."""

from collections.abc import Mapping, Sequence

from cocoqa_keras.errors import InputError
from cocoqa_keras.spec.schema import shown
from cocoqa_keras.spec.stages import Dropout, Graph, Recurrent, Reference, Sequential, Stage
from cocoqa_keras.spec.yaml_document import YamlDocument
from cocoqa_keras.suggestion import suggestion

GRAPH_INPUT = "input"  # what the stages of a `recurrent` call its input


def find_inner_stages(
    document: YamlDocument, used: Sequence[str], described: Mapping[str, Stage]
) -> tuple[Stage, ...]:
    """The stages inside the graphs that a model uses, and inside the graphs among those, and so on.

    Args:
        document: the model file.
        used: names of the stages that the model itself lists.
        described: every stage of the file by name, in the file's order.

    Raises:
        InputError: a stage that is not described or belongs to two places, or one that does not fit there.
    """
    places = dict.fromkeys(used, "the model")
    graphs = [(described[name], False) for name in used if isinstance(described[name], Graph)]
    inner = []
    for graph, is_in_time in graphs:
        is_in_time = is_in_time or isinstance(graph, Recurrent)
        for name in graph.stages:
            if name not in described:
                problem = f"no stage {shown(name)} is described{suggestion(name, described)}"
                raise _error(document, described, graph, "stages", problem)
            if name in places:
                problem = f"'{name}' is listed by {places[name]} already; describe another one"
                raise _error(document, described, graph, "stages", problem)
            stage = described[name]
            places[name] = f"stage '{graph.name}'"
            inner.append(stage)
            if isinstance(stage, Graph):
                graphs.append((stage, is_in_time))
            if is_in_time and isinstance(stage, Dropout):
                problem = f"a mask is for all steps; put '{name}' before or after the recurrent stage"
                raise _error(document, described, graph, "stages", problem)
        check = _check_chain if isinstance(graph, Sequential) else _check_recurrence
        check(document, described, graph)
    return tuple(inner)


def _error(
    document: YamlDocument, described: Mapping[str, Stage], stage: Stage, field: str, problem: str
) -> InputError:
    location = ("specs", list(described).index(stage.name), field)
    return document.error(location, f"stage '{stage.name}', field '{field}': {problem}")


def _check_chain(document: YamlDocument, described: Mapping[str, Stage], graph: Sequential) -> None:
    for name in graph.stages:
        if described[name].inputs:
            problem = f"should be empty, since '{graph.name}' chains its stages"
            raise _error(document, described, described[name], "inputs", problem)


def _check_recurrence(document: YamlDocument, described: Mapping[str, Stage], graph: Recurrent) -> None:
    computed = [GRAPH_INPUT]
    for name in graph.stages:
        stage = described[name]
        if not stage.recurrent:
            problem = f"should be true, since '{graph.name}' computes it at every step"
            raise _error(document, described, stage, "recurrent", problem)
        if not stage.inputs:
            raise _error(document, described, stage, "inputs", "empty; name a stage, such as input(0)")
        for text in stage.inputs:
            problem = _problem_of(text, computed, graph, described)
            if problem:
                raise _error(document, described, stage, "inputs", f"{shown(text)}: {problem}")
        computed.append(name)
    for name in graph.outputs:
        if name not in graph.stages:
            problem = f"no stage {shown(name)} in 'stages'{suggestion(name, graph.stages)}"
            raise _error(document, described, graph, "outputs", problem)


def _problem_of(
    text: str, computed: Sequence[str], graph: Recurrent, described: Mapping[str, Stage]
) -> str | None:
    """What is wrong with an input of a stage of a recurrent graph, if anything is."""
    try:
        reference = Reference.parse(text)
    except ValueError as error:
        return str(error)
    name = reference.stage
    if name not in (*graph.stages, GRAPH_INPUT):
        return f"no such stage in '{graph.name}'{suggestion(name, [*graph.stages, GRAPH_INPUT])}"
    if reference.is_present:
        if name not in computed:
            return f"'{name}' is computed later in a step; list it earlier in 'stages' of '{graph.name}'"
        return None
    if reference.step >= graph.timespan or -reference.step > graph.timespan:
        return f"'{graph.name}' has {graph.timespan} steps"
    if name != GRAPH_INPUT and described[name].output_dim is None:
        return f"'{name}' is read at another step, so give it an outputDim"
    return None
