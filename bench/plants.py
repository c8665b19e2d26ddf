"""Personal data as people write it, made up: every spelling of numbers, addresses and names, and the words before them."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.text.personal_numbers import card_holds

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHINESE = str.maketrans("0123456789", "零一二三四五六七八九")
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪"
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志红文斌浩宇欣怡子涵梓轩雨晨海燕春梅冬生永福德胜"
)


def _wide(said: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in said)


def _mobile(chance: random.Random) -> str:
    said = f"1{chance.choice('3456789')}{chance.randint(0, 10**9 - 1):09d}"
    parts = said[:3], said[3:7], said[7:]
    return chance.choice(
        [said, said, said, "-".join(parts), " ".join(parts), ".".join(parts), f"+86{said}", f"+86 {said}", f"0086{said}",
         f"+86-{'-'.join(parts)}", _wide(said), said.translate(_CHINESE), f"{parts[0]} {parts[1]}{parts[2]}",
         f"{parts[0]}\u200b{parts[1]}{parts[2]}", f"(+86){said}"]
    )  # fmt: skip


def _landline(chance: random.Random) -> str:
    area, local = (
        chance.choice(["010", "0731", "021", "0755", "0718"]),
        f"{chance.randint(2, 8)}{chance.randint(0, 9999999):07d}",
    )
    if len(area) == 4 and chance.random() < 0.3:
        local = local[:7]
    return chance.choice(
        [f"{area}-{local}", f"({area}){local}", f"{area}{local}", f"{area} {local}", f"{area}—{local}", f"（{area}）{local}",
         f"{area}-{local}转{chance.randint(1, 999)}", local, f"{local[:-4]} {local[-4:]}", _wide(f"{area}-{local}")]
    )  # fmt: skip


def _identity(chance: random.Random) -> str:
    body = f"{chance.choice(['430102', '110105', '440305', '510107', '210402'])}{chance.randint(1940, 2012)}{chance.randint(1, 12):02d}{chance.randint(1, 28):02d}{chance.randint(0, 999):03d}"
    said = body + "10X98765432"[sum(int(a) * b for a, b in zip(body, _WEIGHTS, strict=True)) % 11]
    return chance.choice(
        [
            said,
            said,
            said.lower(),
            f"{said[:6]} {said[6:14]} {said[14:]}",
            f"{said[:6]}-{said[6:14]}-{said[14:]}",
            _wide(said),
        ]
    )


def _card(chance: random.Random) -> str:
    body = chance.choice(["622202", "621700", "622848", "436742", "601382", "552433", "356889"])
    body += "".join(chance.choice("0123456789") for _ in range(chance.choice([9, 12])))
    said = next(body + digit for digit in "0123456789" if card_holds(body + digit))
    groups = [said[at : at + 4] for at in range(0, len(said), 4)]
    return chance.choice([said, said, " ".join(groups), "-".join(groups), _wide(said)])


def _email(chance: random.Random) -> str:
    return chance.choice(
        [
            "zhangsan_88@163.com",
            "12345678@qq.com",
            "li.si@example.cn",
            "Wang-Wu@Example.COM",
            "ａｂｃ１２３@qq.com",
            "a+b@mail.example.org",
            "zs＠126.com",
        ]
    )


def _plate(chance: random.Random) -> str:
    head = chance.choice(["湘A", "京N", "粤B", "川A", "辽D", "鄂E", "赣D", "新J", "苏E"])
    tail = chance.choice(
        [
            f"{chance.randint(10000, 99999)}",
            f"D{chance.randint(10000, 99999)}",
            f"{chance.randint(10000, 99999)}F",
            "8K9P2",
            "Q88W6",
            "F8H2K1",
            f"{chance.randint(1000, 9999)}学",
        ]
    )
    said = head + chance.choice(["", "", "·", "-", " ", "."]) + tail
    return chance.choice([said, said, said, said.lower(), _wide(said)])


def _name(chance: random.Random) -> str:
    family = (
        chance.choice(_SURNAMES)
        if chance.random() < 0.95
        else chance.choice(["欧阳", "司马", "上官", "诸葛"])
    )
    return family + "".join(chance.choice(_GIVEN) for _ in range(chance.choice([1, 2, 2])))


@dataclass(frozen=True)
class Sort:
    """How plants of one kind are made and what stands before them. A lead may be empty where the form speaks for itself."""

    make: Callable[[random.Random], str]
    leads: tuple[str, ...]


SORTS: dict[str, Sort] = {
    "mobile": Sort(
        _mobile, ("电话", "联系方式：", "请打", "手机号是", "微信同号", "我的手机", "联系我", "", "电话号码:")
    ),
    "landline": Sort(_landline, ("座机", "电话:", "家里电话", "联系电话：", "请打", "固话", "宅电：电话")),
    "identity": Sort(_identity, ("身份证号", "身份证:", "证件号码为", "", "本人身份证号码：")),
    "card": Sort(_card, ("银行卡号", "卡号:", "退款账户", "我的工行卡", "")),
    "email": Sort(_email, ("邮箱", "email:", "电子邮件：", "")),
    "plate": Sort(_plate, ("车牌", "车牌号为", "一辆", "我的车", "牌照：")),
    "name": Sort(
        _name,
        (
            "我叫",
            "联系人:",
            "我是",
            "本人",
            "我的名字是",
            "投诉人：",
            "姓名：",
            "反映人:",
            "联系人：",
            "我名叫",
        ),
    ),
}
STAY = (
    "幸福路12号的烧烤店",
    "位于阳光花园3栋2单元501室的麻将馆",
    "车牌川A12345的渣土车",
    "宏达建材公司电话028-88880000",
    "物业经理的手机13900005678",
    "地址:建设街45号附1号",
    "李庄村村主任王大力",
)
