"""flask-openapi3 with types: the only file that touches its untyped parts."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

from flask_openapi3.models.info import Info
from flask_openapi3.models.security_scheme import SecurityScheme
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel, ValidationError
from werkzeug.wrappers import Response

View = TypeVar("View", bound=Callable[..., object])


class ApiApp(OpenAPI):
    """A Flask application whose documented routes make its OpenAPI document."""

    def __init__(
        self,
        *,
        title: str,
        version: str,
        description: str,
        cookie: str,
        envelope: type[BaseModel],
        invalid: Callable[[ValidationError], Response],
    ) -> None:
        start = cast("Callable[..., None]", getattr(super(), "__init__"))  # noqa: B009 - it has no types
        start(
            "facegate.http",
            info=Info(title=title, version=version, description=description),
            security_schemes={
                "session": SecurityScheme.model_validate({"type": "apiKey", "in": "cookie", "name": cookie})
            },
            validation_error_status=400,
            validation_error_model=envelope,
            validation_error_callback=invalid,
            doc_ui=False,
            static_folder=None,
        )
        self._envelope = envelope

    def documented(
        self,
        method: Literal["get", "post", "delete"],
        rule: str,
        *,
        tag: Tag,
        summary: str,
        description: str,
        answers: dict[int, type[BaseModel] | None],
        fails: tuple[int, ...],
        session: bool = False,
    ) -> Callable[[View], View]:
        """Decorator: add a route and its description.

        Args:
            method: of HTTP.
            rule: path.
            tag: section of the document.
            summary: a few words.
            description: a sentence or two.
            answers: status to schema of what success looks like; None for no body.
            fails: statuses that carry the error envelope, besides 400.
            session: whether the session cookie is asked for.
        """
        responses = {**answers, **dict.fromkeys((400, *fails), self._envelope)}
        add = cast("Callable[..., Callable[[View], View]]", getattr(super(), method))
        return add(
            rule,
            tags=[tag],
            summary=summary,
            description=description,
            responses=responses,
            security=[{"session": []}] if session else None,
        )

    @property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document of all documented routes."""
        return cast("dict[str, Any]", getattr(self, "api_doc"))  # noqa: B009 - it has no types
