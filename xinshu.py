"""The one public face of Xinshu: what a channel or sink made by somebody else may import.

    from xinshu import ConnectorSettings, Content, Malformed, Raw, Reception, Request, Response

The packages behind it carry everyday names (``schemas``, ``connectors``, ``pipeline``, ``sinks``). Where a stranger's
package of the same name stands before ours on the path, importing this module fails and names the stranger.
"""

from importlib.util import find_spec
from pathlib import Path

_HOME = Path(__file__).resolve().parent


def _refuse_strangers() -> None:
    for package in ("schemas", "connectors", "pipeline", "sinks"):
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            message = f"xinshu: its package {package!r} is missing beside {_HOME}; install xinshu again"
            raise ImportError(message)
        found = Path(spec.origin).resolve().parent
        if found.parent != _HOME:
            message = (
                f"xinshu: the package {package!r} at {found} stands before ours at {_HOME / package}; "
                "start from another folder, or take the stranger out of this environment"
            )
            raise ImportError(message)


_refuse_strangers()

from connectors.contract import check_connector  # noqa: E402 - only after the packages are known to be ours
from schemas.base import Name, Record, Sha256  # noqa: E402 - only after the packages are known to be ours
from schemas.decision import Decision, DecisionEvent  # noqa: E402 - as above
from schemas.errors import (  # noqa: E402 - as above
    Conflict,
    FieldError,
    Malformed,
    Refused,
    TooLarge,
    TooMany,
    Unavailable,
    Untrusted,
)
from schemas.letter import (  # noqa: E402 - as above
    Attachment,
    BlobRef,
    Content,
    FileRef,
    Letter,
    MediaRef,
    NewFile,
    Place,
    Raw,
    Registered,
    Sender,
    Turn,
)
from schemas.order import AlertEvent, Contact, OrderEvent, Receipt, WorkOrder  # noqa: E402 - as above
from schemas.ports import (  # noqa: E402 - as above
    Accept,
    ConnectorSettings,
    CutsBatches,
    FileOption,
    Listener,
    Mailbox,
    MediaSource,
    Position,
    ReadsFiles,
    Reception,
    Request,
    Response,
    Sink,
    SinkSettings,
    Upload,
    Webhook,
)

__all__ = [
    "Accept",
    "AlertEvent",
    "Attachment",
    "BlobRef",
    "Conflict",
    "ConnectorSettings",
    "Contact",
    "Content",
    "CutsBatches",
    "Decision",
    "DecisionEvent",
    "FieldError",
    "FileOption",
    "FileRef",
    "Letter",
    "Listener",
    "Mailbox",
    "Malformed",
    "MediaRef",
    "MediaSource",
    "Name",
    "NewFile",
    "OrderEvent",
    "Place",
    "Position",
    "Raw",
    "ReadsFiles",
    "Receipt",
    "Reception",
    "Record",
    "Refused",
    "Registered",
    "Request",
    "Response",
    "Sender",
    "Sha256",
    "Sink",
    "SinkSettings",
    "TooLarge",
    "TooMany",
    "Turn",
    "Unavailable",
    "Untrusted",
    "Upload",
    "Webhook",
    "WorkOrder",
    "check_connector",
]
