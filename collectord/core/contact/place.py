"""Where a debtor may be: countries whose holidays and zones whose clocks a call must respect.

Owns the hints (time zone column, address, dialled number) and what they mean together. Knows no rule and no hour.
Invariant: every hint counts; where they differ a call must suit all of them, and a place without any hint has all zones of its country.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from babel.core import get_global

from collectord.core.contact.calendar import region_code
from collectord.core.house import House
from collectord.core.receivables.ledger import Debtor, DialNumber

# States of the USA -> zones; a state on a border has both. Alaska's and Indiana's special zones share their neighbours' clocks.
_EASTERN, _CENTRAL, _MOUNTAIN, _PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
_WELL_KNOWN = frozenset({_EASTERN, _CENTRAL, _MOUNTAIN, _PACIFIC, "Europe/Berlin"})
_US_STATES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ["CT", "DC", "DE", "GA", "MA", "MD", "ME", "NC", "NH", "NJ", "NY", "OH", "PA", "RI", "SC", "VA", "VT", "WV"], (_EASTERN,)
    ),
    **dict.fromkeys(["AL", "AR", "IA", "IL", "LA", "MN", "MO", "MS", "OK", "WI"], (_CENTRAL,)),
    **dict.fromkeys(["CO", "MT", "NM", "UT", "WY"], (_MOUNTAIN,)),
    **dict.fromkeys(["CA", "WA"], (_PACIFIC,)),
    **dict.fromkeys(["FL", "IN", "KY", "MI", "TN"], (_EASTERN, _CENTRAL)),
    **dict.fromkeys(["KS", "ND", "NE", "SD", "TX"], (_CENTRAL, _MOUNTAIN)),
    **dict.fromkeys(["ID", "NV", "OR"], (_MOUNTAIN, _PACIFIC)),
    "AK": ("America/Anchorage", "America/Adak"),
    "AZ": ("America/Phoenix", _MOUNTAIN),
    "HI": ("Pacific/Honolulu",),
    "PR": ("America/Puerto_Rico",),
    "VI": ("America/Puerto_Rico",),
    "GU": ("Pacific/Guam",),
    "MP": ("Pacific/Guam",),
    "AS": ("Pacific/Pago_Pago",),
}
# GB numbers of mobile phones are often booked to the Channel Islands; their clocks and ours for GB are the same.
_CROWN = frozenset({"GG", "JE", "IM"})
_SAMPLES = tuple(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days) for days in range(0, 730, 15))


@dataclass(frozen=True, slots=True)
class Place:
    """`countries`: (ISO code, region) of the address and of the number. `zones`: the hour must suit all. `home`: the debtor's own clock."""

    countries: tuple[tuple[str, str], ...]
    zones: tuple[str, ...]
    home: str

    def local_day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.home)).date()


def place_of(debtor: Debtor, number: DialNumber | None, house: House) -> Place:
    """What is known about where a call to this number would ring."""
    called = number_country(number.e164) if number is not None and number.e164 else ""
    country = debtor.country or called or house.country
    countries = [(country, debtor.region)]
    if called and called != country:
        countries.append((called, ""))
    number_zones = _known(number.zones) if number is not None else ()
    if not number_zones and called:
        number_zones = country_zones(called)
    address = _address_zones(debtor, country, number_zones)
    zones = _distinct((*address, *number_zones))
    return Place(tuple(countries), zones or (house.time_zone,), (address or zones or (house.time_zone,))[0])


def _address_zones(debtor: Debtor, country: str, number_zones: tuple[str, ...]) -> tuple[str, ...]:
    named = _known((debtor.time_zone,)) if debtor.time_zone else ()
    region = region_code(country, debtor.region) if country == "US" else ""
    by_region = _US_STATES.get(region, ())
    if named and (not by_region or set(named) <= set(by_region)):
        return named
    if by_region:
        return (*named, *by_region)
    return _narrowed(country, number_zones) or country_zones(country)


@lru_cache(maxsize=4096)
def _narrowed(country: str, number_zones: tuple[str, ...]) -> tuple[str, ...]:
    """The zones of the country that the number's area code points to: it tells more than the country alone."""
    own = _known(tuple(get_global("territory_zones").get(country, ())))
    clocks = {_clock_of(zone): zone for zone in sorted(own, key=_plainness, reverse=True)}
    return _distinct(tuple(zone if zone in own else clocks[_clock_of(zone)] for zone in number_zones if _clock_of(zone) in clocks))


@lru_cache(maxsize=65536)
def number_country(e164: str) -> str:
    """ISO code of the country a number belongs to, "" for none (ships, satellites)."""
    try:
        found = phonenumbers.region_code_for_number(phonenumbers.parse(e164))
        if found is None:
            found = phonenumbers.region_code_for_country_code(phonenumbers.parse(e164).country_code or 0)
    except phonenumbers.NumberParseException:
        return ""
    if found in _CROWN:
        return "GB"
    return "" if found in (None, "ZZ", "001") else str(found)


@lru_cache(maxsize=512)
def country_zones(country: str) -> tuple[str, ...]:
    """The zones of a country, those with the same clock once; () for an unknown country."""
    return _distinct(tuple(sorted(_known(tuple(get_global("territory_zones").get(country, ()))), key=_plainness)))


def _plainness(zone: str) -> tuple[bool, int]:
    """Of several zones with one clock the best known goes first: people read its name."""
    return zone not in _WELL_KNOWN, zone.count("/")


def is_zone(name: str) -> bool:
    """Whether the name is an IANA zone that this machine knows."""
    return bool(_known((name,)))


@lru_cache(maxsize=4096)
def _known(zones: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    for zone in zones:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
        found.append(zone)
    return tuple(found)


@lru_cache(maxsize=1024)
def _clock_of(zone: str) -> tuple[timedelta | None, ...]:
    place = ZoneInfo(zone)
    return tuple(at.astimezone(place).utcoffset() for at in _SAMPLES)


@lru_cache(maxsize=4096)
def _distinct(zones: tuple[str, ...]) -> tuple[str, ...]:
    """The first zone of each clock."""
    first: dict[tuple[timedelta | None, ...], str] = {}
    for zone in zones:
        first.setdefault(_clock_of(zone), zone)
    return tuple(first.values())
