"""The four errors of the line, each named by what the caller does next.

    XinshuError
    ├── Malformed       cannot be read: keep the bytes, put them into quarantine, go on
    │   └── FieldError  one field of a request is wrong: the answer names the field
    ├── Untrusted       not who it claims to be: refuse, keep nothing
    ├── Refused         downstream said no for good: write it down, do not ask again
    └── Unavailable     nobody can know yet: ask again later
        └── TooMany     this one sender sent too much: ask again later, the others go on

Anything else that is raised is our own bug: the bytes are kept, the door stays open.
A message never holds a word of a citizen or a secret: messages are logged.
"""


class XinshuError(Exception):
    """What connectors, sinks and the line raise on purpose."""


class Malformed(XinshuError):
    """The bytes cannot be read. They are kept; the sender hears what the channel has for it."""


class FieldError(Malformed):
    """One *field* of a request is missing, too long or of the wrong kind; *problem* says how, in the sender's language."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class TooLarge(Malformed):
    """More bytes than *bytes_max* were sent; reading stopped at the limit."""

    def __init__(self, bytes_max: int) -> None:
        super().__init__(f"more than {bytes_max} bytes")
        self.bytes_max = bytes_max


class Untrusted(XinshuError):
    """A signature, token or address is wrong. Nothing is kept."""


class Refused(XinshuError):
    """Downstream said no for good; asking again would change nothing."""


class Conflict(Refused):
    """The same key was used before with another body (``on_conflict = "refuse"``)."""


class Unavailable(XinshuError):
    """Not now. Asking again after *retry_after_s* seconds is safe."""

    def __init__(self, reason: str, retry_after_s: float = 30.0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class TooMany(Unavailable):
    """The one sender of a request has sent more than the settings allow for now (HTTP 429). Nothing was stored."""
