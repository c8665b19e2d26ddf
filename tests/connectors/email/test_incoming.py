"""The end of a mail, in one chunk and in many."""

import pytest

from connectors.email.incoming import LINE_BYTES_MAX, Fault, Incoming, Room

MEBIBYTE = 1024 * 1024


def incoming(bytes_max: int = MEBIBYTE, room_bytes: int = 64 * MEBIBYTE) -> Incoming:
    return Incoming(Room(room_bytes), bytes_max=bytes_max)


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7, 1000])
def test_dots_are_unstuffed_and_the_rest_is_handed_back_however_it_is_cut(step: int) -> None:
    sent = b"..first\r\n.x\r\nmiddle\r\n...\r\n.\r\nMAIL FROM:<a@b>\r\n"
    one, rest = incoming(), b""
    for start in range(0, len(sent), step):
        rest += one.feed(sent[start : start + step]) if not one.complete else sent[start : start + step]
    assert one.fault is None
    assert one.mail(b"R\r\n") == b"R\r\n.first\r\nx\r\nmiddle\r\n..\r\n"
    assert rest == b"MAIL FROM:<a@b>\r\n"


def test_an_empty_mail_ends_at_once() -> None:
    one = incoming()
    assert one.feed(b".\r\n") == b""
    assert one.complete
    assert one.mail(b"") == b""


FORMS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r\r\n.\r\r\n"]


@pytest.mark.parametrize("form", FORMS)
def test_other_ends_do_not_end_a_mail_and_are_refused(form: bytes) -> None:
    one = incoming()
    assert one.feed(b"a: b\r\n\r\ntext" + form + b"MAIL FROM:<smuggled@evil.example>\r\n") == b""
    assert not one.complete
    one.feed(b"\r\n.\r\n")
    assert one.complete
    assert one.fault is Fault.BARE_LINE_END


def test_nul_before_the_dot_is_no_end() -> None:
    one = incoming()
    assert one.feed(b"x\r\n\x00.\r\nQUIT\r\n") == b""
    assert not one.complete


def test_one_byte_too_many_is_too_large() -> None:
    for size, fault in ((1000, None), (1001, Fault.TOO_LARGE)):
        one = incoming(bytes_max=1000)
        one.feed(b"x" * (size - 2) + b"\r\n.\r\n")
        assert one.complete
        assert one.fault is fault


def test_an_endless_line_is_given_up_and_its_memory_freed() -> None:
    room = Room(64 * MEBIBYTE)
    one = Incoming(room, bytes_max=25 * MEBIBYTE)
    for _ in range(64):
        one.feed(b"x" * 65536)
    assert one.fault is Fault.LINE_TOO_LONG
    assert one.discarded_bytes >= 64 * 65536 - LINE_BYTES_MAX - 65536
    assert room.take(64 * MEBIBYTE)
    one.feed(b"\r\n.\r\n")
    assert one.complete


def test_where_there_is_no_room_the_sender_is_to_come_again() -> None:
    room = Room(100_000)
    first, second = Incoming(room, bytes_max=MEBIBYTE), Incoming(room, bytes_max=MEBIBYTE)
    first.feed(b"x" * 90_000)
    second.feed(b"x" * 20_000)
    assert second.fault is Fault.NO_ROOM
    first.close()
    third = Incoming(room, bytes_max=MEBIBYTE)
    third.feed(b"x" * 90_000 + b"\r\n.\r\n")
    assert third.fault is None
