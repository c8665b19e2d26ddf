"""The webhook: sends each path to the page or the API."""

from typing import ClassVar

from connectors.web_form.api import Api
from connectors.web_form.payload import normalise
from connectors.web_form.settings import Settings as FormSettings
from connectors.web_form.words import Words, words_for
from schemas.ports import ConnectorSettings, Normaliser, Reception, Request, Response


class WebForm:
    """The channel ``web_form``."""

    channel: ClassVar[str] = "web_form"
    Settings: ClassVar[type[ConnectorSettings]] = FormSettings
    normalise: ClassVar[Normaliser] = staticmethod(normalise)

    def __init__(self, settings: FormSettings) -> None:
        from connectors.web_form.form import Form  # noqa: PLC0415 - the parser worker needs no template engine

        self.body_bytes_max = settings.body_bytes_max
        self._english = settings.english
        self._form = Form(settings)
        self._api = Api(settings)

    def receive(self, request: Request) -> Reception:
        """Raises FormErrors and other Malformed."""
        words = self._words(request)
        match request.path, request.method:
            case "/api/letters", "POST":
                return self._api.receive(request, words)
            case "/api/openapi.json", "GET":
                return _nothing(self._api.describe())
            case "/", "GET":
                return _nothing(self._form.show(request, words))
            case "/", "POST":
                return self._form.receive(request, words)
            case "/style.css", "GET":
                return _nothing(self._form.style())
            case (("/" | "/style.css" | "/api/letters" | "/api/openapi.json") as path, _):
                allow = {"/": "GET, HEAD, POST", "/api/letters": "POST"}.get(path, "GET, HEAD")
                return _nothing(Response(405, b"method not allowed\n", headers=(("allow", allow),)))
            case _:
                return _nothing(Response(404, b"not found\n"))

    def refuse(self, request: Request, error: Exception) -> Response:
        """A page for people, a problem document for programs."""
        words = self._words(request)
        if request.path.startswith("/api/"):
            return self._api.refuse(error, words)
        return self._form.refuse(request, error, words)

    def _words(self, request: Request) -> Words:
        return words_for(request.headers.get("accept-language", ""), english=self._english)


def _nothing(response: Response) -> Reception:
    return Reception((), lambda _: response)
