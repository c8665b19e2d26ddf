"""Letters through the real host: one letter however often it is sent, answers as the description says, kept words."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hostkit import FORM_END, FORM_TYPE, Running, form_part, letter_json, running_host

from connectors._contract_input import NONCE
from connectors.web_form.payload import normalise
from schemas.letter import Raw

TOKEN = re.compile(r'name="token" value="([0-9a-f]{32})"')
NUMBER = re.compile(r'id="number">([0-9-]{19})<')


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_host(tmp_path_factory.mktemp("host")) as running:
        yield running


def page(host: Running, **headers: str) -> httpx.Response:
    return host.http.get("/in/web_form/", headers=headers)


def fresh_token(host: Running) -> str:
    found = TOKEN.search(page(host).text)
    assert found
    return found[1]


def submit(host: Running, **fields: str) -> httpx.Response:
    body = b"".join(form_part(name, value.encode()) for name, value in fields.items()) + FORM_END
    return host.http.post("/in/web_form/", content=body, headers={"content-type": FORM_TYPE})


def api(host: Running, key: str, body: bytes, **headers: str) -> httpx.Response:
    sent = {"content-type": "application/json", "idempotency-key": key} | headers
    return host.http.post("/in/web_form/api/letters", content=body, headers=sent)


def number_of(answer: httpx.Response) -> str:
    found = NUMBER.search(answer.text)
    assert found, answer.text
    return found[1]


def test_the_page_is_small_and_warns_first(host: Running) -> None:
    shown = page(host)
    assert len(shown.content) < 30 * 1024
    body = shown.text.partition("<body>")[2]
    assert body.index("110、119、120") < body.index("<h1>") < body.index("<form")
    assert "<script" not in shown.text
    assert shown.headers["cache-control"] == "no-store"
    style = re.search(r'href="(style\.css[^"]*)"', shown.text)
    assert style
    assert host.http.get(f"/in/web_form/{style[1]}").headers["content-type"].startswith("text/css")


def test_every_input_has_its_label(host: Running) -> None:
    shown = page(host).text
    inputs = re.findall(r'<(?:input|select|textarea) (?![^>]*type="hidden")[^>]*\bid="(\w+)"', shown)
    assert len(inputs) >= 11
    assert set(inputs) <= set(re.findall(r'<label for="(\w+)"', shown))


def test_a_double_click_is_one_letter_and_changed_words_are_another(host: Running) -> None:
    token = fresh_token(host)
    first = submit(host, token=token, account="mayor", text="路灯坏了")
    again = submit(host, token=token, account="mayor", text="路灯坏了")
    changed = submit(host, token=token, account="mayor", text="路灯坏了，两盏")
    elsewhere = submit(host, token=fresh_token(host), account="mayor", text="路灯坏了")
    assert [a.status_code for a in (first, again, changed, elsewhere)] == [201, 200, 201, 201]
    assert number_of(first) == number_of(again)
    assert len({number_of(a) for a in (first, changed, elsewhere)}) == 3
    assert "10203040" in again.text


def test_wrong_fields_are_named_and_nothing_typed_is_lost(host: Running) -> None:
    typed = {
        "name": '张三"><b>',
        "text": "第一行\n<b>第二行</b>",
        "email": "zhang@",
        "subject": "标题 & 其他",
    }
    answer = submit(host, token=fresh_token(host), account="nobody", confidential="1", **typed)
    assert answer.status_code == 422
    for problem in ("请选择收信信箱", "电子邮箱写得不对"):
        assert answer.text.count(problem) == 2, "once in the summary, once beside the field"
    for value in typed.values():
        assert html.escape(value).replace("&quot;", "&#34;") in answer.text
    assert 'id="confidential" name="confidential" value="1" checked' in answer.text
    assert 'href="#email"' in answer.text


def test_a_token_survives_a_refusal(host: Running) -> None:
    token = fresh_token(host)
    refused = submit(host, token=token, account="mayor", text="")
    assert TOKEN.findall(refused.text) == [token]


def test_when_nothing_can_be_stored_the_words_stay_and_the_phone_is_offered(host: Running) -> None:
    host.full(full=True)
    try:
        part = form_part("files", b"x", "a.txt")
        body = form_part("account", b"mayor") + form_part("text", "留住这句话".encode()) + part + FORM_END
        busy = host.http.post("/in/web_form/", content=body, headers={"content-type": FORM_TYPE})
        program = api(host, "full-0123456789abcdef", letter_json())
    finally:
        host.full(full=False)
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "17")
    for words in ("留住这句话", "12345", "未受理", "附件请重新选择"):
        assert words in busy.text
    assert "来信已登记" not in busy.text
    assert (program.status_code, program.headers["retry-after"]) == (503, "17")


def test_english_for_who_asks(host: Running) -> None:
    english = page(host, **{"accept-language": "en-GB,en;q=0.9"}).text
    assert "Write to your city" in english
    assert "给政府写信" in page(host, **{"accept-language": "zh-CN,en"}).text


def test_the_same_key_and_letter_give_the_same_answer_and_another_letter_is_refused(host: Running) -> None:
    key = "same-0123456789abcdef"
    first = api(host, key, letter_json())
    again = api(host, key, b' {"text": "\\u8def\\u706f\\u574f\\u4e86", "account": "mayor"}')
    other = api(host, key, letter_json(text="另一封信"))
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 422)
    assert first.json() == again.json()
    assert re.fullmatch("[0-9]{16}", first.json()["number"])
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"


def test_answers_are_as_the_description_says(host: Running) -> None:
    described = host.http.get("/in/web_form/api/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    responses = described["paths"]["/letters"]["post"]["responses"]
    answers = [
        api(host, "described-0123456789", letter_json()),
        api(host, "described-0123456789", letter_json()),
        api(host, "described-0123456789", letter_json(text="x")),
        api(host, "short", letter_json()),
        api(host, "described-0123456780", b"{"),
        api(host, "described-0123456781", letter_json(text="路" * 10_001)),
        api(host, "described-0123456782", b"x", **{"content-type": "text/plain"}),
        api(host, "described-0123456783", b"x" * 2_000_000),
    ]
    assert [a.status_code for a in answers] == [201, 200, 422, 422, 400, 422, 415, 413]
    for answer in answers:
        content = responses[str(answer.status_code)]["content"]
        schema = content[answer.headers["content-type"]]["schema"]
        conforms(answer.json(), schema, described)


def test_the_description_has_every_field_and_its_bound(host: Running) -> None:
    letter = host.http.get("/in/web_form/api/openapi.json").json()["components"]["schemas"]["Letter"]
    assert letter["required"] == ["text"]
    assert letter["properties"]["text"]["maxLength"] == 10_000
    assert letter["additionalProperties"] is False
    assert all("description" in field for field in letter["properties"].values())


def conforms(value: Any, schema: dict[str, Any], described: dict[str, Any]) -> None:
    """Only what our description uses of JSON Schema: anything else in it fails."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        conforms(value, described["components"]["schemas"][name], described)
        return
    assert set(schema) <= {"type", "required", "properties", "items", "pattern", "description"}
    kinds: dict[str, type] = {"object": dict, "array": list, "string": str, "integer": int}
    assert isinstance(value, kinds[schema["type"]])
    assert set(schema.get("required", ())) <= set(value if isinstance(value, dict) else ())
    if "pattern" in schema:
        assert isinstance(value, str)
        assert re.search(schema["pattern"], value)
    if isinstance(value, dict):
        assert set(value) <= set(schema["properties"]), "nothing that is not described"
        for name, inner in value.items():
            conforms(inner, schema["properties"][name], described)
    if isinstance(value, list):
        for inner in value:
            conforms(inner, schema["items"], described)


def test_the_stored_piece_holds_no_address_and_no_header(host: Running) -> None:
    api(host, "privacy-0123456789abc", letter_json(text="只留这些"), **{"user-agent": "secret-browser/1"})
    piece = next(p for p in host.told()["pieces"] if p["external_id"] == "api:privacy-0123456789abc")
    assert "secret-browser" not in json.dumps(piece)
    assert "127.0.0.1" not in json.dumps(piece)


def test_every_case_file_is_read_by_the_host_as_the_contract_reads_it(host: Running) -> None:
    cases = sorted((Path(__file__).parent / "cases").glob("*.http"))
    for case in cases:
        expected = json.loads(case.with_name(f"{case.stem}.expected.json").read_text("utf-8"))
        key = f"read-{case.stem:0<20}".encode()
        written = case.read_bytes().replace(b"case-0123456789-abcdef", key)
        head, _, body = written.replace(b"\n\n", b"\r\n\r\n", 1).partition(b"\r\n\r\n")
        first, *headers = head.splitlines()
        method, target = first.split(b" ")
        lines = [method + b" /in/web_form" + target + b" HTTP/1.1", b"host: x", *headers]
        lines.append(b"content-length: " + str(len(body)).encode())
        status = host.talk(b"\r\n".join(lines) + b"\r\n\r\n" + body).split(b" ", 2)[1]
        assert int(status) == expected["status"], case.name
        if expected.get("pieces"):
            kept = {piece["external_id"]: piece for piece in host.told()["pieces"]}
            (piece,) = expected["pieces"]
            if NONCE not in piece["external_id"]:
                external_id = piece["external_id"].replace("case-0123456789-abcdef", key.decode())
                content = normalise((Raw.model_validate_json(json.dumps(kept[external_id])),))
                assert content.text == expected["content"]["text"], case.name
                assert len(content.attachments) == len(expected["content"].get("attachments", ())), case.name


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "api/letters", "POST"),
        ("POST", "style.css", "GET, HEAD"),
        ("POST", "api/openapi.json", "GET, HEAD"),
    ],
)
def test_a_wrong_method_hears_the_right_ones(host: Running, method: str, path: str, allow: str) -> None:
    answer = host.http.request(method, f"/in/web_form/{path}")
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
