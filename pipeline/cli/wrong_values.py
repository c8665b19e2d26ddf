"""What is wrong with a setting's value, in both languages, by the name that pydantic or ``pipeline.settings`` gives the error."""

from collections.abc import Mapping
from typing import Final

WRONG: Final[Mapping[str, tuple[str, str]]] = {
    "time_zone": ("没有这个时区,例:Asia/Shanghai", "there is no such time zone; for example Asia/Shanghai"),
    "network": (
        "应为 IP 地址或网段,例:10.0.0.0/8",
        "an IP address or a network is wanted, for example 10.0.0.0/8",
    ),
    "rate": (
        "应写 次数/时间,例:120/minute;不限就留空",
        "so many in such a time is wanted, for example 120/minute; empty for no limit",
    ),
    "certificates": ("那里没有可读的 PEM 证书", "no certificates in PEM can be read there"),
    "folder": (
        "那里不能是文件夹(已有同名的文件,或名字不能用)",
        "no folder can be there: a file of that name is, or the name cannot be used",
    ),
    "finite_number": ("应为有限的数字", "a finite number is wanted"),
    "int_parsing": ("应为整数", "a whole number is wanted"),
    "int_type": ("应为整数", "a whole number is wanted"),
    "int_from_float": ("应为整数", "a whole number is wanted"),
    "float_parsing": ("应为数字", "a number is wanted"),
    "float_type": ("应为数字", "a number is wanted"),
    "bool_parsing": ("应为 true 或 false", "true or false is wanted"),
    "bool_type": ("应为 true 或 false", "true or false is wanted"),
    "string_type": ('应为文字,写在双引号里("…")', 'text in quotes ("…") is wanted'),
    "path_type": ('应为路径,写在双引号里("…")', 'a path in quotes ("…") is wanted'),
    "dict_type": ("应为一个表([…])", "a table ([…]) is wanted"),
    "model_type": ("应为一个表([…])", "a table ([…]) is wanted"),
    "list_type": ("应为列表([…])", "a list ([…]) is wanted"),
    "tuple_type": ("应为列表([…])", "a list ([…]) is wanted"),
    "frozen_set_type": ("应为列表([…])", "a list ([…]) is wanted"),
    "greater_than_equal": ("不能小于 {ge}", "at least {ge}"),
    "greater_than": ("必须大于 {gt}", "more than {gt}"),
    "less_than_equal": ("不能大于 {le}", "at most {le}"),
    "less_than": ("必须小于 {lt}", "less than {lt}"),
    "literal_error": ("只能是 {expected}", "one of {expected}"),
    "too_short": ("至少要有 {min_length} 项", "at least {min_length} wanted"),
    "string_too_short": ("至少 {min_length} 个字", "at least {min_length} characters"),
    "string_too_long": ("最多 {max_length} 个字", "at most {max_length} characters"),
    "string_pattern_mismatch": (
        "只能用小写字母、数字、_ 和 -,以字母开头(规则 {pattern})",
        "does not fit the pattern {pattern}",
    ),
}
