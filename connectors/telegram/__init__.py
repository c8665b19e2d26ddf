"""Telegram 机器人 (bots): what citizens write to the city's bots, by polling or by webhook.

Where        polling: nothing listens, the door asks Telegram · webhook: ``/in/telegram/NAME``, one path a bot
Peers        api.telegram.org, if need be through a proxy; or a Bot API server of your own (not in its local mode)
Yes means    the offset moves beyond an update, or 200: only after it is stored
Retries      Telegram keeps updates for 24 hours: it sends them again until the offset moves; a webhook's for a while
No means     the offset stays · 503 with Retry-After while nothing can be stored · 403 wrong secret · 400 no update

Settings
    [connectors.telegram]
    mode = "polling"                                        # or "webhook"
    [connectors.telegram.bots.mayor_bot]
    token = { file = "/run/secrets/mayor_bot" }             # from BotFather
    [connectors.telegram.accounts.mayor_bot]                # the same name: the mailbox this bot belongs to
    city = "wuyang"
    mailbox = "mayor"

    Of a bot also: proxy = "http://…" (a secret too), api_url, secret_token (16 to 256 of A-Z a-z 0-9 _ -, needed for a
    webhook). public_url = "https://letters.example.gov.cn/in/telegram" has the door set the webhooks at its start (only
    at ports 443, 80, 88 and 8443); without it set them yourself, with the secret token, without drop_pending_updates.

One poller   Run a polling bot at one door only. A second poller, or a webhook left from earlier, takes letters away:
             Telegram says 409, and the log says ``connector.waiting`` with what to do. The door then asks every 30 s.
One letter   A message with its edits; an album (photos sent together). A reply is a letter of its own that names the
             one it answers. Edits come in as revisions of the letter.
No letter    What bots write, posts of channels, a bare command (``/start``), what Telegram reports (somebody joined, a
             message was pinned), moves of a live location: the first place counts.
Files        Up to 20 MiB (Telegram hands out no larger ones to bots), fetched by the door after the letter is stored.
Not yet      Answers to citizens: number and query code are not sent back by the bot.
"""

from connectors.telegram.connector import Telegram
from connectors.telegram.settings import BotSettings, TelegramSettings

__all__ = ["BotSettings", "Telegram", "TelegramSettings"]
