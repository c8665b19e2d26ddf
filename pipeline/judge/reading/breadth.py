"""Whom a matter touches: one sender, many people, several units that push it around, a whole place in distress."""

import re

import re2

from pipeline.judge.reading.tokens import Token, bit
from pipeline.judge.reading.view import View
from pipeline.policies.matter import Breadth, Demand

_NUMBER = r"(?:[二两三四五六七八九]|[2-9])?[百千万]|[0-9]{3,}|[0-9一二三四五六七八九]+(?:百|千|万)|上[百千万]|[几数][百千万十]|近[百千万]|[百千万]余"
_MANY = re2.compile(
    rf"(?:{_NUMBER})[多余来几]?(?:多|余|来)?(?:个|名|位|家|户)?(?:户|业主|居民|村民|家长|职工|工人|农民工|学生|群众|家庭|住户|人|名|商户|购房者|会员|老人|商家|司机)|[三四五六七八九]十[多余几来]?(?:家|户|名|位)(?:商户|业主|居民|村民|商家|店|职工|家长|户)?|联名|联合署名|联合反映|集体(?:反映|投诉|请愿|维权|上访|要求|签名)|(?:几|多|十几|数|好几|[三四五六七八九十])个(?:小区|村子?|社区|乡镇|楼盘|村组|学校)(?:的)?(?:居民|业主|村民|住户|家长|群众|老百姓|人|都)|整条街的?(?:商户|商家|居民|住户)|(?:全市|全区)的?(?:[^,。]{{0,6}})(?:司机|教师|职工|家长|商户|学生|老人)|(?:全体|全村|全镇|全校)(?:业主|村民|居民|家长|职工|老百姓|人|百姓)"
)
_CROWD_TEXT_MAX = 1000
_DISTRESS_TEXT_MAX = 240
_CROWD_SIGN = re.compile(r"百|千|万|十多|十余|几十|00|个小区|个村|个社区|整条街|全市|全区|余|多户|多名")
_UNITS = bit("gov", "service")


def breadth_of(view: View, demand: Demand) -> tuple[Breadth, Token | None]:
    """How wide *view* reaches; the gravest that is said."""
    if demand in (Demand.ASK, Demand.SUGGEST, Demand.PROPOSE, Demand.PRAISE, Demand.STATUS):
        return Breadth.ONE, None
    grave = view.first(bit("grave_core"))
    may_be_grave = _may_be_grave(view)
    if (grave is not None or may_be_grave) and _in_distress(view):
        if grave is not None:
            return Breadth.GRAVE, grave
        works = _DISTRESS.search(view.said, view.start, view.end) if may_be_grave else None
        if works is not None:
            return Breadth.GRAVE, (works.start(), works.end(), 0)
    if _many_units(view):
        return Breadth.MANY_UNITS, view.first(bit("shove", "regions"))
    text = view.said[view.start : view.end]
    if len(text) <= _CROWD_TEXT_MAX and (view.has(bit("many")) or _CROWD_SIGN.search(text)):
        match = _MANY.search(text)
        if match is not None:
            place = view.start + match.start()
            return Breadth.MANY_PEOPLE, (place, view.start + match.end(), 0)
    return Breadth.ONE, None


_DISTRESS = re2.compile(
    r"(?:水库|大坝|堤坝|河堤|大堤|江堤|大桥|桥墩|山体|尾矿库|堰塞湖)[^,。!?]{0,12}(?:裂缝|渗水|漏水|管涌|险情|垮|塌|溃|滑坡|松动|下沉|倾斜)"
    r"|(?:全城|全市|全县|全镇|全乡|全村|县城|整个[县镇乡村])[^。!?]{0,14}(?:停水|停电|断水|断电|停气|没水|没电|停摆|瘫痪)"
    r"|(?:停水|停电|断水|断电|停气)[^。!?]{0,12}(?:全城|全县|全镇|全村|[几数上][百千万]+人|[几数]万)"
    r"|(?:省道|国道|公路|县道|乡道|铁路|村道|进村|进出|出村|道路|桥)[^,。!?]{0,14}(?:堵死|中断|阻断|冲垮|冲断|冲毁|冲跑|冲走|冲塌|砸断|压断|塌断|掩埋|断了|垮了|塌了|堵住)[^。!?]{0,30}(?:滞留|粮|米面|吃的快|电也停|没电|出不去|过不了|不能通行|通不了|过不来|过不去|进不去|走不了|抢通|困|断粮|出不了|进不来|孤)"
    r"|(?:[几数两三四五上二][百千十]{1,2}(?:多|余|来)?(?:号)?人|[百千]余人|[百千]多人|两个村|宗族|两族|家族|大批|大量村民|上百|几百|数百)[^。!?]{0,14}(?:对峙|械斗|聚集|围堵|冲突|堵路|堵门|堵了|罢工|封路|群架|围住|围了)"
    r"|(?:[几数上成][百千万]+|全镇|全村|大批|接连|成片|大面积)[^。!?]{0,10}(?:死了|死亡|病死|感染|发烧|发病|绝收|受灾|倒塌|被淹|淹了)"
    r"|(?:学校|小学|中学|教学楼|校舍|幼儿园|宿舍楼)[^,。!?]{0,8}(?:裂|倾斜|要塌|快塌|成了危)[^。!?]{0,20}(?:孩子|学生|上课|住)"
    r"|(?:敬老院|养老院|福利院|特教学校|特校|卫生院|医院|学校|小学|中学|食堂)[^。!?]{0,12}(?:断供|断粮|断炊|断电|断暖|断水|停暖|停水|停电)[^。!?]{0,8}(?:[两三四五六七几0-9]+天|多天|好几天)[^。!?]{0,24}(?:老人|孩子|娃|学生|病人|学员)"
    r"|(?:油罐车|槽罐车|危化品|化学品|农药|柴油|化工原料|污染|毒)[^。!?]{0,24}(?:水源|水厂|饮用水|吃水|自来水|取水口)"
    r"|(?:水厂|自来水|水源|饮用水)[^。!?]{0,16}(?:农药味|柴油味|怪味|污染|死鱼|发黑)[^。!?]{0,16}(?:全|都不敢|不敢喝|[几数]万|整个)"
    r"|(?:户|村|镇)[^,。!?]{0,10}(?:房子|房屋|屋顶|大棚|瓦)[^,。!?]{0,8}(?:掀|吹翻|吹倒|冲毁|倒塌|烧毁|砸坏|淹了|进水)"
    r"|(?:帐篷|安置点|救灾|转移到)[^。!?]{0,20}(?:吃的|棉被|帐篷|物资|安置|学校|高处)"
    r"|(?:[几数两三四五上二][百千十]{1,2}(?:多|余|来)?(?:号|名|个)?(?:人|工人|村民|职工|业主|农民工|群众)|大批[^,。!?]{0,4})[^。!?]{0,14}(?:上访|集访|进京|去省里|去北京|堵高速|堵国道|停课|停工|停运|罢课|去[县市省]政府|围政府)"
    r"|(?:死了|病死|死亡)[^。!?]{0,4}(?:[几数上成][百千万]|大批|一大片)"
    r"|(?:猪瘟|禽流感|疫情|瘟疫|蝗灾|旱灾|洪灾|雪灾|冰雹|台风|洪水|暴雨)[^。!?]{0,20}(?:[几数上百千万]+[户亩头人]|全镇|全村|全县|受灾|绝收|灾民|损失惨重)"
)
_NOT_NOW = re.compile(r"去年|前年|往年|以前|多年前|建议|万一|如果|每年|每到|历年|上个?月|演练|预案")
_PLACE_OF_MANY = re.compile(
    r"敬老院|养老院|福利院|特教|卫生院|学校|村|镇|乡|县|城|全|养殖|群众|居民|桥|路|道|车|百姓|大家|学生|工人|教师|司机|[几数百千][十百千]?(?:人|户)"
)


def _may_be_grave(view: View) -> bool:
    return view.has(bit("grave")) and (
        view.end - view.start <= _DISTRESS_TEXT_MAX or view.has(bit("grave_core"))
    )


def _in_distress(view: View) -> bool:
    text = view.said[view.start : view.end]
    return _PLACE_OF_MANY.search(text) is not None and _NOT_NOW.search(text) is None


def _many_units(view: View) -> bool:
    if not view.has(bit("shove", "regions")):
        return False
    text = view.said[view.start : view.end]
    if view.has(bit("shove")) and re.search(
        r"推|扯皮|踢皮球|都说|不管|各说|协调不了|让找|让我找|牵头|谁都不|谁也不", text
    ):
        units = {view.said[token[0] : token[1]] for _, token in view.tokens(_UNITS)} - {
            "有关部门",
            "相关部门",
            "政府",
            "12345",
        }
        if len(units) >= 2 or view.has(bit("regions")):
            return True
        if re.search(r"交界|跨[区县市镇]|三不管", text):
            return True
    return (
        view.has(bit("regions"))
        and re.search(
            r"流经|交界|跨|上下游|沿线各|(?:[两三四五几多]个)(?:区县|区|县|乡镇|镇|部门)[^,。]{0,12}(?:推|不管|都|互相|没人|协调|来回|踢)",
            text,
        )
        is not None
    )
