"""E-invoices of EN 16931: one document becomes one new open item.

Owns which document types are claims of ours, their sign, and the columns that an invoice yields; ubl.py and cii.py know where each term
stands. Knows no debtor, no store and no older invoice: it never says that anything was paid.
Invariant: a document yields exactly one row, or is refused with the term (BT-…) that stands against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import BinaryIO

from collectord.core.exports.csv_records import Certain, Record
from collectord.core.exports.decoding import ExportRefused
from collectord.core.exports.source_profiles import Profile
from collectord.core.wording import Language, Texts, phrase, safe
from collectord.edge.documents import cii, ubl
from collectord.edge.documents.header import header_of, names_for
from collectord.edge.documents.invoice_terms import Terms
from collectord.edge.documents.xml_parts import Part, local, parts

LARGEST = 64 * 2**20  # bytes of one invoice with its attachments

CREDITS = frozenset({"81", "83", "262", "296", "308", "381", "420", "458", "532"})
CORRECTION = "384"
SELF_BILLED = frozenset({"261", "389", "527"})  # written by the buyer for us: no claim of the company that drops the file
SOLD = frozenset({"393", "396"})  # factored: somebody else's claim
NO_CLAIM = frozenset({"325", "751"})  # pro forma, information for bookkeeping
_INVOICE_CODES = (
    "71 80 82 84 102 130 202 203 204 211 218 219 295 326 331 380 382 383 384 385 386 387 388 390 394 395 456 457 553 575 623 633 780 817"
    " 870 875 876 877 935"
)
INVOICES = frozenset(_INVOICE_CODES.split())
METHODS = {
    "10": "cash", "20": "cheque", "30": "transfer", "31": "transfer", "42": "transfer", "45": "transfer", "58": "transfer", "48": "card",
    "54": "card", "55": "card", "49": "direct_debit", "59": "direct_debit", "68": "online", "97": "clearing",
}  # fmt: skip

COLUMNS = (
    "debtor_no", "debtor_name", "item_no", "due_on", "open_amount", "currency", "amount", "invoiced_on", "kind", "payment_method",
    "discount_until", "contact_person", "email", "phone", "country", "postcode",
)  # fmt: skip
EXTRAS = (
    "buyer_reference", "buyer_vat_id", "buyer_register_no", "buyer_endpoint", "order_no", "contract_no", "seller_vat_id",
    "preceding_invoice",
)  # fmt: skip
"""Further columns of an invoice, for profiles that name them: `debtor_no = "buyer_reference"`."""

TEXTS: Texts = {
    "no_invoice": (
        "the XML is no invoice of EN 16931 (UBL Invoice or CreditNote, or CII CrossIndustryInvoice) but {root}",
        "Das XML ist keine Rechnung nach EN 16931 (UBL Invoice oder CreditNote, oder CII CrossIndustryInvoice), sondern {root}",
    ),
    "old": (
        "the invoice is ZUGFeRD 1.0, which is older than EN 16931; export it as ZUGFeRD 2 or Factur-X",
        "Die Rechnung ist ZUGFeRD 1.0 und damit älter als EN 16931; als ZUGFeRD 2 oder Factur-X exportieren",
    ),
    "missing": ("{term} is missing in the invoice", "In der Rechnung fehlt {term}"),
    "unreadable": ("{term} {value} cannot be read", "{term} {value} ist nicht lesbar"),
    "type": ("document type {value} (BT-3) is unknown", "Die Belegart {value} (BT-3) ist unbekannt"),
    "self_billed": (
        "document type {value} (BT-3) is self-billed: the buyer wrote it, it is no claim to call about",
        "Die Belegart {value} (BT-3) ist eine Gutschrift im Sinne des Steuerrechts: der Käufer hat sie ausgestellt, keine Forderung",
    ),
    "sold": (
        "document type {value} (BT-3) was sold to a factor: it is somebody else's claim",
        "Die Belegart {value} (BT-3) ist an einen Factor verkauft: die Forderung gehört jemand anderem",
    ),
    "no_claim": (
        "document type {value} (BT-3) is no claim: pro forma or information for bookkeeping",
        "Die Belegart {value} (BT-3) ist keine Forderung: Proforma oder nur für die Buchhaltung",
    ),
    "negative_credit": (
        "credit note {number} has a negative amount {value}; whether it takes or gives is in doubt",
        "Die Gutschrift {number} hat einen negativen Betrag {value}; ob sie gibt oder nimmt, ist unklar",
    ),
    "currencies": (
        "the amount due is in {value}, the invoice in {currency} (BT-5)",
        "Der fällige Betrag ist in {value}, die Rechnung in {currency} (BT-5)",
    ),
    "no_debtor": (
        "invoice {number} does not say the debtor's number (buyer identifier, BT-46); have it exported with every invoice, or let the"
        " profile take debtor_no from {others}",
        "Rechnung {number} nennt keine Debitorennummer (Kennung des Käufers, BT-46); mit jeder Rechnung exportieren, oder im Profil"
        " debtor_no aus {others} nehmen",
    ),
    "no_due_day": (
        "invoice {number} has no due date (BT-9); have it exported, or declare days_after for due_on in the profile",
        "Rechnung {number} hat kein Fälligkeitsdatum (BT-9); mitexportieren, oder im Profil days_after für due_on erklären",
    ),
    "corrects": (
        "{number} corrects {preceding}: both are open now until accounting settles the older one",
        "{number} berichtigt {preceding}: beide sind jetzt offen, bis die Buchhaltung die ältere ausgleicht",
    ),
}  # fmt: skip

_DISCOUNT = re.compile(r"#SKONTO#TAGE=([0-9]{1,3})#", re.ASCII)  # how XRechnung writes terms (BT-20)


def records(stream: BinaryIO, profile: Profile, language: Language, notes: list[str]) -> Iterator[Record]:
    """The header and the one row. Raises ExportRefused."""
    terms = read(stream, language)
    values = _values(terms, profile, language)
    names = names_for(profile, COLUMNS, EXTRAS)
    yield header_of(names)
    raw = " ".join(f"{name}={values[name]}" for name in names if values[name])
    if terms.type_code == CORRECTION and terms.preceding:
        notes.append(phrase(TEXTS, "corrects", language, number=terms.number, preceding=terms.preceding))
    yield Record(2, [Certain(values[name]) for name in names], safe(raw, 2_000))


def read(stream: BinaryIO, language: Language) -> Terms:
    """The terms of the document. Raises ExportRefused."""
    found: Part | None = None
    for part in parts(stream, ubl.LINES | cii.LINES, language, largest=LARGEST):
        if part.around:
            continue  # a line or an attachment: read past, so that memory stays bounded
        if found is None:
            _check_root(part, language)
        found = part
    assert found is not None  # a document without a root was refused
    return ubl.terms(found.element) if local(found.element) in ubl.ROOTS else cii.terms(found.element)


def _check_root(part: Part, language: Language) -> None:
    if part.name == "CrossIndustryDocument":
        raise ExportRefused(phrase(TEXTS, "old", language))
    if part.element.tag not in ubl.ROOT_TAGS | cii.ROOT_TAGS:
        raise ExportRefused(phrase(TEXTS, "no_invoice", language, root=safe(part.name, 60)))


def _values(terms: Terms, profile: Profile, language: Language) -> dict[str, str]:
    def refused(code: str, **values: object) -> ExportRefused:
        return ExportRefused(phrase(TEXTS, code, language, **values))

    for term, text in (("BT-1", terms.number), ("BT-2", terms.issued_on), ("BT-3", terms.type_code), ("BT-5", terms.currency)):
        if not text:
            raise refused("missing", term=term)
    for term, text in (("BT-44", terms.buyer_name), ("BT-115", terms.payable)):
        if not text:
            raise refused("missing", term=term)
    if terms.payable_currency and terms.payable_currency != terms.currency:
        raise refused("currencies", value=terms.payable_currency, currency=terms.currency)
    for codes, code in ((SELF_BILLED, "self_billed"), (SOLD, "sold"), (NO_CLAIM, "no_claim")):
        if terms.type_code in codes:
            raise refused(code, value=terms.type_code)
    is_credit = terms.type_code in CREDITS
    if not is_credit and terms.type_code not in INVOICES:
        raise refused("type", value=terms.type_code)
    amounts: dict[str, Decimal | None] = {}
    for name, term, text in (("open_amount", "BT-115", terms.payable), ("amount", "BT-112", terms.total)):
        amounts[name] = _money(text) if text else None
        if text and amounts[name] is None:
            raise refused("unreadable", term=term, value=text)
    open_amount = amounts["open_amount"]
    assert open_amount is not None  # BT-115 is there and readable
    if is_credit and open_amount < 0:
        raise refused("negative_credit", number=terms.number, value=terms.payable)
    days: dict[str, date | None] = {}
    for name, term, text in (("invoiced_on", "BT-2", terms.issued_on), ("due_on", "BT-9", terms.due_on)):
        days[name] = _day(text) if text else None
        if text and days[name] is None:
            raise refused("unreadable", term=term, value=text)
    invoiced_on = days["invoiced_on"]
    assert invoiced_on is not None  # BT-2 is there and readable
    due_on = days["due_on"] or (invoiced_on if is_credit or open_amount < 0 else None)  # a credit counts from its own day
    sign = -1 if is_credit else 1
    discount = _DISCOUNT.search(terms.payment_terms)
    values = {
        "debtor_no": terms.buyer_no, "debtor_name": terms.buyer_name, "item_no": terms.number,
        "due_on": due_on.isoformat() if due_on else "", "open_amount": _plain(sign * open_amount), "currency": terms.currency,
        "amount": "" if amounts["amount"] is None else _plain(sign * amounts["amount"]), "invoiced_on": invoiced_on.isoformat(),
        "kind": "credit_note" if sign * open_amount < 0 or is_credit else "invoice",
        "payment_method": METHODS.get(terms.payment_means, ""),
        "discount_until": (invoiced_on + timedelta(int(discount[1]))).isoformat() if discount and not is_credit else "",
        "contact_person": terms.contact, "email": terms.email, "phone": terms.phone, "country": terms.country, "postcode": terms.postcode,
        "buyer_reference": terms.buyer_reference, "buyer_vat_id": terms.buyer_vat_id, "buyer_register_no": terms.buyer_register_no,
        "buyer_endpoint": terms.buyer_endpoint, "order_no": terms.order_no, "contract_no": terms.contract_no,
        "seller_vat_id": terms.seller_vat_id, "preceding_invoice": terms.preceding,
    }  # fmt: skip
    debtor = profile.columns.get("debtor_no")
    if not any(values.get(name.casefold()) for name in ((*debtor.names, *debtor.instead) if debtor else ("debtor_no",))):
        others = ", ".join(name for name in EXTRAS if name.startswith("buyer") and values[name]) or "buyer_reference (BT-10)"
        raise refused("no_debtor", number=terms.number, others=others)
    due = profile.columns.get("due_on")
    if not values["due_on"] and not (due and due.days_after):
        raise refused("no_due_day", number=terms.number)
    return values


_DECIMAL = re.compile(r"\A[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,10})?|\.[0-9]{1,10})\Z", re.ASCII)
_DAY = re.compile(r"\A([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?\Z", re.ASCII)


def _money(text: str) -> Decimal | None:
    return Decimal(text) if _DECIMAL.match(text) else None


def _plain(amount: Decimal) -> str:
    """Two decimals at least, no more than needed."""
    cents = amount.quantize(Decimal("0.01")) if amount == amount.quantize(Decimal("0.01")) else amount.normalize()
    return f"{cents + 0:f}"


def _day(text: str) -> date | None:
    found = _DAY.match(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None
