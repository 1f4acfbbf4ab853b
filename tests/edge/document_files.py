"""Files as programs and banks write them, made here: what the document readers are tried with."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlwt  # type: ignore[import-untyped]
from openpyxl import Workbook  # type: ignore[import-untyped]
from pypdf import PdfWriter

from collectord.core.exports.csv_records import Record
from collectord.core.exports.source_profiles import Column, Profile
from collectord.edge import documents

SHEET_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def dropped(folder: Path, content: bytes, name: str = "export.dat") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def read(path: Path, *, language: Any = "en", **profile: Any) -> tuple[list[Record], list[str]]:
    """All records and the notes."""
    reading = documents.records(path, Profile(**{"name": "test", **profile}), language)
    return list(reading), reading.notes


def read_apart(path: Path, form: str) -> tuple[int, int]:
    """The file read in a process of its own: how many records, and by how many megabytes that process grew."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom collectord.edge import documents\n"
        "from collectord.core.exports.source_profiles import Profile\n"
        "def peak(): return next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM')) // 1024\n"
        "before = peak()\n"
        "print(sum(1 for _ in documents.records(Path(sys.argv[1]), Profile(name='x', format=sys.argv[2]), 'en')), peak() - before)\n"
    )
    answer = subprocess.run([sys.executable, "-c", code, str(path), form], capture_output=True, text=True, check=True)
    count, grown = map(int, answer.stdout.split())
    return count, grown


def fields(path: Path, **profile: Any) -> list[list[str]]:
    return [record.fields for record in read(path, **profile)[0]]


def named(path: Path, **profile: Any) -> list[dict[str, str]]:
    """The rows below the header by their columns."""
    header, *rows = fields(path, **profile)
    return [dict(zip(header, row, strict=True)) for row in rows]


def columns(**names: str) -> Mapping[str, Column]:
    """A profile's columns: canonical name -> name in the file."""
    return {name: Column(names=(source,)) for name, source in names.items()}


def xlsx(rows: Iterable[Sequence[Any]], *, title: str = "OP") -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    return saved(book)


def saved(book: Any) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def xlsx_with(sheet_data: str, *, others: Mapping[str, bytes] | None = None) -> bytes:
    """A workbook whose sheet's XML is given, for what no library would write."""
    changed = {"xl/worksheets/sheet1.xml": f'<worksheet xmlns="{SHEET_NAMESPACE}"><sheetData>{sheet_data}</sheetData></worksheet>'.encode()}
    return repacked(xlsx([[1]]), {**changed, **(others or {})})


def repacked(content: bytes, changed: Mapping[str, bytes]) -> bytes:
    goal = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as origin, zipfile.ZipFile(goal, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in origin.namelist():
            copy.writestr(name, changed.get(name, origin.read(name)))
        for name in changed.keys() - set(origin.namelist()):
            copy.writestr(name, changed[name])
    return goal.getvalue()


def xls(
    rows: Iterable[Sequence[Any]], *, styles: Mapping[tuple[int, int], Any] | None = None, errors: Sequence[tuple[int, int]] = ()
) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("OP")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if (number, column) in errors:
                sheet.row(number).set_cell_error(column, 0x17)
            elif value is not None:
                sheet.write(number, column, value, (styles or {}).get((number, column), xlwt.Style.default_style))
    return saved(book)


def ods(table: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        packed.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry'
            ' manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
        )
        packed.writestr(
            "content.xml",
            '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
            ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
            ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"><office:body><office:spreadsheet>'
            f'<table:table table:name="OP">{table}</table:table></office:spreadsheet></office:body></office:document-content>',
        )
    return content.getvalue()


UBL = """<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
 <cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0</cbc:CustomizationID>
 <cbc:ID>RE-2026-0001</cbc:ID><cbc:IssueDate>2026-10-20</cbc:IssueDate>{due}
 <cbc:{root}TypeCode>{type}</cbc:{root}TypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
 <cbc:BuyerReference>04011000-12345-34</cbc:BuyerReference>
 <cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>RE-2026-0000</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>
 <cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Muster GmbH</cbc:Name></cac:PartyName>
  <cac:PartyTaxScheme><cbc:CompanyID>DE123456789</cbc:CompanyID></cac:PartyTaxScheme></cac:Party></cac:AccountingSupplierParty>
 <cac:AccountingCustomerParty><cac:Party>
  {buyer}
  <cac:PostalAddress><cbc:PostalZone>50667</cbc:PostalZone><cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
  <cac:PartyTaxScheme><cbc:CompanyID>DE987654321</cbc:CompanyID></cac:PartyTaxScheme>
  <cac:PartyLegalEntity><cbc:RegistrationName>Beispiel &amp; Söhne KG</cbc:RegistrationName></cac:PartyLegalEntity>
  <cac:Contact><cbc:Name>Frau Beispiel</cbc:Name><cbc:Telephone>0221/1234567</cbc:Telephone>
   <cbc:ElectronicMail>buchhaltung@beispiel.example</cbc:ElectronicMail></cac:Contact>
 </cac:Party></cac:AccountingCustomerParty>
 <cac:PaymentMeans><cbc:PaymentMeansCode>{means}</cbc:PaymentMeansCode>{means_due}</cac:PaymentMeans>
 <cac:PaymentTerms><cbc:Note>{terms}</cbc:Note></cac:PaymentTerms>
 <cac:LegalMonetaryTotal><cbc:TaxInclusiveAmount currencyID="EUR">119.00</cbc:TaxInclusiveAmount>
  <cbc:PayableAmount currencyID="{currency}">{payable}</cbc:PayableAmount></cac:LegalMonetaryTotal>
 <cac:{root}Line><cbc:ID>1</cbc:ID><cac:Item><cbc:Name>Ware</cbc:Name></cac:Item></cac:{root}Line>
</{root}>
"""


def ubl(**changed: str) -> bytes:
    values = {
        "root": "Invoice", "type": "380", "due": "<cbc:DueDate>2026-11-03</cbc:DueDate>", "means": "58", "means_due": "", "terms": "",
        "payable": "119.00", "currency": "EUR",
        "buyer": "<cac:PartyIdentification><cbc:ID>0010023</cbc:ID></cac:PartyIdentification>",
    }  # fmt: skip
    return UBL.format(**{**values, **changed}).encode()


CII = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
 <rsm:ExchangedDocument><ram:ID>RE-2026-0002</ram:ID><ram:TypeCode>{type}</ram:TypeCode>
  <ram:IssueDateTime><udt:DateTimeString format="102">20261020</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>
 <rsm:SupplyChainTradeTransaction>
  <ram:IncludedSupplyChainTradeLineItem><ram:SpecifiedTradeProduct><ram:Name>Ware</ram:Name></ram:SpecifiedTradeProduct>
  </ram:IncludedSupplyChainTradeLineItem>
  <ram:ApplicableHeaderTradeAgreement><ram:BuyerReference>AB 12</ram:BuyerReference>
   <ram:SellerTradeParty><ram:Name>Muster GmbH</ram:Name><ram:SpecifiedTaxRegistration><ram:ID schemeID="FC">201/113/40209</ram:ID>
    </ram:SpecifiedTaxRegistration><ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">DE123456789</ram:ID>
    </ram:SpecifiedTaxRegistration></ram:SellerTradeParty>
   <ram:BuyerTradeParty><ram:ID>0010024</ram:ID><ram:Name>Gärtnerei Grün</ram:Name>
    <ram:DefinedTradeContact><ram:PersonName>Herr Grün</ram:PersonName>
     <ram:TelephoneUniversalCommunication><ram:CompleteNumber>+49 89 123456</ram:CompleteNumber></ram:TelephoneUniversalCommunication>
     <ram:EmailURIUniversalCommunication><ram:URIID>gruen@beispiel.example</ram:URIID></ram:EmailURIUniversalCommunication></ram:DefinedTradeContact>
    <ram:PostalTradeAddress><ram:PostcodeCode>80331</ram:PostcodeCode><ram:CountryID>DE</ram:CountryID></ram:PostalTradeAddress></ram:BuyerTradeParty>
  </ram:ApplicableHeaderTradeAgreement>
  <ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
   <ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>59</ram:TypeCode></ram:SpecifiedTradeSettlementPaymentMeans>
   <ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime><udt:DateTimeString format="{format}">{due}</udt:DateTimeString>
   </ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>
   <ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:GrandTotalAmount>238.00</ram:GrandTotalAmount>
    <ram:TotalPrepaidAmount>38.00</ram:TotalPrepaidAmount><ram:DuePayableAmount>200.00</ram:DuePayableAmount>
   </ram:SpecifiedTradeSettlementHeaderMonetarySummation>
  </ram:ApplicableHeaderTradeSettlement>
 </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>
"""


def cii(**changed: str) -> bytes:
    return CII.format(**{"type": "380", "format": "102", "due": "20261103", **changed}).encode()


def pdf(*attachments: tuple[str, bytes], password: str = "") -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    for name, content in attachments:
        writer.add_attachment(name, content)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    goal = io.BytesIO()
    writer.write(goal)
    return goal.getvalue()


def entry(
    amount: str = "119.00", sign: str = "CRDT", *, status: str = "BOOK", code: str = "PMNT-RCDT-ESCT", inside: str = "", number: str = "B1"
) -> str:
    domain, family, sub = code.split("-")
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>'
        "<BookgDt><Dt>2026-11-20</Dt></BookgDt>"
        f"<ValDt><Dt>2026-11-21</Dt></ValDt><AcctSvcrRef>{number}</AcctSvcrRef><BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd>"
        f"<SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn></BkTxCd>{inside}<AddtlNtryInf>Buchungstext</AddtlNtryInf></Ntry>"
    )


def detail(
    *,
    amount: str = "",
    who: str = "Beispiel KG",
    text: str = "RE-2026-0001",
    end_to_end: str = "NOTPROVIDED",
    more: str = "",
    debtor: str = "Dbtr",
) -> str:
    said = f'<Amt Ccy="EUR">{amount}</Amt>' if amount else ""
    return (
        f"<TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>{said}<RltdPties><{debtor}><Pty><Nm>{who}</Nm></Pty></{debtor}>"
        f"<{debtor}Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></{debtor}Acct></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf>{more}</TxDtls>"
    )


def details(*given: str) -> str:
    return f"<NtryDtls>{''.join(given)}</NtryDtls>"


def balance(code: str, amount: str, day: str = "2026-11-20") -> str:
    sign = "DBIT" if amount.startswith("-") else "CRDT"
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount.lstrip("-")}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def statement(*entries: str, balances: str = "", number: str = "17", head: str = "") -> str:
    return (
        f"<Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>2026-11-20T22:00:00</CreDtTm>{head}<Acct><Id>"
        f"<IBAN>DE02120300000000202051</IBAN></Id><Ownr><Nm>Muster GmbH</Nm></Ownr></Acct>{balances}{''.join(entries)}</Stmt>"
    )


def camt(*statements: str, version: str = "camt.053.001.08") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}"><BkToCstmrStmt><GrpHdr>'
        f"<MsgId>M1</MsgId></GrpHdr>{''.join(statements)}</BkToCstmrStmt></Document>"
    ).encode()
