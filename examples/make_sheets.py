"""Writes the examples below examples/exports/ that are no plain text: worksheets, and an invoice as PDF. Run by hand.

Owns what stands in these files; they are checked in, and tests read them without this program.
Invariant: everything in them was invented here, and the same program writes the same cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from openpyxl import Workbook  # type: ignore[import-untyped]
from pypdf import PdfWriter

EXPORTS = Path(__file__).resolve().parent / "exports"
Cell = str | int | float | bool | date | None

BUSINESS_CENTRAL: Sequence[Sequence[Cell]] = (
    (
        "Buchungsdatum", "Belegart", "Belegnr.", "Debitorennr.", "Debitorenname", "Beschreibung", "Währungscode", "Ursprungsbetrag",
        "Betrag", "Restbetrag", "Fälligkeitsdatum", "Skontodatum", "Zahlungsformcode", "Offen", "Abwarten", "Geschlossen am", "Lfd. Nr.",
    ),
    (date(2026, 10, 14), "Rechnung", "103041", "D10010", "Meyer Anlagenbau GmbH", "Rechnung 103041", None, 2380, 2380, 2380,
     date(2026, 11, 13), date(2026, 10, 28), "ÜBERWEIS", True, None, None, 4101),
    (date(2026, 11, 5), "Rechnung", "103077", "D10010", "Meyer Anlagenbau GmbH", "Rechnung 103077", None, 595, 595, 595,
     date(2026, 12, 5), date(2026, 11, 19), "ÜBERWEIS", True, None, None, 4177),
    (date(2026, 11, 16), "Zahlung", "ZE-2291", "D10010", "Meyer Anlagenbau GmbH", "Akonto", None, -500, -500, -500,
     date(2026, 11, 16), None, None, True, None, None, 4190),
    (date(2026, 11, 16), "Zahlung", "ZE-2291", "D10010", "Meyer Anlagenbau GmbH", "Akonto, zweiter Scheck", None, -120, -120, -120,
     date(2026, 11, 16), None, None, True, None, None, 4191),
    (date(2026, 9, 9), "Rechnung", "102990", "D10022", "Hotel Lindenhof KG", "Rechnung 102990", None, 1785, 1785, 785.0,
     date(2026, 10, 9), None, "ÜBERWEIS", True, None, None, 4033),
    (date(2026, 8, 12), "Rechnung", "102950", "D10022", "Hotel Lindenhof KG", "Rechnung 102950", None, 420, 420, 0,
     date(2026, 9, 11), None, "ÜBERWEIS", False, None, date(2026, 9, 8), 3987),
    (date(2026, 11, 1), "Gutschrift", "104012", "D10022", "Hotel Lindenhof KG", "Gutschrift 104012", None, -200, -200, -200,
     date(2026, 11, 1), None, None, True, None, None, 4160),
    (date(2026, 11, 3), "Zinsrechnung", "105003", "D10022", "Hotel Lindenhof KG", "Zinsen 102990", None, 12.5, 12.5, 12.5,
     date(2026, 11, 17), None, None, True, None, None, 4165),
    (date(2026, 10, 11), "Rechnung", "103055", "D10035", "Zahnlabor Ostsee GbR", "Rechnung 103055", None, 960.4, 960.4, 960.4,
     date(2026, 11, 10), None, "ÜBERWEIS", True, "JB", None, 4095),
    (date(2026, 10, 10), "Rechnung", "103060", "D10048", "Nordfrucht A/S", "Rechnung 103060", "DKK", 7450, 7450, 7450,
     date(2026, 11, 9), None, "ÜBERWEIS", True, None, None, 4099),
    (date(2026, 10, 21), "Rechnung", "0103062", "000990", "Imkerei Heidekraut", "Rechnung 0103062", None, 64.2, 64.2, 64.2,
     date(2026, 11, 4), None, "LASTSCHR", True, None, None, 4120),
    (date(2026, 10, 2), "Erstattung", "RE-0044", "D10022", "Hotel Lindenhof KG", "Erstattung", None, 50, 50, 0,
     date(2026, 10, 2), None, None, False, None, date(2026, 10, 2), 4070),
)  # fmt: skip

ODOO: Sequence[Sequence[Cell]] = (
    (
        "Nummer", "Typ", "Status", "Zahlungsstatus", "Partner/Referenz", "Anzeigename des Rechnungspartners", "Partner/Telefon",
        "Ein-/Ausgangsrechnungsdatum", "Fälligkeitsdatum", "Währung", "Fälliger Betrag", "Fälliger Betrag unterzeichnet",
        "Rechnungszeilen/Bezeichnung",
    ),
    ("RE/2026/00412", "Kundenrechnung", "Gebucht", "Nicht bezahlt", "00017", "Fahrradmanufaktur Isar GmbH", "089 99998-117",
     date(2026, 10, 12), date(2026, 11, 11), "EUR", 1190.0, 1190.0, "Wartungsvertrag Q4"),
    (None, None, None, None, None, None, None, None, None, None, None, None, "Anfahrt"),
    ("RE/2026/00418", "Kundenrechnung", "Gebucht", "Teilweise bezahlt", "00017", "Fahrradmanufaktur Isar GmbH", "089 99998-117",
     date(2026, 10, 26), date(2026, 11, 9), "EUR", 195.5, 195.5, "Schulung"),
    ("RGUT/2026/00008", "Kundengutschrift", "Gebucht", "Nicht bezahlt", "00017", "Fahrradmanufaktur Isar GmbH", "089 99998-117",
     date(2026, 11, 3), date(2026, 11, 3), "EUR", 95.0, -95.0, "Gutschrift Anfahrt"),
    ("RE/2026/00399", "Kundenrechnung", "Gebucht", "In Zahlung", "00023", "Hofladen Ammersee", "089 99998 123",
     date(2026, 9, 21), date(2026, 10, 5), "EUR", 0, 0, "Etiketten"),
    ("RE/2026/00405", "Kundenrechnung", "Gebucht", "Storniert", "00023", "Hofladen Ammersee", "089 99998 123",
     date(2026, 10, 1), date(2026, 10, 15), "EUR", 0, 0, "Etiketten"),
    ("RE/2026/00427", "Kundenrechnung", "Abgebrochen", "Nicht bezahlt", "00040", "Zirkus Bambini gUG", "0152 28817386",
     date(2026, 11, 2), date(2026, 11, 16), "EUR", 300, 300, "Zeltmiete"),
    ("RE/2026/00430", "Kundenrechnung", "Gebucht", "Nicht bezahlt", "00040", "Zirkus Bambini gUG", "0152 28817386",
     date(2026, 11, 4), date(2026, 11, 18), "EUR", 320, 320, "Zeltmiete"),
    ("/", "Kundenrechnung", "Entwurf", "Nicht bezahlt", "00040", "Zirkus Bambini gUG", "0152 28817386",
     None, date(2026, 12, 2), "EUR", 320, 320, "Entwurf"),
)  # fmt: skip

SAP: Sequence[Sequence[Cell]] = (
    (
        "Debitor", "Name 1", "Buchungskreis", "Belegnummer", "Belegart", "Belegdatum", "Nettofälligkeit", "Verzug", "Ausgleichsbeleg",
        "Betrag in Belegwährung", "Belegwährung", "Mahnsperre", "Mahnstufe", "Rechnungsbezug", "Text",
    ),
    ("0000309001", "Keramik Wiedenfeld GmbH", "4000", "1800008001", "RV", date(2026, 10, 12), date(2026, 11, 11), 9, None, 1725.5, "EUR",
     None, 1, None, "Rechnung 8001"),
    ("0000309001", "Keramik Wiedenfeld GmbH", "4000", 1800008044, "RV", date(2026, 11, 2), date(2026, 12, 2), -12, None, 600, "EUR",
     None, 0, None, "Rechnung 8044, Nummer als Zahl"),
    ("0000309001", "Keramik Wiedenfeld GmbH", "4000", "1400004010", "DZ", date(2026, 11, 13), date(2026, 11, 13), 7, None, -725.5, "EUR",
     None, 0, "1800008001", "Teilzahlung mit Rechnungsbezug"),
    ("0000309015", "Orgelbau Pedal & Prinzipal", "4000", "1800008020", "RV", date(2026, 10, 16), date(2026, 11, 15), 5, None, 99.99, "EUR",
     "B", 0, None, "Rechnung 8020"),
    ("0000309015", "Orgelbau Pedal & Prinzipal", "4000", "1800007950", "RV", date(2026, 9, 1), date(2026, 10, 1), None, "1400003990", 410,
     "EUR", None, 0, None, "ausgeglichen"),
)  # fmt: skip
PDF_INVOICE = {
    "RE-2026-0578": "RE-2026-0579", "20261105": "20261106", "20261119": "20261120", "0077013": "0077014", "476.00": "238.50",
    "Seifenmanufaktur Kiebitz": "Puppentheater Lichtung e.V.", "Herr Aydin": "Frau Sorge", "+49 221 4710 578": "030 23125 579",
    "50667": "10115", "<ram:TypeCode>59": "<ram:TypeCode>58",
}  # fmt: skip


def sheet(path: Path, title: str, rows: Sequence[Sequence[Cell]]) -> None:
    """A workbook with one worksheet; texts are text cells, also where they look like numbers."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = title
    for row in rows:
        page.append(list(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def factur_x(path: Path, like: Path, changes: Mapping[str, str]) -> None:
    """A page with an invoice's XML attached under the name that Factur-X asks for; the XML is another example's with these changes."""
    invoice = like.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in invoice, old
        invoice = invoice.replace(old, new)
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    writer.add_attachment("factur-x.xml", invoice.encode())
    writer.write(path)


def main() -> None:
    sheet(EXPORTS / "dynamics-bc" / "Debitorenposten.xlsx", "Debitorenposten", BUSINESS_CENTRAL)
    sheet(EXPORTS / "odoo" / "Journalbuchung (account.move).xlsx", "Sheet1", ODOO)
    sheet(EXPORTS / "sap-fbl5n-tab" / "FBL5N_2026-11-20.xlsx", "Sheet1", SAP)
    factur_x(EXPORTS / "einvoice" / "factur-x_RE-2026-0579.pdf", EXPORTS / "einvoice" / "zugferd_RE-2026-0578.xml", PDF_INVOICE)


if __name__ == "__main__":
    main()
