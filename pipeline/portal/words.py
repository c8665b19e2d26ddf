"""What the tracking page says, in plain Chinese and in English."""

from typing import Literal

from pipeline.story import State

Locale = Literal["zh", "en"]

STATES: dict[State, tuple[str, str]] = {
    "registered": ("已登记", "Registered"),
    "unreadable": ("已登记，内容待人工查看", "Registered, to be read by a person"),
    "linked": ("已并入您此前的来信", "Joined to your earlier letter"),
    "held": ("待人工审核", "Waiting for a person to decide"),
    "accepted": ("已受理", "Accepted"),
    "escalated": ("已呈报", "Passed to a leading official"),
    "signed": ("办理中", "Being worked on"),
    "closed": ("已办结", "Finished"),
    "declined": ("不予受理", "Not accepted"),
    "answered": ("已答复", "Answered"),
    "emergency": ("紧急情况，已转值班人员", "Emergency, passed to the officer on duty"),
}

MEANINGS: dict[State, tuple[str, str]] = {
    "registered": ("我们已收到您的来信，正在处理，请稍后再查。", "We have your letter and are working on it; look again soon."),
    "unreadable": ("来信的内容没能自动读出，原件已保存，工作人员会查看。", "It could not be read automatically; the original is kept and a person will look at it."),
    "linked": ("这封来信与您此前的来信是同一件事，将一并办理。", "It is about the same matter as your earlier letter; both are handled together."),
    "held": ("这封来信需要工作人员查看后决定，请稍后再查。", "A person has to look at it before a decision; look again later."),
    "accepted": ("您反映的事项已受理，并转交承办单位。", "Your matter was accepted and passed to the unit in charge."),
    "escalated": ("您反映的事项已按规定呈报有关负责同志阅处。", "Your matter was passed to a leading official, who decides on it."),
    "signed": ("承办单位已接收，正在办理。", "The unit in charge has taken it over."),
    "closed": ("承办单位已办理完毕。", "The unit in charge has finished its work."),
    "declined": ("这件事不属于本平台受理范围，原因和办理途径见下。", "It is not for this platform to handle; why, and who can help, stands below."),
    "answered": ("您的问题已直接答复，见下。", "Your question was answered; see below."),
    "emergency": ("如果现在有人处于危险中，请立即拨打下面的电话。", "If anybody is in danger now, call one of the numbers below."),
}  # fmt: skip


def pick(words: tuple[str, str], locale: Locale) -> str:
    """The words in this language."""
    return words[1] if locale == "en" else words[0]
