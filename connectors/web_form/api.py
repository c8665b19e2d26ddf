"""The JSON API: ``POST api/letters`` for programs of the city, and its own description at ``api/openapi.json``.

The body is one letter as JSON, or a multipart form with the letter as JSON in the field ``letter`` and files beside
it. ``Idempotency-Key`` is required: the same key with the same letter is answered again with the same number (200
where the first answer was 201), with another letter it is refused (422). Errors are ``application/problem+json``
(RFC 9457) with one entry per wrong field.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from connectors.web_form.payload import FormErrors, Problem, WebLetter, from_json
from connectors.web_form.settings import Settings, account_of
from connectors.web_form.words import Words
from schemas.errors import Conflict, Malformed, TooLarge, Unavailable, Untrusted
from schemas.letter import Raw, Registered
from schemas.numbers import shown
from schemas.ports import Reception, Request, Response

JSON_TYPE = "application/json"
PROBLEM_TYPE = "application/problem+json"

_KEY = re.compile(r"[\x21-\x7e]{16,128}\Z")


class UnknownMediaType(Malformed):
    """The body is neither JSON nor a multipart form."""


class Api:
    """Receives letters of programs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def receive(self, request: Request, words: Words) -> Reception:
        """One piece. Raises FormErrors and other Malformed."""
        key = request.headers.get("idempotency-key", "").strip().removeprefix('"').removesuffix('"')
        if not _KEY.match(key):
            raise FormErrors(Problem("Idempotency-Key", "key"))
        letter = from_json(_letter_bytes(request))
        external_id = f"api:{key}"
        raw = Raw(
            account=account_of(self._settings, letter),
            external_id=external_id,
            conversation=letter.who() or external_id,
            letter_key=external_id,
            media_type=JSON_TYPE,
            body=letter.stored(),
            files=tuple(upload.file for upload in request.uploads),
            received_at=request.received_at,
            on_conflict="refuse",
        )
        return Reception((raw,), lambda registered: self._answer(registered, words))

    def _answer(self, registered: tuple[Registered, ...], words: Words) -> Response:
        (done,) = registered
        if done.outcome == "conflict":
            return self.refuse(Conflict("this Idempotency-Key was used for another letter"), words)
        number = done.number
        said = {
            "number": number,
            "number_shown": shown(number, "-"),
            "query_code": done.query_code,
            "tracking_url": self._settings.tracking_url,
        }
        status = 201 if done.outcome == "new" else 200
        return Response(status, json.dumps(said).encode(), JSON_TYPE)

    def refuse(self, error: Exception, words: Words) -> Response:
        """The problem document for *error*."""
        status, title = _status(error)
        problem: dict[str, Any] = {"type": "about:blank", "status": status, "title": words.say(*title)}
        if isinstance(error, FormErrors):
            problem["errors"] = [
                {"field": p.field, "problem": words.problem(p.field, p.word, p.limit)} for p in error.problems
            ]
        elif isinstance(error, Conflict):
            problem["errors"] = [
                {"field": "Idempotency-Key", "problem": words.problem("Idempotency-Key", "conflict")}
            ]
        elif isinstance(error, TooLarge):
            problem["detail"] = words.say(
                f"请求最多 {error.bytes_max} 字节。", f"A request has at most {error.bytes_max} bytes."
            )
        return Response(status, json.dumps(problem, ensure_ascii=False).encode(), PROBLEM_TYPE)

    def describe(self) -> Response:
        """The OpenAPI 3.1 document."""
        return Response(200, json.dumps(openapi(), ensure_ascii=False).encode(), JSON_TYPE)


def _letter_bytes(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == JSON_TYPE:
        return request.body
    if kind == "multipart/form-data":
        letter = request.form_value("letter")
        if not letter:
            raise FormErrors(Problem("letter", "missing"))
        return letter.encode("utf-8", "replace")
    raise UnknownMediaType("send application/json or multipart/form-data")


def _status(error: Exception) -> tuple[int, tuple[str, str]]:
    match error:
        case FormErrors() | Conflict():
            return 422, ("请改正下列字段", "Please correct these fields")
        case TooLarge():
            return 413, ("请求过大", "The request is too large")
        case UnknownMediaType():
            return 415, (
                "请发送 application/json 或 multipart/form-data",
                "Send application/json or multipart/form-data",
            )
        case Malformed():
            return 400, ("请求无法读取", "The request cannot be read")
        case Untrusted():
            return 403, ("不受理此来源", "Not allowed")
        case Unavailable():
            return 503, (
                "暂时不能登记，来信未受理，请稍后用同一个键重试",
                "Not registered: please send it again later with the same key",
            )
        case _:
            return 500, (
                "系统故障，请稍后用同一个键重试",
                "Internal error: please send it again later with the same key",
            )


def openapi() -> Mapping[str, Any]:
    """OpenAPI 3.1, made from the model that checks the letters."""
    letter = WebLetter.model_json_schema(ref_template="#/components/schemas/{model}")
    receipt = {
        "type": "object",
        "required": ["number", "number_shown", "query_code", "tracking_url"],
        "properties": {
            "number": {"type": "string", "pattern": "^[0-9]{16}$", "description": "登记编号"},
            "number_shown": {"type": "string", "description": "登记编号，四位一组"},
            "query_code": {"type": "string", "pattern": "^[0-9]{8}$", "description": "查询码，只在这里给出"},
            "tracking_url": {"type": "string", "description": "查询页；未设置时为空"},
        },
    }
    wrong_field = {
        "type": "object",
        "required": ["field", "problem"],
        "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
    }
    problem = {
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {"type": "array", "items": wrong_field},
        },
    }
    said = {"content": {JSON_TYPE: {"schema": {"$ref": "#/components/schemas/Receipt"}}}}
    refused = {"content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "信枢 来信登记接口", "version": "1"},
        "servers": [{"url": "/in/web_form/api"}],
        "paths": {
            "/letters": {
                "post": {
                    "summary": "登记一封来信",
                    "operationId": "registerLetter",
                    "parameters": [
                        {
                            "name": "Idempotency-Key", "in": "header", "required": True,
                            "description": "每封信一个新的键；同一键同一信得到同一编号，同一键另一信被拒绝",
                            "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{16,128}$"},
                        }
                    ],
                    "requestBody": {
                        "required": True,
                        "content": {
                            JSON_TYPE: {"schema": {"$ref": "#/components/schemas/Letter"}},
                            "multipart/form-data": {
                                "schema": {
                                    "type": "object",
                                    "required": ["letter"],
                                    "properties": {
                                        "letter": {"$ref": "#/components/schemas/Letter"},
                                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                                    },
                                },
                                "encoding": {"letter": {"contentType": JSON_TYPE}},
                            },
                        },
                    },
                    "responses": {
                        "201": {"description": "已登记", **said},
                        "200": {"description": "同一键同一信：同样的回答", **said},
                        "400": {"description": "无法读取", **refused},
                        "413": {"description": "过大", **refused},
                        "415": {"description": "类型不对", **refused},
                        "422": {"description": "字段有误，或同一键另一信", **refused},
                        "500": {"description": "系统故障", **refused},
                        "503": {
                            "description": "暂不能登记，稍后重试",
                            "headers": {"Retry-After": {"schema": {"type": "integer"}}},
                            **refused,
                        },
                    },
                }
            }
        },
        "components": {"schemas": {"Letter": letter, "Receipt": receipt, "Problem": problem}},
    }  # fmt: skip
