"""One entry of a bank statement: what came in or went out, of whom, and whether it is a direct debit that came back.

Owns the splitting of batch bookings, charges and the sign. Knows no file and no open item.
Invariant: the bookings of an entry add up to the entry.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from xml.etree.ElementTree import Element

from collectord.edge.documents.xml_parts import all_of, one_of, text_of

MAX_REFERENCE = 2_000  # characters; a batch that cannot be split may carry thousands of remittance texts

# German business transaction codes (GVC) of direct debits that came back to the one who collected them
_RETURNED = frozenset({"009", "108", "109"})
_GVC = re.compile(r"\A(?:N[A-Z]{3}\+|[A-Z]{4}\+)?([0-9]{3})(?:\+|\Z)", re.ASCII)
_AMOUNT = re.compile(r"\A[0-9]{1,13}(?:\.[0-9]{0,5})?\Z", re.ASCII)
_DAY = re.compile(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_NOT_PROVIDED = ("NOTPROVIDED", "NONREF", "NICHT ANGEGEBEN")

Kind = Literal["payment", "return", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One transaction of an entry. `amount` has no sign; None where the bank gives none in the entry's currency."""

    amounts: tuple[tuple[str, Decimal], ...]  # (currency, amount), the transaction's own first, the instructed one behind it
    sign: str
    charges: Decimal  # signed: below zero they went out
    number: str
    end_to_end: str
    mandate: str
    debtor: str
    debtor_account: str
    creditor: str
    creditor_account: str
    reference: str
    return_reason: str
    bank_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    number: str
    amount: Decimal  # signed
    currency: str
    is_booked: bool
    is_reversal: bool
    booked_on: str
    value_on: str
    bank_code: str
    gvc: str
    charges: Decimal
    text: str

    @staticmethod
    def signed(amount: str, indicator: str) -> Decimal | None:
        if not _AMOUNT.match(amount) or indicator not in ("CRDT", "DBIT"):
            return None
        return Decimal(amount) if indicator == "CRDT" else -Decimal(amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One line for the matching: a payment, a returned direct debit, or something else."""

    entry: Entry
    amount: Decimal
    kind: Kind
    detail: Detail | None
    number: str
    reference: str

    def values(self, account: str) -> dict[str, str]:
        """What the record shows. `account` is the one that the statement is of."""
        entry, detail = self.entry, self.detail
        cents = self.amount.quantize(Decimal("0.01"))
        values = {
            "payment_no": self.number, "booked_on": entry.booked_on, "value_on": entry.value_on,
            "amount": f"{cents if cents == self.amount else self.amount:f}", "currency": entry.currency, "kind": self.kind,
            "reference": self.reference, "bank_code": entry.bank_code,
        }  # fmt: skip
        if detail is not None:
            # Whose money it is: of a payment and of a direct debit that came back, the debtor; of money that we sent, who got it.
            # Some banks name the two the other way round for returns: the one with our own account is never it.
            parties = [(detail.debtor, detail.debtor_account), (detail.creditor, detail.creditor_account)]
            if (self.kind == "other" and self.amount < 0) or (account and detail.debtor_account == account):
                parties.reverse()
            values["payer"], values["payer_account"] = parties[0]
            values |= {"end_to_end": detail.end_to_end, "mandate": detail.mandate, "return_reason": detail.return_reason}
        return values


def entry_of(element: Element, position: int) -> Entry | tuple[str, str]:
    """The entry, or what of it cannot be read and how it stands there. Its details are read apart."""
    amount = one_of(element, "Amt")
    currency = "" if amount is None else amount.get("Ccy", "")
    value = Entry.signed(text_of(element, "Amt"), text_of(element, "CdtDbtInd"))
    if value is None:
        return "Amt/CdtDbtInd", f"{text_of(element, 'Amt')} {text_of(element, 'CdtDbtInd')}"
    booked_on = text_of(element, "BookgDt/Dt", "BookgDt/DtTm")[:10]
    value_on = text_of(element, "ValDt/Dt", "ValDt/DtTm")[:10]
    for what, day in (("BookgDt", booked_on), ("ValDt", value_on)):
        if day and not _DAY.match(day):
            return what, day
    status = text_of(element, "Sts/Cd", "Sts")
    proprietary = text_of(element, "BkTxCd/Prtry/Cd")
    gvc = _GVC.match(proprietary)
    return Entry(
        number=text_of(element, "AcctSvcrRef", "NtryRef"),
        amount=value,
        currency=currency,
        is_booked=status in ("BOOK", ""),
        is_reversal=text_of(element, "RvslInd") in ("true", "1"),
        booked_on=booked_on or value_on,
        value_on=value_on,
        bank_code=_bank_code(element) or proprietary,
        gvc=gvc[1] if gvc else "",
        charges=_charges(element),
        text=text_of(element, "AddtlNtryInf"),
    )


def detail_of(element: Element) -> Detail:
    amounts = [
        (found.get("Ccy", ""), Decimal(text))
        for path in ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt", "AmtDtls/CntrValAmt/Amt")
        for found in all_of(element, path)
        if _AMOUNT.match(text := (found.text or "").strip())
    ]
    references = [" ".join((found.text or "").split()) for found in all_of(element, "RmtInf/Ustrd")]
    references += [" ".join((found.text or "").split()) for found in all_of(element, "RmtInf/Strd/CdtrRefInf/Ref")]
    references += [" ".join((found.text or "").split()) for found in all_of(element, "RmtInf/Strd/RfrdDocInf/Nb")]
    end_to_end = text_of(element, "Refs/EndToEndId")
    return Detail(
        amounts=tuple(amounts),
        sign=text_of(element, "CdtDbtInd"),
        charges=_charges(element),
        number=text_of(element, "Refs/AcctSvcrRef", "Refs/TxId", "Refs/InstrId"),
        end_to_end="" if end_to_end.upper() in _NOT_PROVIDED else end_to_end,
        mandate=text_of(element, "Refs/MndtId"),
        debtor=text_of(element, "RltdPties/Dbtr/Pty/Nm", "RltdPties/Dbtr/Nm", "RltdPties/UltmtDbtr/Pty/Nm", "RltdPties/UltmtDbtr/Nm"),
        debtor_account=_account(element, "RltdPties/DbtrAcct"),
        creditor=text_of(element, "RltdPties/Cdtr/Pty/Nm", "RltdPties/Cdtr/Nm", "RltdPties/UltmtCdtr/Pty/Nm", "RltdPties/UltmtCdtr/Nm"),
        creditor_account=_account(element, "RltdPties/CdtrAcct"),
        reference=" ".join(filter(None, references))[:MAX_REFERENCE],
        return_reason=_return_reason(element),
        bank_code=_bank_code(element),
    )


def _return_reason(element: Element) -> str:
    if one_of(element, "RtrInf") is None:
        return ""
    return text_of(element, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry", "RtrInf/AddtlInf") or "?"


def bookings(entry: Entry, details: Sequence[Detail]) -> list[Booking]:
    """One booking per detail where they add up to the entry, else one for the whole; charges of returns and payments stand apart."""
    if len(details) == 1:
        return _single(entry, details[0])
    amounts = [_amount(detail, entry) for detail in details]
    known = [amount for amount in amounts if amount is not None]
    charges = sum((detail.charges for detail in details), Decimal(0))
    if details and len(known) == len(details):
        for extra in (Decimal(0), charges, entry.charges):
            if sum(known, Decimal(0)) + extra == entry.amount:
                found = [
                    _booking(entry, amount, detail, detail.number or _numbered(entry.number, position))
                    for position, (amount, detail) in enumerate(zip(known, details, strict=True), start=1)
                ]
                return found + ([_charge(entry, extra)] if extra else [])
    reference = " ".join(filter(None, (detail.reference for detail in details)))[:MAX_REFERENCE] or entry.text
    is_return = entry.amount < 0 and (_is_return(entry, None) or any(detail.return_reason for detail in details))
    kind: Kind = "return" if is_return else _kind(entry, entry.amount, None)
    return [Booking(entry=entry, amount=entry.amount, kind=kind, detail=None, number=entry.number, reference=reference)]


def _single(entry: Entry, detail: Detail) -> list[Booking]:
    number = entry.number or detail.number
    charges = detail.charges or entry.charges
    principal = entry.amount - charges
    said = {amount for currency, amount in detail.amounts if currency in ("", entry.currency)}
    if charges and abs(principal) in said and principal * entry.amount > 0:
        return [_booking(entry, principal, detail, number), _charge(entry, charges)]
    return [_booking(entry, entry.amount, detail, number)]


def _booking(entry: Entry, amount: Decimal, detail: Detail, number: str) -> Booking:
    kind = _kind(entry, amount, detail)
    return Booking(entry=entry, amount=amount, kind=kind, detail=detail, number=number, reference=detail.reference or entry.text)


def _charge(entry: Entry, amount: Decimal) -> Booking:
    return Booking(entry=entry, amount=amount, kind="other", detail=None, number=_numbered(entry.number, 0), reference=entry.text)


def _numbered(number: str, position: int) -> str:
    return f"{number}/{position}" if number else ""


def _amount(detail: Detail, entry: Entry) -> Decimal | None:
    """Signed as the detail says, else as the entry."""
    amount = next((amount for currency, amount in detail.amounts if currency in ("", entry.currency)), None)
    if amount is None:
        return None
    is_out = detail.sign == "DBIT" if detail.sign else entry.amount < 0
    return -amount if is_out else amount


def _kind(entry: Entry, amount: Decimal, detail: Detail | None) -> Kind:
    if amount < 0:
        return "return" if _is_return(entry, detail) else "other"
    codes = (detail.bank_code if detail else "") or entry.bank_code
    is_own = entry.is_reversal or bool(detail and detail.return_reason)  # money of ours that came back
    is_payment = not is_own and (not _is_domain(codes) or codes.startswith("PMNT"))
    return "payment" if is_payment else "other"


def _is_return(entry: Entry, detail: Detail | None) -> bool:
    """Money that had come in by direct debit (or was booked by mistake) and went out again."""
    codes = (detail.bank_code if detail else "") or entry.bank_code
    return (
        entry.is_reversal
        or bool(detail and detail.return_reason)
        or codes.startswith("PMNT-IDDT")  # the direct debits that we issue: a debit there is one that came back
        or entry.gvc in _RETURNED
    )


def _is_domain(code: str) -> bool:
    return code.count("-") == 2 and len(code) == 14


def _bank_code(element: Element) -> str:
    domain = text_of(element, "BkTxCd/Domn/Cd")
    family, sub = text_of(element, "BkTxCd/Domn/Fmly/Cd"), text_of(element, "BkTxCd/Domn/Fmly/SubFmlyCd")
    return f"{domain}-{family}-{sub}" if domain else ""


def _account(element: Element, path: str) -> str:
    return text_of(element, f"{path}/Id/IBAN", f"{path}/Id/Othr/Id").replace(" ", "")


def _charges(element: Element) -> Decimal:
    """All charges of an entry or a detail, signed; those that say they are not included are none of its amount."""
    total = Decimal(0)
    for charges in all_of(element, "Chrgs"):
        records = list(all_of(charges, "Rcrd")) or [charges]  # since version 04 / in version 02
        for record in records:
            amount = Entry.signed(text_of(record, "Amt"), text_of(record, "CdtDbtInd") or "DBIT")
            if amount is not None and text_of(record, "ChrgInclInd") != "false":
                total += amount
    return total
