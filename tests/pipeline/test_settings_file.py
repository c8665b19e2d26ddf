"""Settings: what is right is read, what is wrong is named by file, line and remedy, secrets stay hidden."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from pipeline import settings_file
from pipeline.cli import up, words
from pipeline.settings_file import BadSettings
from pipeline.toml_lines import line_of, lines_of

GOOD = """\
# a comment
[cities.shili]
title = "示例市"
fallback_unit = "市民服务中心"

[door]
http_port = 8080

[connectors.web_form.accounts]
a = { city = "shili", mailbox = "mayor" }

[sinks.cases]
kind = "jsonl"
path = "orders.jsonl"
"""


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_language", "zh")


def written(folder: Path, text: str) -> Path:
    path = folder / "x.toml"
    path.write_text(text, encoding="utf-8")
    return path


def said(path: Path, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(BadSettings) as bad:
        settings_file.load(path, environ or {})
    return [words.sentence(trouble).removeprefix(f"{path.parent}/") for trouble in bad.value.troubles]


def test_a_good_file_is_read(tmp_path: Path) -> None:
    settings = settings_file.load(written(tmp_path, GOOD), {})
    assert settings.door.http_port == 8080
    assert settings.cities["shili"].title == "示例市"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("http_port = 8080", "htp_port = 8080", "x.toml:7:没有 door.htp_port 这一项,是否想写 http_port?"),
        ("http_port = 8080", 'http_port = "many"', "x.toml:7:door.http_port 的值不对:应为整数"),
        ("http_port = 8080", "http_port = 70000", "x.toml:7:door.http_port 的值不对:不能大于 65535"),
        ("[door]", "[dor]", "x.toml:6:没有 dor 这一项,是否想写 door?"),
        ('title = "示例市"', "title = 5", 'x.toml:3:cities.shili.title 的值不对:应为文字,写在双引号里("…")'),
        ('title = "示例市"\n', "", "x.toml:2:缺少 cities.shili.title"),
        ("[cities.shili]", "[cities.Shili]", "x.toml:2:cities.Shili 的值不对:只能用小写字母、数字、_ 和 -,以字母开头"),
        ("[connectors.web_form.", "[connectors.webform.", "x.toml:9:没有安装名为 webform 的插件,是否想写 web_form?"),
        ('mailbox = "mayor"', 'mailbx = "mayor"', "x.toml:10:没有 connectors.web_form.accounts.a.mailbx 这一项,是否想写 mailbox?"),
        ('city = "shili"', 'city = "shilli"', "x.toml:10:connectors.web_form.accounts.a.city 写的城市 'shilli' 不在 [cities] 里,是否想写 shili?"),
        ('kind = "jsonl"', 'kind = "json"', "x.toml:12:没有安装名为 json 的插件,是否想写 jsonl?"),
        ('path = "orders.jsonl"', 'pth = "orders.jsonl"', "x.toml:14:没有 sinks.cases.pth 这一项,是否想写 path?"),
        ("http_port = 8080", "kept_hours = 99999999999999", "x.toml:7:door.kept_hours 的值不对:不能大于 87840"),
        ("http_port = 8080", "join_s_max = inf", "x.toml:7:door.join_s_max 的值不对:应为有限的数字"),
        ("http_port = 8080", 'trusted_proxies = ["nginx"]', "x.toml:7:door.trusted_proxies.0 的值不对:应为 IP 地址或网段"),
        ("http_port = 8080", 'limits = { per_address = "0/minute" }', "x.toml:7:door.limits.per_address 的值不对:应写 次数/时间"),
        ("http_port = 8080", 'limits = { per_address = "often" }', "x.toml:7:door.limits.per_address 的值不对:应写 次数/时间"),
        ('title = "示例市"', 'title = "示例市"\ntime_zone = "Asia/Nowhere"', "x.toml:4:cities.shili.time_zone 的值不对:没有这个时区"),
        ('title = "示例市"', 'title = "示例市"\ntime_zone = "../etc"', "x.toml:4:cities.shili.time_zone 的值不对:没有这个时区"),
        ('title = "示例市"', 'title = "示例市"\ntime_zone = ""', "x.toml:4:cities.shili.time_zone 的值不对:没有这个时区"),
        ("# a comment", 'kafka = { ca_file = "none.pem" }', "x.toml:1:kafka.ca_file 的值不对:那里没有可读的 PEM 证书"),
        ("# a comment", 'var = "/dev/null"', "x.toml:1:var 的值不对:那里不能是文件夹"),
        ("# a comment", "x = " + "[" * 3000, "x.toml:1:TOML 写法有误:"),
        ('path = "orders.jsonl"', 'path = "orders.jsonl"\n[sinks.more]\nkind = "jsonl"\npath = "orders.jsonl"',
         "x.toml:17:sinks.more.path 与 [sinks.cases] 写同一个文件"),
        ("http_port = 8080", "http_port = = 1", "x.toml:7:TOML 写法有误:"),
        ("http_port = 8080", 'http_port = { file = "x" }', "x.toml:7:door.http_port 的值不对:应为整数"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_its_remedy(
    tmp_path: Path, old: str, new: str, line: str
) -> None:
    assert old in GOOD
    assert any(one.startswith(line) for one in said(written(tmp_path, GOOD.replace(old, new)))), said(
        written(tmp_path, GOOD.replace(old, new))
    )


def test_all_mistakes_of_a_file_are_found_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("http_port", "htp_port").replace('title = "示例市"', "title = 5")
    assert len(said(written(tmp_path, text))) == 2


def test_english_where_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_language", "en")
    text = GOOD.replace("http_port", "htp_port")
    assert said(written(tmp_path, text)) == [
        "x.toml:7: there is no setting door.htp_port; did you mean http_port?"
    ]


def test_the_environment_stands_over_the_file(tmp_path: Path) -> None:
    environ = {
        "XINSHU_DOOR__HTTP_PORT": "9000",
        "XINSHU_VAR": "/srv/x",
        "XINSHU_DOOR__TRUSTED_PROXIES": '["10.0.0.1"]',
    }
    settings = settings_file.load(written(tmp_path, GOOD), environ)
    assert (settings.door.http_port, settings.var) == (9000, Path("/srv/x"))
    assert settings.door.trusted_proxies == {"10.0.0.1"}


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert said(path, {"XINSHU_DOOR__HTP_PORT": "1"}) == [
        "XINSHU_DOOR__HTP_PORT:没有 door.htp_port 这一项,是否想写 http_port?"
    ]
    assert said(path, {"XINSHU_DOOR__TRUSTED_PROXIES": "[1"})[0].startswith(
        "环境变量 XINSHU_DOOR__TRUSTED_PROXIES"
    )


@pytest.mark.parametrize("way", ["text", "file", "env"])
def test_a_secret_comes_from_where_it_is_kept_and_is_never_shown(tmp_path: Path, way: str) -> None:
    secret = "canary-7c1f"
    (tmp_path / "secret").write_text(secret + "\n")
    form = {
        "text": f'"{secret}"',
        "file": f'{{ file = "{tmp_path / "secret"}" }}',
        "env": '{ env = "X_PASSWORD" }',
    }
    path = written(tmp_path, f"{GOOD}\n[kafka]\nsasl_password = {form[way]}\n")
    settings = settings_file.load(path, {"X_PASSWORD": secret})
    assert settings.kafka.sasl_password == SecretStr(secret)
    assert secret not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_a_secret_that_cannot_be_had_is_named_without_its_value(tmp_path: Path) -> None:
    text = GOOD + '\n[kafka]\nsasl_password = { env = "NOT_THERE" }\n'
    assert said(written(tmp_path, text))[0].startswith("x.toml:17:取不到 kafka.sasl_password 的内容")


def test_a_secrets_file_that_is_not_there_is_named_once_with_the_remedy(tmp_path: Path) -> None:
    sms = (
        "\n[connectors.sms.accounts.10690]\ncity = 'lincheng'\nmailbox = 'sms'\n[connectors.sms.gateways.a]\n"
    )
    text = f"{GOOD}{sms}vendor = 'aliyun'\nsecrets = [{{ file = '/nonexistent' }}]\n"
    (line,) = said(written(tmp_path, text))
    assert line.startswith("x.toml:21:connectors.sms.gateways.a.secrets 指向的文件 /nonexistent 不存在")
    assert "openssl rand" in line


def test_a_value_is_never_repeated(tmp_path: Path) -> None:
    canary = "canary-91aa"
    for key in ("http_port", "host", "nonsense"):
        lines = said(written(tmp_path, f'{GOOD}\n[desk]\nslot = 5\n[delivery]\n{key} = "{canary}"\n'))
        assert lines
        assert canary not in " ".join(lines)


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    assert said(tmp_path / "none.toml") == [f"没有设置文件 {tmp_path / 'none.toml'}"]
    bad = tmp_path / "x.toml"
    bad.write_bytes("[cities]\n# 示例".encode("gb18030"))
    assert said(bad) == ["x.toml 不是 UTF-8 编码,请另存为 UTF-8"]


def test_where_a_file_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadSettings):
        settings_file.find(None, {})
    for place in (Path("var/xinshu.toml"), Path("xinshu.toml")):
        place.parent.mkdir(exist_ok=True)
        place.write_text(GOOD)
        assert settings_file.find(None, {}) == place
    assert settings_file.find(None, {"XINSHU_SETTINGS": "var/xinshu.toml"}) == Path("var/xinshu.toml")
    assert settings_file.find(Path("xinshu.toml"), {"XINSHU_SETTINGS": "nonsense"}) == Path("xinshu.toml")
    with pytest.raises(BadSettings):
        settings_file.find(None, {"XINSHU_SETTINGS": "nonsense"})


def test_the_example_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = Path(__file__).resolve().parents[2] / "deploy" / "xinshu.example.toml"
    monkeypatch.chdir(tmp_path)
    up.furnish(example.read_text("utf-8"))
    own = sorted(path.name for path in Path("var/secrets").iterdir())
    assert own == ["hotline", "sms", "telegram"]
    assert {oct(path.stat().st_mode & 0o777) for path in Path("var/secrets").iterdir()} == {"0o600"}
    assert set(settings_file.load(example, {}).cities) == {"shili", "yangben"}


def test_lines_are_found_in_every_way_of_writing() -> None:
    lines = lines_of('a.b = 1\n[t]\nx = """\ny = 2\n"""\n["q r".s] # c\n[[many]]\nz=1\n')
    assert line_of(lines, ("a", "b")) == 1
    assert line_of(lines, ("t", "x")) == 3
    assert line_of(lines, ("t", "y")) == 2
    assert line_of(lines, ("q r", "s", "none")) == 6
    assert line_of(lines, ("many", "z")) == 8
    assert line_of(lines, ("nothing",)) == 1
