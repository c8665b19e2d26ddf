"""The e-mail channel: citizens write to the city's addresses, each mail is a letter. It is delivered to us by SMTP, or
fetched by us from a mailbox by IMAP, or both: a mail that comes both ways is one letter with one number.

**By SMTP**: put a mail server in front. It stands on the Internet (port 25), does TLS, SPF, DKIM, DMARC and greylisting, queues
mails for days when we are away, and hands them to this listener by SMTP on the loopback or a private network::

    # Postfix main.cf
    relay_domains = 12345.example.gov.cn
    transport_maps = inline:{ { 12345.example.gov.cn = smtp:[127.0.0.1]:2525 } }
    smtpd_forbid_bare_newline = normalize
    smtpd_forbid_unauth_pipelining = yes
    message_size_limit = 26214400
    smtpd_recipient_limit = 10

Settings of this channel::

    [connectors.email]
    host = "127.0.0.1"                # where to listen
    port = 2525
    hostname = "mail.example.gov.cn"  # said in the greeting; the machine's name where empty
    tls_cert = "/etc/xinshu/mail.pem" # with both, STARTTLS is offered; without, mails come in the clear
    tls_key = "/etc/xinshu/mail.key"
    # smtp = false                    # nothing listens; mails are fetched only

    [connectors.email.accounts."shimin@12345.example.gov.cn"]
    city = "xingcheng"
    mailbox = "mayor"

**By IMAP**: one table for each mailbox, at most 16. A mail is marked only after it is on our disk::

    [connectors.email.imap.mayor]
    host = "imap.example.gov.cn"
    user = "shimin"
    password = { file = "/run/secrets/imap" }    # at 163 and QQ not the user's password: an app password
    account = "shimin@12345.example.gov.cn"      # whose letters these are: one of the accounts
    since = 2026-12-01                           # what came to the mailbox before this day is left alone
    tls = "ssl"                # or "starttls"; certificates are checked. "none" only to a server on this machine
    # ca_file = "/etc/ssl/own-ca.pem"
    folder = "INBOX"
    after = "keyword"          # stored mails get the keyword XinshuStored and stay, unseen as before. "move": they go
    done_folder = "Xinshu"     # there; also where a server keeps no keywords
    poll_s = 60                # IDLE tells of new mails at once where the server can; they are looked for as well
    idle = true

``since`` has no default: somebody must say how much of an old mailbox becomes letters. It counts the day on which the
server took the mail; after a move to another server set it to the day of the move. A mail larger than
``mail_bytes_max`` is never fetched: it gets the keyword XinshuTooLarge, stays, and is logged as ``mail.too_large`` with
its UID, because a person must look and write back; so is one that the server lists and never hands out, as
``mail.withheld``. A server that is away, or says no, is tried again after a wait that
grows to a minute (a refused login: to five) and is logged as ``mailbox.away``; ``mailbox.renumbered``: the server was
rebuilt, all mails come again and keep their numbers; ``mailbox.keeps_no_marks``: neither keywords nor moves, so that
every start reads the whole mailbox since ``since`` once more (no mail becomes a second letter by that).

A mail is taken for the addresses under ``accounts`` only, compared in lower case. Written to several mailboxes, it is
one letter in each, stored together or not at all.

Limits: ``mail_bytes_max`` 25 MiB; ``receiving_bytes_max`` 96 MiB for all mails being received together;
``recipients_max`` 10; ``sessions_max`` 100 and ``sessions_per_peer_max`` 20 (as many as Postfix opens);
``idle_s_max`` 60 s; ``mail_s_max`` 300 s from one mail to the next; lines of 2 MiB; commands of 64 KiB a mail.

What the answers mean:

=====================  ===============================================================================================
250 Registered 4821-…  stored on disk; the number (one for each mailbox) is the letter's, for good
421                    too many connections, too slow, or going down: the sender's server comes again
451 4.3.0              a fault of ours, logged as ``connector.fault``: the sender's server comes again
452 4.3.1              the store is full or away, or too many large mails at once: comes again
452 4.5.3              more than ``recipients_max`` recipients: the rest in another mail
550 5.1.1              our domain, no such mailbox
554 5.7.1              not our domain: we do not relay
552 5.3.4              larger than ``mail_bytes_max``
554 5.5.2              a bare CR or LF in the mail (how mails are smuggled past gateways); Postfix in front mends them
554 5.6.0              a line of more than 2 MiB
=====================  ===============================================================================================

The same mail again (same Message-ID, From, Date and body; what relays add does not count) hears the same number
again. A reply is kept whole, with what it quotes; both are only recognised (flags of ``payload``), as are bounces,
automatic answers and mailing lists. A registration number in the subject joins the letter to that one's thread.
winmail.dat is opened. A mail that was taken and cannot be read goes into quarantine with its bytes; nobody's mail is dropped. The
stored bytes are the mail as it came, after one ``Return-Path`` line with the envelope's sender.
"""

from connectors.email.connector import Email
from connectors.email.settings import EmailSettings, ImapSettings

__all__ = ["Email", "EmailSettings", "ImapSettings"]
