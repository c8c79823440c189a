"""The error tree drawn in the docstring is the one that exists, and codes are stable words."""

import re

from facegate import errors
from facegate.errors import FacegateError


def _tree(cls: type[FacegateError]) -> list[type[FacegateError]]:
    return [cls, *(child for sub in cls.__subclasses__() for child in _tree(sub))]


def test_the_drawn_tree_is_the_real_one() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or "")) | {"FacegateError"}
    assert drawn == {cls.__name__ for cls in _tree(FacegateError)}


def test_codes_are_snake_case_and_drawn() -> None:
    for cls in _tree(FacegateError):
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", cls.default_code)
        if cls.__subclasses__() == [] and cls is not FacegateError:
            assert cls.default_code in (errors.__doc__ or ""), cls


def test_details_are_a_copy() -> None:
    given = {"name": "a.jpg"}
    error = FacegateError("a.jpg is empty.", details=given)
    given["name"] = "b.jpg"
    assert error.details == {"name": "a.jpg"}
    assert str(error) == "a.jpg is empty."
