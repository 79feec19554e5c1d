"""What every settings file shares: strict fields, and errors that name file, line and field."""

import re
import reprlib
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from cocoqa_keras.errors import InputError
from cocoqa_keras.spec.yaml_document import YamlDocument
from cocoqa_keras.suggestion import nearest, suggestion


def _not_a_boolean(value: Any) -> Any:
    """Python takes true for the number 1; a settings file does not."""
    if isinstance(value, bool):
        raise ValueError("should be a number")
    return value


Integer = Annotated[int, BeforeValidator(_not_a_boolean)]
Number = Annotated[float, BeforeValidator(_not_a_boolean)]
Size = Annotated[Integer, Field(ge=1, le=2**31 - 1)]
Count = Annotated[Integer, Field(ge=0, le=2**31 - 1)]
Seed = Annotated[Integer, Field(ge=0, le=2**32 - 1)]
NonNegative = Annotated[Number, Field(ge=0)]


def _split_names(value: Any) -> Any:
    """Lists of stages are written `a, b` in YAML."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


def _plain_name(name: str) -> str:
    """Names become file and layer names, so nothing that could lead out of a folder may be in them."""
    if (
        not name
        or not all(c.isascii() and (c.isalnum() or c in "_-+.") for c in name)
        or not name[0].isalnum()
    ):
        raise ValueError("a name has letters, digits and _ - + . and starts with a letter or digit")
    return name


Name = Annotated[str, AfterValidator(_plain_name)]
Names = Annotated[tuple[str, ...], BeforeValidator(_split_names)]


class Section(BaseModel):
    """A mapping of a settings file: camelCase in YAML, snake_case in Python, nothing unknown, never changed.

    Numbers may be written in any way Python reads them (YAML takes `5e-5` for a string).
    """

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=()
    )

    @classmethod
    def yaml_names(cls) -> list[str]:
        """The field names as a YAML file writes them."""
        return [field.alias for field in cls.model_fields.values()]


_ABRIDGED = reprlib.Repr()
_ABRIDGED.maxlevel, _ABRIDGED.maxlist, _ABRIDGED.maxdict = 2, 3, 3
_ABRIDGED.maxstring = _ABRIDGED.maxlong = _ABRIDGED.maxother = 60

SectionType = TypeVar("SectionType", bound=Section)


def parse_section(
    section: type[SectionType],
    document: YamlDocument,
    location: tuple[str | int, ...],
    data: Any,
    owner: str,
    overrides: Mapping[str, Any] | None = None,
) -> SectionType:
    """Checks `data`, the part of `document` at `location`, against a section's fields.

    Args:
        section: the class that lists the fields.
        document: where the data come from.
        location: keys and indices that lead to `data` in the document.
        data: what the document holds there.
        owner: how errors name the section, such as `stage 'lstm'`.
        overrides: fields that were set apart from the document, and count before it.

    Raises:
        InputError: the first field that is unknown, missing or of the wrong kind.
    """
    if not isinstance(data, dict):
        raise document.error(location, f"{owner}: expected fields (`name: value`), found {shown(data)}")
    try:
        return section.model_validate(_overridden(section, data, overrides or {}))
    except ValidationError as error:
        # A misspelt field is unknown, and the right one missing: the first of these says more.
        problems = error.errors(include_url=False)
        first = min(problems, key=lambda problem: problem["type"] != "extra_forbidden")
        message = f"{owner}, field {_explain(first, section)}"
        if overrides and first["loc"][:1] and first["loc"][0] in overrides:
            raise InputError(f"{document.path}, with fields set on the command line: {message}") from error
        raise document.error((*location, *first["loc"]), message) from error


def _overridden(section: type[Section], data: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with those set apart from the document, whichever of their names either uses."""
    for field in section.model_fields.values():
        names = getattr(field.validation_alias, "choices", [])
        if any(name in overrides for name in names):
            data = {name: value for name, value in data.items() if name not in names}
    return {**data, **overrides}


def shown(value: Any) -> str:
    """A value for an error message: on one line, cut short where it is long or deep."""
    return _ABRIDGED.repr(value)


def _explain(problem: dict[str, Any], section: type[Section]) -> str:
    field = ".".join(str(step) for step in problem["loc"])
    name = shown(field)
    if problem["type"] == "extra_forbidden":
        return f"{name}: unknown{suggestion(field, section.yaml_names())}"
    if problem["type"] == "missing":
        return f"{name}: missing; add it"
    reason = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{name}: {reason}, found {shown(problem['input'])}{_nearest_choice(problem)}"


def _nearest_choice(problem: dict[str, Any]) -> str:
    if problem["type"] != "literal_error" or not isinstance(problem["input"], str):
        return ""
    near = nearest(problem["input"], re.findall("'([^']*)'", problem["ctx"]["expected"]))
    return f" (did you mean '{near}'?)" if near else ""
