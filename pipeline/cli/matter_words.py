"""The fields of a matter and their values in plain Chinese, for ``--explain`` and ``policy show``; English is the value itself."""

from collections.abc import Mapping
from typing import Final

from pipeline.cli.words import say

FIELDS: Final[Mapping[str, str]] = {
    "demand": "要求", "actor": "主体", "object": "事项", "place": "地点", "tense": "时态", "polarity": "肯定否定",
    "stage": "程序阶段", "procedure": "程序", "breadth": "影响面", "again": "此前来信", "unfounded": "要求不合理",
    "anonymous": "匿名", "has_contact": "有联系方式", "own_department": "属本部门", "readable": "文字可读",
    "complete": "要素齐全", "confidential": "要求保密", "answer_known": "知识库有答案",
}  # fmt: skip

VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "demand": {
        "handle": "请求办理", "ask": "询问", "suggest": "建议", "propose": "提案", "praise": "表扬", "accuse": "举报",
        "overturn": "要求改变结果", "remind": "催办", "status": "查进度", "rescue": "求救", "threaten": "扬言",
        "advertise": "广告推销", "abuse": "辱骂", "none": "没有诉求",
    },
    "actor": {
        "government": "政府部门", "official": "工作人员", "public_service": "公共服务单位", "business": "企业商家",
        "person": "个人", "court": "法院", "procuratorate": "检察院", "discipline": "纪检监察", "party": "党委",
        "congress": "人大", "cppcc": "政协", "army": "军队武警", "state": "国家机关", "province": "省级单位",
        "arbitration": "仲裁机构", "rescue_service": "救援机构", "unknown": "未说明",
    },
    "object": {
        "daily_life": "日常生活", "public_service": "公共服务", "economy": "经济发展", "policy": "政策法规",
        "policy_unmet": "政策未落实", "work_style": "工作作风", "integrity": "廉洁问题", "social_order": "社会治安",
        "judgement": "裁判结果", "appointment": "人事任免", "military": "军队事务", "legacy": "历史遗留", "labour": "劳动用工",
        "market": "市场消费", "private": "私人事务", "secret": "涉密", "privacy": "他人隐私", "disclosure": "政府信息公开",
        "life_danger": "人身危险", "self_harm": "自伤", "threat": "扬言", "other": "其他",
    },
    "place": {"here": "本地", "elsewhere": "外地", "border": "交界", "unsaid": "未说明"},
    "tense": {"now": "现在", "past": "过去", "feared": "担心"},
    "polarity": {"asserted": "肯定", "denied": "否定"},
    "stage": {"none": "无", "could": "可以走", "pending": "正在进行", "done": "已作出", "concluded": "已终结"},
    "procedure": {
        "none": "无", "lawsuit": "诉讼", "arbitration": "仲裁", "review": "行政复议", "petition": "信访",
        "disclosure": "信息公开", "complaint": "投诉",
    },
    "breadth": {"one": "个别", "many_people": "多人", "many_units": "多部门", "grave": "重大"},
    "again": {
        "none": "无", "recur": "办结后复发", "many_channels": "多渠道", "many_senders": "多人来信", "unsolved": "答复后未解决",
    },
}  # fmt: skip

_YES_NO: Final[Mapping[str, str]] = {"true": "是", "false": "否"}


def field(name: str) -> str:
    """A field's name in the operator's language."""
    return say(FIELDS[name], name)


def value(name: str, said: str) -> str:
    """A value of the field *name* in the operator's language."""
    return say(VALUES.get(name, _YES_NO)[said], said)
