from connectors.email.identity import author, external_id

HEAD = b'Message-ID: <1@mail.example>\r\nFrom: "Zhang" <Zhangsan@Mail.example>\r\nDate: Fri, 20 Nov 2026 09:30:00 +0800\r\n'
MAIL = HEAD + b"Subject: x\r\n\r\nbody\r\n"


def test_what_relays_add_does_not_count() -> None:
    relayed = b"Received: from a by b; now\r\nX-Spam: no\r\n" + MAIL.replace(
        b"Date: Fri, ", b"Date:\r\n Fri,  "
    )
    assert external_id(relayed) == external_id(MAIL)


def test_another_body_author_or_date_is_another_letter() -> None:
    others = [
        MAIL.replace(b"body", b"bodies"),
        MAIL.replace(b"Zhangsan", b"Lisi"),
        MAIL.replace(b"20 Nov", b"21 Nov"),
    ]
    assert len({external_id(mail) for mail in [MAIL, *others]}) == 4


def test_without_message_id_and_date_every_byte_counts() -> None:
    mail = b"From: a@b.cn\r\n\r\nbody\r\n"
    assert external_id(mail) == external_id(mail)
    assert external_id(b"Received: one\r\n" + mail) != external_id(b"Received: two\r\n" + mail)


def test_our_own_first_line_does_not_count() -> None:
    line = b"Return-Path: <a@b.cn>\r\n"
    assert external_id(line + MAIL, len(line)) == external_id(MAIL)
    bare = b"From: a@b.cn\r\n\r\nbody\r\n"
    assert external_id(line + bare, len(line)) == external_id(bare)


def test_any_bytes_have_an_identity() -> None:
    strange = [
        b"",
        b"\x00",
        b"\r\n\r\n",
        b"no head",
        b"x" * 600_000,
        b"Message-ID:\r\n",
        b"From: " + b"a\r\n " * 100_000,
    ]
    identities = {external_id(mail) for mail in strange}
    assert len(identities) == len(strange)
    assert [author(mail) for mail in strange] == [""] * len(strange)


def test_the_author_is_the_address_in_from() -> None:
    assert author(MAIL) == "zhangsan@mail.example"
