"""A matter (诉求): what one part of a letter asks for, as values that rules can test. Rules never look at the text.

Read out of text by ``pipeline.judge``; tested by the clauses of rule packs. Each value has its Chinese gloss, which
``--explain`` prints.
"""

from dataclasses import dataclass
from enum import StrEnum

from schemas.decision import Span


class Demand(StrEnum):
    """What the sender wants to be done."""

    HANDLE = "handle"
    ASK = "ask"
    SUGGEST = "suggest"
    PROPOSE = "propose"
    PRAISE = "praise"
    ACCUSE = "accuse"
    OVERTURN = "overturn"
    REMIND = "remind"
    STATUS = "status"
    RESCUE = "rescue"
    THREATEN = "threaten"
    ADVERTISE = "advertise"
    ABUSE = "abuse"
    NONE = "none"


class Actor(StrEnum):
    """Whose act, omission or competence is at stake: not who is mentioned, and not who stands nearby."""

    GOVERNMENT = "government"
    OFFICIAL = "official"
    PUBLIC_SERVICE = "public_service"
    BUSINESS = "business"
    PERSON = "person"
    COURT = "court"
    PROCURATORATE = "procuratorate"
    DISCIPLINE = "discipline"
    PARTY = "party"
    CONGRESS = "congress"
    CPPCC = "cppcc"
    ARMY = "army"
    STATE = "state"
    PROVINCE = "province"
    ARBITRATION = "arbitration"
    RESCUE_SERVICE = "rescue_service"
    UNKNOWN = "unknown"


class Object(StrEnum):
    """What the matter is about, as far as rules tell it apart. The topic catalogue is finer and not for rules."""

    DAILY_LIFE = "daily_life"
    PUBLIC_SERVICE = "public_service"
    ECONOMY = "economy"
    POLICY = "policy"
    POLICY_UNMET = "policy_unmet"
    WORK_STYLE = "work_style"
    INTEGRITY = "integrity"
    SOCIAL_ORDER = "social_order"
    JUDGEMENT = "judgement"
    APPOINTMENT = "appointment"
    MILITARY = "military"
    LEGACY = "legacy"
    LABOUR = "labour"
    MARKET = "market"
    PRIVATE = "private"
    SECRET = "secret"  # noqa: S105 - a matter that is secret, no password
    PRIVACY = "privacy"
    DISCLOSURE = "disclosure"
    LIFE_DANGER = "life_danger"
    SELF_HARM = "self_harm"
    THREAT = "threat"
    OTHER = "other"


class Tense(StrEnum):
    """When it is: going on, over, feared or imagined."""

    NOW = "now"
    PAST = "past"
    FEARED = "feared"


class Polarity(StrEnum):
    """Is it said to be so, or denied."""

    ASSERTED = "asserted"
    DENIED = "denied"


class Stage(StrEnum):
    """How far a legal or complaint procedure has gone: "could sue" is none, "has sued" is under way."""

    NONE = "none"
    COULD = "could"
    PENDING = "pending"
    DONE = "done"
    CONCLUDED = "concluded"


class Procedure(StrEnum):
    """Which procedure ``Stage`` speaks of."""

    NONE = "none"
    LAWSUIT = "lawsuit"
    ARBITRATION = "arbitration"
    REVIEW = "review"
    PETITION = "petition"
    DISCLOSURE = "disclosure"
    COMPLAINT = "complaint"


class Where(StrEnum):
    """The place of the matter, seen from the city whose pack judges."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    BORDER = "border"
    UNSAID = "unsaid"


class Breadth(StrEnum):
    """Whom and how many units it touches."""

    ONE = "one"
    MANY_PEOPLE = "many_people"
    MANY_UNITS = "many_units"
    GRAVE = "grave"


class Again(StrEnum):
    """What the letter itself says of earlier letters on the matter; what the memory knows of them is a link, not this."""

    NONE = "none"
    UNSOLVED = "unsolved"
    RECUR = "recur"
    MANY_CHANNELS = "many_channels"
    MANY_SENDERS = "many_senders"


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter. *places*: place names as written; *asked*: the question in normalised words where *demand* is ask.

    *sure* is how certain the reading is, 0 to 1: rules that refuse ask for more of it than rules that accept.
    *unfounded*: the demand goes against what serves everybody (take the traffic light away), so that explaining is due.
    """

    demand: Demand
    actor: Actor = Actor.UNKNOWN
    object: Object = Object.OTHER
    place: Where = Where.UNSAID
    tense: Tense = Tense.NOW
    polarity: Polarity = Polarity.ASSERTED
    stage: Stage = Stage.NONE
    procedure: Procedure = Procedure.NONE
    breadth: Breadth = Breadth.ONE
    again: Again = Again.NONE
    unfounded: bool = False
    places: tuple[str, ...] = ()
    asked: str = ""
    sure: float = 1.0
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What rules may know of the letter around a matter.

    *department*: the unit whose own mailbox it came to, empty for the mayor's. *own_department*: the matter is that
    unit's. *readable*: it is in a language somebody here reads. *complete*: it says enough to send somebody.
    *confidential*: the sender asks not to be named to anybody. *answer_known*: ``Policy.answer`` has an entry for it.
    """

    anonymous: bool = False
    has_contact: bool = True
    mailbox: str = ""
    department: str = ""
    own_department: bool = True
    readable: bool = True
    complete: bool = True
    confidential: bool = False
    answer_known: bool = False
