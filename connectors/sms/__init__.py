"""短信 (SMS): what people text to the city's number, delivered by a vendor's HTTP callback.

Where        ``/in/sms/NAME/SECRET``, one address for each gateway; whoever knows it may call: give it by HTTPS only
Peers        Aliyun SmsUp, Tencent Cloud, Twilio (signed), Kannel, and any other vendor by a map of its fields
Yes means    the vendor's own: ``{"code":0,"msg":"接收成功"}``, ``{"result":0,"errmsg":"OK"}``, ``<Response/>``, empty 200
Retries      the same message again (same id, number, time, words) hears the same yes and is one letter
No means     503 with Retry-After (Tencent 500) not stored, comes again · 400 cannot be read · 403 wrong secret,
             signature or network · 413 larger than ``body_bytes_max``

Settings
    [connectors.sms]
    public_url = "https://letters.example.gov.cn"      # how vendors reach this door; Twilio signs it
    [connectors.sms.accounts."10690012345"]            # the number people write to
    city = "wuyang"
    mailbox = "sms"
    [connectors.sms.gateways.aliyun]
    vendor = "aliyun"                                  # aliyun, tencent, twilio, kannel or custom
    secrets = [{ file = "/run/secrets/sms_aliyun" }]   # 16 characters or more; several while you change it
    networks = ["203.0.113.0/24"]                      # who may call; behind a proxy set door.trusted_proxies too
    account = "10690012345"                            # may be left out where there is one account
    [connectors.sms.gateways.twilio]
    vendor = "twilio"
    keys = [{ file = "/run/secrets/twilio_token" }]    # address then: /in/sms/twilio
    [connectors.sms.gateways.other]                    # any other vendor
    vendor = "custom"
    secrets = [{ env = "SMS_OTHER" }]
    [connectors.sms.gateways.other.map]                # our field = theirs; a.b goes into JSON; a list: the first there
    text = "content"
    sender = "mobile"
    receiver = "destcode"
    id = "msgid"
    sent_at = "moTime"
    receipts = { pushType = "smsReport" }              # delivery reports: answered, not stored
    answer = { body = "ok" }
    # charset = "gbk" · text_form = "hex" · time_format = "%y%m%d%H%M" · time_zone · batch = "data.list"
    # part_ref, part_no, parts (parts_from = 0: the first is 0), or udh, of long messages; charset_field: its charset
    [connectors.sms.gateways.other.signature]          # where the vendor signs; secrets may then be left out
    algorithm = "hmac-sha256"                          # token, md5, sha1, sha256, hmac-md5, hmac-sha1, hmac-sha256
    secrets = [{ env = "SMS_OTHER_KEY" }]
    where = "header:X-Signature"                       # or field:sign, query:sign
    template = "{header:X-Timestamp}{body}"            # what is signed: connectors/sms/signature.py
    timestamp = "header:X-Timestamp"                   # refused when more than 300 s off

Receipts and state reports of our own messages are answered with a yes and not stored (Kannel's where its ``dlr-url``
is the same address with ``?dlr=%d``).

Kannel needs these lines, or it loses messages::

    group = smsbox
    http-request-retry = 500      # default 0: after a single 503 the message is gone
    http-queue-delay = 10         # seconds between tries
    mo-recode = true
    group = sms-service
    keyword = default
    catch-all = true
    max-messages = 0              # our empty answer is no text for the citizen
    send-sender = true
    post-url = "https://letters.example.gov.cn/in/sms/kannel/SECRET?charset=%C&id=%I&unix=%T"

By GET it is ``get-url = "…?from=%p&to=%P&text=%b&coding=%c&charset=%C&udh=%u&id=%I&smsc=%i&unix=%T"``, with %b and never
%a, which spoils Chinese; a URL holds about 40 parts, a POST all 255. Kannel's smsbox takes a message off its queue
before it calls: killed between two tries it loses it. Where that matters, let the vendor call us directly.
Huawei pushes once and never again: run two doors, or take another vendor.

Long messages    parts are joined as bytes, then decoded; out of order is fine. Where parts are still missing after ten
                 minutes the letter goes on, marked ``incomplete``; a part that comes later completes it
What is kept     the message as JSON with all fields the vendor sent. Not the address it came from, no header
"""

from connectors.sms.connector import Sms

__all__ = ["Sms"]
