"""Quotes and signatures are recognised where mail programs of this country and others put them; nothing is cut."""

import time

import pytest

from connectors.email.quoting import look

OWN = "路灯还是没有修。\n"


@pytest.mark.parametrize(
    "history",
    [
        "> 您的来信已登记。\n",
        "＞您的来信已登记。\n",
        '------------------ 原始邮件 ------------------\n发件人: "热线"\n',
        "-----Original Message-----\nFrom: a\n",
        "---------- Forwarded message ---------\n",
        '在 2026-11-20 09:30:00，"热线" <a@12345.example> 写道：\n您的来信已登记。\n',
        "于 2026年11月20日 09:30, 热线 写道:\n> 您的来信\n",
        "2026-11-20 09:30 热线 写道：\n",
        "On Fri, 20 Nov 2026 at 09:30, Hotline <a@12345.example> wrote:\n> x\n",
        "发件人：热线\n发送时间：2026年11月20日 9:30\n收件人：张三\n",
        "From: Hotline\nSent: Friday\nTo: Zhang\n",
        "*发件人:* 热线\n*日期:* 2026年11月20日\n",
    ],
)
def test_a_quote_begins_where_the_earlier_mail_does(history: str) -> None:
    seen = look(OWN + history)
    assert seen.quote == len(OWN)
    assert look(history).quote == 0


@pytest.mark.parametrize(
    "text",
    [
        OWN,
        "",
        "在小区门口，他写道德经。\n",
        "收件人：市长\n主题：路灯\n",
        "发件人：张三\n\n我住在和平里。\n这里的路灯坏了。\n日期：上周\n",
        "温度 > 30 度\n",
        "On Friday they wrote: nothing\nand so on",
    ],
)
def test_a_letter_that_quotes_nobody(text: str) -> None:
    assert look(text).quote is None


@pytest.mark.parametrize(
    "signature",
    [
        "-- \n张三\n1380000xxxx\n",
        "--\n张三\n",
        "发自我的iPhone\n",
        "Sent from my iPhone\n",
        "发自QQ邮箱手机版\n",
    ],
)
def test_a_signature_is_recognised(signature: str) -> None:
    assert look(OWN + signature).signature == len(OWN)
    assert look(OWN + "> 引用\n" + signature).signature == len(OWN + "> 引用\n")
    assert look(OWN + "-----Original Message-----\n" + signature).signature is None


def test_two_dashes_in_the_middle_of_a_letter_are_no_signature() -> None:
    assert look(OWN + "--\n" + OWN * 20).signature is None


@pytest.mark.parametrize(
    "part", ["On ", "On a\n", " \n", "From: a\n", "- a\n", "> ", "-", "在 写道：", ">" * 50 + "\n", "*" * 70]
)
def test_no_letter_is_slow(part: str) -> None:
    letter = part * (1_000_000 // len(part))
    began_s = time.process_time()
    look(letter)
    assert time.process_time() - began_s < 1.0
