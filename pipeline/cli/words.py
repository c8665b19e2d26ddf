"""What the command line says, in the operator's language: Chinese, or English where the locale or the settings ask for it.

Short texts stand where they are used: ``say("中文", "English")``. Here are the sentences for Trouble: one line each,
naming the place and the remedy.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from pipeline.cli.wrong_values import WRONG
from pipeline.trouble import Trouble

Language = Literal["zh", "en"]


def language_of(environ: Mapping[str, str], chosen: str = "zh") -> Language:
    """English where the locale is English, else what the settings say."""
    locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "en" if locale.startswith("en") or chosen == "en" else "zh"


_language: Language = language_of(os.environ)


def speak(chosen: str) -> None:
    """Take over the language the settings name."""
    global _language  # noqa: PLW0603 - one process speaks one language
    _language = language_of(os.environ, chosen)


def say(chinese: str, english: str) -> str:
    """The text in the operator's language."""
    return english if _language == "en" else chinese


TROUBLES: Final[Mapping[str, tuple[str, str]]] = {
    "settings.none": (
        "没有找到设置文件(找过 {places})。请在项目目录里先运行一次 xinshu up,它会写好 var/xinshu.toml;或用 --settings 指定",
        "no settings file (looked for {places}); run xinshu up once in the project's folder, which writes var/xinshu.toml, or name one with --settings",
    ),
    "settings.no_file": ("没有设置文件 {file}", "there is no settings file {file}"),
    "settings.not_utf8": ("{file} 不是 UTF-8 编码,请另存为 UTF-8", "{file} is not UTF-8; save it as UTF-8"),
    "settings.unreadable": ("读不了 {file}:{reason}", "cannot read {file}: {reason}"),
    "settings.not_toml": ("{file}:{line}:TOML 写法有误:{reason}", "{file}:{line}: not TOML: {reason}"),
    "settings.variable_not_toml": (
        "环境变量 {file} 的值以 [ 或 {{ 开头,但不是 TOML 写法",
        "the environment variable {file} begins with [ or {{ and is not TOML",
    ),
    "settings.unknown": (
        "{file}{line}:没有 {key} 这一项{near}",
        "{file}{line}: there is no setting {key}{near}",
    ),
    "settings.missing": ("{file}{line}:缺少 {key}", "{file}{line}: {key} is missing"),
    "settings.wrong": ("{file}{line}:{key} 的值不对:{how}", "{file}{line}: {key} has a wrong value: {how}"),
    "settings.no_secret": (
        '{file}{line}:取不到 {key} 的内容({reason})。写法:{{ file = "路径" }} 或 {{ env = "变量名" }}',
        '{file}{line}: cannot get {key} ({reason}); write {{ file = "path" }} or {{ env = "NAME" }}',
    ),
    "settings.secret_no_file": (
        "{file}{line}:{key} 指向的文件 {secret} 不存在;把密钥写进这个文件(例:openssl rand -hex 16 > {secret})",
        "{file}{line}: {key} names {secret}, which does not exist; try: openssl rand -hex 16 > {secret}",
    ),
    "settings.no_plugin": (
        "{file}{line}:没有安装名为 {plugin} 的插件{near};已安装:{there}",
        "{file}{line}: no plug-in {plugin} is installed{near}; there are: {there}",
    ),
    "settings.no_city": (
        "{file}{line}:{key} 写的城市 {city!r} 不在 [cities] 里{near};有:{there}",
        "{file}{line}: {key} names the city {city!r}, which [cities] does not have{near}; there are: {there}",
    ),
    "city.key_missing": (
        "城市 {city} 的密钥 {path} 不在。请从备份恢复;换新密钥会让旧编号失效",
        "the key of city {city} is not at {path}; restore it from the backup (a new key would make other numbers)",
    ),
    "city.key_unreadable": (
        "城市 {city} 的密钥 {path} 读不出来:应为 64 个十六进制字符,且本用户可读",
        "the key of city {city} at {path} cannot be read: 64 hexadecimal characters, readable by this user",
    ),
    "city.key_open": (
        "城市 {city} 的密钥 {path} 权限为 {mode},别人也能读。请执行:chmod 600 {path}",
        "the key of city {city} at {path} has mode {mode}: others can read it; run: chmod 600 {path}",
    ),
    "city.other_key": (
        "城市 {city} 的密钥 {path} 与登记的不是同一把,因此不启动。请恢复原来的密钥",
        "the key of city {city} at {path} is not the one on record; not starting. Restore the right key",
    ),
    "city.unplaced": (
        "城市 {city} 还没有登记到 Kafka。请先执行:xinshu topics create",
        "the city {city} is not on Kafka yet; first run: xinshu topics create",
    ),
    "topics.missing": (
        "Kafka 上没有主题 {topic}。请执行:xinshu topics create",
        "there is no topic {topic} on Kafka; run: xinshu topics create",
    ),
    "topics.refused": (
        "Kafka 拒绝建立主题 {topic}:{reason}",
        "Kafka refused to make the topic {topic}: {reason}",
    ),
    "topics.leaderless": (
        "主题 {topic} 建好了,但没有可用的主节点。请检查 Kafka 集群",
        "the topic {topic} has no leader; look at the Kafka cluster",
    ),
    "kafka.silent": (
        "读 {topic} 时 Kafka 很久没有回应。请检查集群是否正常",
        "Kafka fell silent while {topic} was read; look at the cluster",
    ),
    "kafka.none": (
        "没有指定 Kafka。请设置 [kafka] bootstrap_servers 或环境变量 KAFKA_BOOTSTRAP_SERVERS,或先启动:xinshu up",
        "no Kafka is named; set [kafka] bootstrap_servers or KAFKA_BOOTSTRAP_SERVERS, or start one: xinshu up",
    ),
    "settings.kafka_address": (
        "Kafka 的地址不对:{address}。应写 主机:端口,多个用逗号分开;请改 [kafka] bootstrap_servers 或环境变量 KAFKA_BOOTSTRAP_SERVERS",
        "this is no address of Kafka: {address}; write host:port, several with commas between, in [kafka] bootstrap_servers or KAFKA_BOOTSTRAP_SERVERS",
    ),
    "kafka.away": (
        "连不上 Kafka({address})。请确认它在运行,地址和密码正确",
        "cannot reach Kafka at {address}; is it running, are address and password right?",
    ),
    "door.away": (
        "接收程序没有在运行(找不到 {path})。请先启动:xinshu up 或 xinshu run door",
        "no door is running (no answer at {path}); start it: xinshu up, or xinshu run door",
    ),
    "door.refused": ("接收程序没有接受:{reason}", "the door refused: {reason}"),
    "port.no_address": (
        "不能在这台机器的 {host} 上监听({reason})。请改设置里的 host",
        "nothing can listen at {host} on this machine ({reason}); change the setting host",
    ),
    "port.taken": (
        "端口 {port} 已被占用。请停掉占用它的程序,或改设置 {key}",
        "port {port} is taken; stop what uses it, or change {key}",
    ),
    "number.bad": (
        "{number} 不是登记编号:应为 16 位数字,末位是校验码,请核对",
        "{number} is not a registration number: 16 digits, the last one a check digit",
    ),
    "number.bad_part": (
        "{part} 不是分件号:从 1 数起,写在编号和横线之后",
        "{part} is no part: they are counted from 1 and stand after the number and a dash",
    ),
    "number.unknown": ("没有找到编号 {number}", "there is no number {number}"),
    "number.no_city": (
        "查询库里还没有编号 {number},不知道属于哪个城市。请加 --city",
        "the register does not know {number} yet; name its city with --city",
    ),
    "city.unknown": (
        "没有城市 {city};有:{there}",
        "there is no city {city}; there are: {there}",
    ),
    "register.none": (
        "查询库 {path} 还没有建立。请先启动:xinshu up 或 xinshu run register",
        "there is no register at {path} yet; start it: xinshu up, or xinshu run register",
    ),
    "spool.owned": (
        "另一个接收程序正在用 {folder}。请停掉它,或给这一个另设 var",
        "another door owns the spool in {folder}; end it, or give this one another var",
    ),
    "spool.full": (
        "{folder} 所在的磁盘一点空间也没有了,请先腾出一些",
        "there is no room at all on the disk of {folder}; make some first",
    ),
    "spool.unsafe": (
        "{path} 所在的文件系统保证不了落盘(journal_mode={journal},synchronous={synchronous}),请放在本地磁盘上",
        "the file system of {path} gives journal_mode={journal}, synchronous={synchronous}: use a local disk",
    ),
    "spool.damaged": (
        "暂存库 {path} 读不了({reason})。请从备份恢复;不要删除:里面是已答应市民的来信",
        "the spool {path} cannot be read ({reason}); restore it from the backup, and do not delete it: it holds letters that were accepted",
    ),
    "spool.none": (
        "暂存库 {path} 还没有建立。请在接收程序所在的机器上执行",
        "there is no spool at {path}; run this on the machine of the door",
    ),
    "file.none": ("没有文件 {path}", "there is no file {path}"),
    "file.unreadable": ("读不了 {path}:{reason}", "cannot read {path}: {reason}"),
    "file.unwritable": ("写不了 {path}:{reason}", "cannot write {path}: {reason}"),
    "topic.no_model": (
        "没有模型文件 {path}。请先运行 xinshu topic train FILE --out {path},或用 --model 指明",
        "there is no model file {path}; first run xinshu topic train FILE --out {path}, or name one with --model",
    ),
    "topic.bad_model": (
        "{path} 不是能用的模型({reason})。请用 xinshu topic train 重新学习",
        "{path} is no usable model ({reason}); learn it again with xinshu topic train",
    ),
    "topic.too_few": (
        "{path} 里只有 {labels} 个类别,至少要两个。请加上别的类别的来信",
        "{path} has {labels} topic(s), at least two are wanted; add letters of other topics",
    ),
    "line.bad": ("{path}:{line}:{reason}", "{path}:{line}: {reason}"),
    "channel.bad_name": (
        "渠道名 {name} 不合适:只用小写字母、数字、下划线,以字母开头,最多 30 个字符,不与已有渠道重名",
        "{name} is no name for a channel: at most 30 of a-z, 0-9 and _, a letter first, and no channel that is installed",
    ),
    "channel.folder_there": (
        "已有文件夹 {folder},不会覆盖。请换个名字,或用 --into 另选位置",
        "the folder {folder} is there already and stays as it is; choose another name, or another place with --into",
    ),
    "channel.no_cases": (
        "没有案例文件夹 {folder}。请到插件的文件夹里运行,或用 --cases 指定",
        "there is no folder of cases {folder}; start this in the plug-in's folder, or name one with --cases",
    ),
    "channel.no_settings": (
        "没有设置:请在 {file} 里写渠道的设置表(JSON),或用 --settings 指定含 [connectors.{channel}] 的设置文件",
        "no settings: write the channel's table as JSON into {file}, or name a file with [connectors.{channel}]: --settings",
    ),
    "channel.empty_case": (
        "{file} 是空的。第一行应是「方法 路径」,例如 POST /,空一行之后是请求体",
        "{file} is empty; its first line is METHOD PATH, as POST /, and after an empty line comes the body",
    ),
    "channel.no_object": (
        "{file} 里应是一个 JSON 对象({{…}}),读不出来",
        "{file} must hold one JSON object ({{…}}) in UTF-8, and cannot be read as one",
    ),
    "channel.bad_settings": (
        "{file} 里这些项不对:{places}",
        "{file}: these are wrong: {places}",
    ),
    "channel.unknown": (
        "没有安装渠道 {channel}{near};已安装:{there}",
        "no channel {channel} is installed{near}; there are: {there}",
    ),
    "policy.cases": ("{path}:{reason}", "{path}: {reason}"),
    "policy.wrong": ("规则包不能使用:{reason}", "the rule pack cannot be used: {reason}"),
    "policy.unknown": ("没有规则包 {policy};有:{there}", "there is no policy {policy}; there are: {there}"),
    "broker.none": (
        "没有 Kafka 可用。任选一种:设置 KAFKA_BOOTSTRAP_SERVERS;启动 Docker;或安装 Java 17 与 Maven 后执行 make setup",
        "there is no Kafka. Set KAFKA_BOOTSTRAP_SERVERS, or start Docker, or install Java 17 and Maven and run make setup",
    ),
    "broker.failed": ("Kafka 没有启动:{reason}", "Kafka did not start: {reason}"),
    "up.running": (
        "这里已经有一条线在运行(进程 {pid},{path})。请先停掉它",
        "a line is already running here (process {pid}, {path}); stop it first",
    ),
    "register.other_version": (
        "查询库 {path} 是另一版本的。请执行:xinshu register rebuild",
        "the register at {path} is of another version; run: xinshu register rebuild",
    ),
    "register.taken": (
        "查询库 {path} 正被另一个程序使用。请先停掉它",
        "the register at {path} is in use by another process; stop that one first",
    ),
    "policy.bad": (
        "城市 {city} 的规则包不能使用:{reason}",
        "the policy of city {city} cannot be used: {reason}",
    ),
    "topics.bad": (
        "城市 {city} 的事项分类(topics)不能使用:{reason}。请改正,或删去这一项",
        "the topics of city {city} cannot be used: {reason}; mend the file or take the setting out",
    ),
    "connector.settings": (
        "[connectors.{channel}] 的设置不对:{places}",
        "[connectors.{channel}] is set up wrongly: {places}",
    ),
    "connector.unknown_city": (
        "[connectors.{channel}] 写的城市 {city} 不在 [cities] 里",
        "[connectors.{channel}] names the city {city}, which [cities] does not have",
    ),
    "settings.same_path": (
        "{file}{line}:{key} 与 [sinks.{other}] 写同一个文件,请改其中一个",
        "{file}{line}: {key} and [sinks.{other}] write to one file; change one of them",
    ),
    "sink.unknown": (
        "[sinks.{sink}] 的插件 {kind} 没有安装",
        "the plug-in {kind} of [sinks.{sink}] is not installed",
    ),
    "sink.settings": ("[sinks.{sink}] 的设置不对:{fields}", "[sinks.{sink}] is set up wrongly: {fields}"),
    "sink.refused": ("[sinks.{sink}] 不能使用:{reason}", "[sinks.{sink}] cannot be used: {reason}"),
    "part.failed": ("{part} 启动失败,请看上面的日志", "{part} did not start; see its log above"),
}


def _near(found: Iterable[str]) -> str:
    return "".join(say(f",是否想写 {name}?", f"; did you mean {name}?") for name in found)


def _how(type_: str, ctx: Mapping[str, Any], said: str) -> str:
    if type_ not in WRONG:
        return said
    return say(*WRONG[type_]).format(
        **{key: str(value).replace(" or ", say(" 或 ", " or ")) for key, value in ctx.items()}
    )


def sentence(trouble: Trouble) -> str:
    """The trouble in one plain line."""
    facts: dict[str, Any] = dict(trouble.facts)
    if "near" in facts:
        facts["near"] = _near(facts["near"])
    if trouble.code == "settings.wrong":
        facts["how"] = _how(facts["type"], facts["ctx"], facts["said"])
    if (
        isinstance(facts.get("line"), int)
        and trouble.code.startswith("settings.")
        and trouble.code != "settings.not_toml"
    ):
        facts["line"] = f":{facts['line']}" if facts["line"] else ""
    return " ".join(say(*TROUBLES[trouble.code]).format(**facts).split("\n")).strip()
