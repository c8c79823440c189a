"""Failures as HTTP: the error envelope and the status of each code."""

import logging
import uuid

from flask import Flask, Response, g, jsonify
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from facegate.errors import FacegateError, NotReady, StorageError

logger = logging.getLogger(__name__)

STATUS_OF_CODE = {
    "invalid_request": 400,
    "password_too_weak": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "consent_required": 403,
    "grade_too_low": 403,
    "not_found": 404,
    "conflict": 409,
    "identity_conflict": 409,
    "model_mismatch": 409,
    "calibration_missing": 409,
    "expired": 410,
    "image_too_large": 413,
    "unsupported_media_type": 415,
    "invalid_image": 422,
    "face_not_found": 422,
    "multiple_faces": 422,
    "low_quality": 422,
    "identity_inconsistent": 422,
    "liveness_failed": 422,
    "rate_limited": 429,
    "internal": 500,
    "overloaded": 503,
    "not_ready": 503,
}
RETRY_AFTER_S = 2

_CODE_OF_STATUS = {404: "not_found", 415: "unsupported_media_type", 500: "internal", 503: "not_ready"}
_MESSAGE_OF_STATUS = {
    404: "There is nothing at this address. /docs lists what there is.",
    405: "This address does not take that method. /docs lists what it takes.",
    413: "The body is too large.",
}


def request_id() -> str:
    """The id of the request at hand, made when first asked for."""
    known: str | None = g.get("request_id")
    if known is None:
        known = uuid.uuid4().hex
        g.request_id = known
    return known


def respond(error: FacegateError, status: int | None = None) -> Response:
    """The envelope of an error."""
    if isinstance(error, StorageError):
        # Its message names files of this machine; callers of the interface need not know them.
        logger.error("request %s: %s", request_id(), error.message)
        error = NotReady("The server's storage did not answer. Try again; its log says what happened.")
    status = status or STATUS_OF_CODE.get(error.code, 500)
    body = {"code": error.code, "message": error.message, "details": error.details}
    response = jsonify({"error": body, "request_id": request_id()})
    response.status_code = status
    if status in {429, 503}:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def invalid_request(error: ValidationError) -> Response:
    """The envelope of a body that does not fit its schema."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    where = f"The field {field!r}" if field else "The body"
    message = f"{where} is wrong: {first['msg']}. Send JSON as /docs describes it."
    return respond(FacegateError(message, code="invalid_request", details={"field": field}))


def register_errors(app: Flask) -> None:
    """Answer every failure of `app` with the envelope."""

    def ours(error: FacegateError) -> Response:
        return respond(error)

    def werkzeugs(error: HTTPException) -> Response:
        if error.response is not None:  # an abort that carries its own answer
            return error.response  # pyright: ignore[reportReturnType]
        status = error.code or 500
        message = _MESSAGE_OF_STATUS.get(status, error.description or error.name)
        response = respond(FacegateError(message, code=_CODE_OF_STATUS.get(status, "invalid_request")), status)
        for name, value in error.get_headers():
            if name.lower() not in {"content-type", "content-length"}:
                response.headers[name] = value
        return response

    def too_deep(_: RecursionError) -> Response:
        message = "The body nests far too deeply. Send JSON as /docs describes it."
        return respond(FacegateError(message, code="invalid_request"))

    def unexpected(error: Exception) -> Response:
        logger.exception("request %s failed", request_id(), exc_info=error)
        message = f"The server failed at this request. Its log has the details under {request_id()}."
        return respond(FacegateError(message, code="internal"))

    app.register_error_handler(FacegateError, ours)
    app.register_error_handler(HTTPException, werkzeugs)
    app.register_error_handler(RecursionError, too_deep)
    app.register_error_handler(Exception, unexpected)
