"""What recognisers answer, field for field; fields that are not named here are ignored, the bytes are kept.

Aliyun    ``TaskId``, ``StatusText``, ``Result.Sentences[]``; times in milliseconds
Tencent   the callback's fields (``resultDetail`` is JSON in a string), or the polled ``Response.Data``
iFlytek   ``orderResult`` is JSON in a string, each ``json_1best`` in it JSON in a string again, times are strings
FunASR    ``sentence_info[]`` with ``text`` or ``sentence``, by the version
"""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel, to_pascal

from connectors.hotline.calls import TURNS_MAX, Share, Text, Whole
from connectors.hotline.text import json_of


def _unwrapped(value: object) -> object:
    """JSON that stands in a string."""
    if not isinstance(value, str):
        return value
    return json_of(value) if value.strip() else None


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, coerce_numbers_to_str=True
    )


class _Pascal(_Model):
    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=True)


class _Camel(_Model):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


Code = Annotated[str, Field(max_length=200)]
Label = Annotated[str, Field(max_length=64)] | None


class AliyunSentence(_Pascal):
    channel_id: Label = None
    speaker_id: Label = None
    begin_time: Whole = None
    end_time: Whole = None
    text: Text
    confidence: Share = None


class AliyunSentences(_Pascal):
    sentences: tuple[AliyunSentence, ...] = Field(default=(), max_length=TURNS_MAX)


class AliyunResult(_Pascal):
    task_id: Code = ""
    status_text: Code = "SUCCESS"
    result: Annotated[AliyunSentences | None, BeforeValidator(_unwrapped)] = None


class TencentSentence(_Pascal):
    final_sentence: Text = ""
    start_ms: Whole = None
    end_ms: Whole = None
    speaker_id: Label = None


TencentDetail = Annotated[
    Annotated[tuple[TencentSentence, ...], Field(max_length=TURNS_MAX)] | None, BeforeValidator(_unwrapped)
]


class TencentCallback(_Camel):
    code: Code
    request_id: Code = ""
    text: str = ""
    result_detail: TencentDetail = None


class TencentData(_Pascal):
    status_str: Code = "success"
    result: str = ""
    result_detail: TencentDetail = None


class TencentResponse(_Pascal):
    data: TencentData


class TencentPolled(_Pascal):
    response: TencentResponse


class IflytekWord(_Model):
    w: str = ""


class IflytekPlace(_Model):
    """Candidates for one place; the first is the best."""

    cw: tuple[IflytekWord, ...] = ()


class IflytekRun(_Model):
    ws: tuple[IflytekPlace, ...] = ()


class IflytekSentence(_Model):
    bg: Whole = None
    ed: Whole = None
    rl: Label = None
    rt: tuple[IflytekRun, ...] = ()

    def text(self) -> str:
        """The words of the best reading."""
        return "".join(place.cw[0].w for run in self.rt for place in run.ws if place.cw)


class IflytekBest(_Model):
    st: IflytekSentence


class IflytekLattice(_Model):
    json_1best: Annotated[IflytekBest, BeforeValidator(_unwrapped)]


class IflytekOrder(_Model):
    lattice: tuple[IflytekLattice, ...] = Field(max_length=TURNS_MAX)


class IflytekInfo(_Camel):
    status: int = 4


class IflytekContent(_Camel):
    order_info: IflytekInfo = IflytekInfo()
    order_result: Annotated[IflytekOrder | None, BeforeValidator(_unwrapped)] = None


class IflytekResult(_Model):
    code: Code = "000000"
    content: IflytekContent


class FunasrSentence(_Model):
    text: Text = ""
    sentence: Text = ""
    start: Whole = None
    end: Whole = None
    spk: Label = None


class FunasrResult(_Model):
    key: Code = ""
    text: Text = ""
    timestamp: tuple[tuple[Whole, Whole], ...] | None = None
    sentence_info: tuple[FunasrSentence, ...] | None = Field(default=None, max_length=TURNS_MAX)
