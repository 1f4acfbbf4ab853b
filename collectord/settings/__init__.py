"""Settings: the configuration as the rest of the program knows it, by the names listed here.

Owns no key itself: `values` one value, `lines`, `calling`, `exchange` and `messages` the sections, `whole` what must fit between
them, `loading` file and environment, `secret_files` the passwords. Everything handed inward is frozen.
Invariant: whoever needs settings imports from here, nobody from the modules behind.
"""

from collectord.settings.calling import ContactSection, DiallingSection, InboundSection, OutgoingSection, RecordingSection
from collectord.settings.exchange import IntakeSection, OutboxSection
from collectord.settings.invalid import ConfigInvalid
from collectord.settings.lines import AgentSection, CompanySection, PbxSection, TrunkSection
from collectord.settings.loading import DEFAULT_CONFIG, load
from collectord.settings.messages import LettersSection, MailSection, NoticesSection
from collectord.settings.secret_files import read_secret, read_smtp_secret
from collectord.settings.whole import Settings

__all__ = [
    "DEFAULT_CONFIG", "AgentSection", "CompanySection", "ConfigInvalid", "ContactSection", "DiallingSection", "InboundSection",
    "IntakeSection", "LettersSection", "MailSection", "NoticesSection", "OutboxSection", "OutgoingSection", "PbxSection",
    "RecordingSection", "Settings", "TrunkSection", "load", "read_secret", "read_smtp_secret",
]  # fmt: skip
