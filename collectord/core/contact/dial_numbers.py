"""Telephone numbers: what an export wrote -> what may be dialled, or why not.

Owns normalisation and the deny-list by type. Knows no debtor, no wish, no history.
Invariant: `e164` matches `\\A\\+[1-9][0-9]{6,14}\\Z` and is an ordinary subscriber's number, or it is None and `problem` says why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType
from phonenumbers import timezone as zones_of_prefixes

from collectord.core.receivables.ledger import DialNumber
from collectord.core.wording import Language, Texts, phrase

DIALABLE = re.compile(r"\A\+[1-9][0-9]{6,14}\Z", re.ASCII)
MAX_RAW = 60  # characters: no number is longer, whatever separators it has
UNKNOWN_ZONE = "Etc/Unknown"

TEXTS: Texts = {
    "characters": ("holds characters that no telephone number has", "enthält Zeichen, die keine Rufnummer hat"),
    "long": ("is too long for a telephone number", "ist zu lang für eine Rufnummer"),
    "extension": ("has an extension that cannot be dialled", "hat eine Nebenstelle, die nicht gewählt werden kann"),
    "country": (
        "has no country code and the debtor's country {country} is unknown",
        "hat keine Landesvorwahl, und das Land {country} ist unbekannt",
    ),
    "invalid": ("is no number of its country's numbering plan", "gibt es im Rufnummernplan ihres Landes nicht"),
    "emergency": ("is an emergency or short service number", "ist eine Notruf- oder Kurznummer"),
    "satellite": ("is a satellite or worldwide service number", "ist eine Satelliten- oder weltweite Dienstnummer"),
    "premium_rate": ("is a premium-rate number", "ist eine Mehrwertnummer (0900)"),
    "shared_cost": ("is a shared-cost service number", "ist eine Service-Nummer mit geteilten Kosten"),
    "toll_free": ("is a free service number, nobody's own line", "ist eine gebührenfreie Service-Nummer"),
    "personal_number": ("is a personal number that is forwarded at a price", "ist eine persönliche Rufnummer (0700)"),
    "voip": ("is an internet-only number, which trunks charge and route differently", "ist eine reine Internet-Rufnummer (032)"),
    "pager": ("is a pager", "ist ein Funkrufempfänger"),
    "uan": ("is a company-wide service number", "ist eine Nutzergruppen-Nummer"),
    "voicemail": ("is a voice mailbox", "ist ein Anrufbeantworter"),
    "unknown": ("is of no known type", "gehört zu keiner bekannten Art"),
}  # fmt: skip

_KINDS: Mapping[int, str] = {
    PhoneNumberType.FIXED_LINE: "fixed_line",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_or_mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal_number",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "uan",
    PhoneNumberType.VOICEMAIL: "voicemail",
}
DIALABLE_KINDS = frozenset({"fixed_line", "mobile", "fixed_or_mobile"})

_WRITTEN = re.compile(r"\A\+?[0-9()/.\-\u2010-\u2014\u00a0 \[\]]+\Z", re.ASCII)
_EXTENSION = re.compile(r"(?:ext\.?|extn\.?|x|#|;ext=|app\.?|nst\.?|durchwahl|dw)\s*[0-9]{1,7}\s*\Z", re.ASCII | re.IGNORECASE)
# Behind an area code some exchanges still take these.
_SUBSCRIBER_SHORT = ("110", "112", "115", "116117", "911", "999", "000")
_NO_DIGIT = re.compile(r"[^0-9]+", re.ASCII)
_WORLDWIDE = frozenset(code for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items() if regions[0] == "001")
_COUNTRY_ZONES: dict[int, tuple[str, ...]] = {}  # of numbers without a place: the same for the whole country code


def to_dial_number(raw: str, position: int, country: str, language: Language = "en") -> DialNumber:
    """`country` (ISO alpha-2) is for numbers without a country code: the debtor's, else the house's."""
    e164, kind, zones, problem = _read(raw.strip()[: MAX_RAW + 1], country.upper())
    sentence = None if problem is None else phrase(TEXTS, problem, language, country=country or "?")
    return DialNumber(position=position, raw=raw, e164=e164, kind=kind, zones=zones, problem=sentence)


@lru_cache(maxsize=20_000)
def _read(text: str, country: str) -> tuple[str | None, str, tuple[str, ...], str | None]:
    """(E.164 or None, kind, zones, problem's code or None)."""
    if len(text) > MAX_RAW:
        return None, "", (), "long"
    if not _WRITTEN.match(text):
        return None, "", (), "extension" if _EXTENSION.search(text) else "characters"
    if text.startswith("00"):
        text = "+" + text[2:].lstrip("0")  # no numbering plan has a national number that begins with 00
    digits = _NO_DIGIT.sub("", text)
    if text.startswith("+"):
        digits = f"+{digits}"
    elif country not in phonenumbers.SUPPORTED_REGIONS:
        return None, "", (), "country"
    elif len(digits) <= 4 and phonenumbers.connects_to_emergency_number(digits, country):
        return None, "", (), "emergency"
    try:
        number = phonenumbers.parse(digits, country or None)
    except phonenumbers.NumberParseException:
        return None, "", (), "invalid"
    return _judge(number)


def _judge(number: phonenumbers.PhoneNumber) -> tuple[str | None, str, tuple[str, ...], str | None]:
    """The library is asked for each thing once: its type alone costs a dozen patterns, and it is unknown exactly for invalid numbers."""
    country_code = number.country_code or 0
    if country_code in _WORLDWIDE:
        return None, "", (), "satellite"
    national = phonenumbers.national_significant_number(number)
    if national.endswith(_SUBSCRIBER_SHORT):
        subscriber = national[phonenumbers.length_of_geographical_area_code(number) :]
        if national in _SUBSCRIBER_SHORT or subscriber in _SUBSCRIBER_SHORT:
            return None, "", (), "emergency"
    found = phonenumbers.number_type(number)
    kind = _KINDS.get(found)
    if kind is None:
        return None, "", (), "invalid"
    e164 = f"+{country_code}{national}"
    problem = kind if kind not in DIALABLE_KINDS else None if DIALABLE.match(e164) else "invalid"
    if problem:
        return None, kind, (), problem
    if phonenumbers.is_number_type_geographical(found, country_code):
        zones = zones_of_prefixes.time_zones_for_geographical_number(number)
    else:
        zones = _COUNTRY_ZONES.get(country_code) or _COUNTRY_ZONES.setdefault(country_code, zones_of_prefixes.time_zones_for_number(number))
    return e164, kind, tuple(zone for zone in zones if zone != UNKNOWN_ZONE), None
