"""The e-mail channel: citizens write to the city's addresses, each mail is a letter.

Put a mail server in front. It stands on the Internet (port 25), does TLS, SPF, DKIM, DMARC and greylisting, queues
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

    [connectors.email.accounts."shimin@12345.example.gov.cn"]
    city = "xingcheng"
    mailbox = "mayor"

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
again. A mail that was taken and cannot be read goes into quarantine with its bytes; nobody's mail is dropped. The
stored bytes are the mail as it came, after one ``Return-Path`` line with the envelope's sender.
"""

from connectors.email.connector import Email
from connectors.email.settings import EmailSettings, ImapSettings

__all__ = ["Email", "EmailSettings", "ImapSettings"]
