"""The Flask application."""

from flask import Response, jsonify

from facegate.http.api import register_api
from facegate.http.envelope import invalid_request, register_errors
from facegate.http.pages import register_pages
from facegate.http.router import ApiApp
from facegate.http.schemas import ErrorEnvelope
from facegate.http.security import cookie_name, register_security
from facegate.http.services import HttpServices

DESCRIPTION = (
    "Face recognition on your own computer. Pictures travel over Socket.IO (namespace `/live`); this interface is for "
    "sessions, people and probes. Every failure has one form: a stable code, a sentence, and a request id."
)


def create_flask_app(services: HttpServices) -> ApiApp:
    """The application that serves the page, /v1 and the probes.

    It trusts the Host header: the ASGI guard of :mod:`facegate.app.guard` must stand before it.
    """
    app = ApiApp(
        title="facegate",
        version=services.version,
        description=DESCRIPTION,
        cookie=cookie_name(services.settings),
        envelope=ErrorEnvelope,
        invalid=invalid_request,
    )
    register_errors(app)
    register_security(app, services)
    register_api(app, services)
    document = app.document

    def openapi() -> Response:
        return jsonify(document)

    app.add_url_rule("/v1/openapi.json", "openapi", openapi, methods=["GET"])
    register_pages(app, services, document)
    return app
