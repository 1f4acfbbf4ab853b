"""German for sentences about rule files: what `check` says of ladders, triggers, strategies, packs, texts, claims.

Owns these pairs; what reads the columns of exports has its own (`sources`). `{1}` stands for any text.
Invariant: a key's name and a value to be typed stay as they are typed.
"""

from __future__ import annotations

from collections.abc import Mapping

from collectord.german.sources import SOURCES

RULES: Mapping[str, str] = {
    # a key's value
    "{1} is missing; expected {2}": "{1} fehlt; erwartet wird {2}",
    "{1} = {2} is not {3}": "{1} = {2} passt nicht; erwartet wird {3}",
    "{1} = {2} is unknown; use one of {3}": "{1} = {2} ist unbekannt; möglich sind {3}",
    "{1} = {2} is below {3}": "{1} = {2} liegt unter {3}",
    "{1} = {2} is above {3}": "{1} = {2} liegt über {3}",
    '{1} is not a share from "{2}" to "1" in quotes: write "{3}"': (
        '{1} ist kein Anteil von "{2}" bis "1" in Anführungszeichen: schreiben Sie "{3}"'
    ),
    '{1} is not a share from "{2}" to "1" in quotes, like "0.35"': '{1} ist kein Anteil von "{2}" bis "1" in Anführungszeichen wie "0.35"',
    '{1} is no share of a hundred; write it in quotes, like "30%"': (
        '{1} ist kein Anteil von hundert; in Anführungszeichen schreiben: "30%"'
    ),
    "{1} is more than ten years": "{1} ist mehr als zehn Jahre",
    "{1} must be whole days, like 3d": "{1} muss in ganzen Tagen angegeben sein, etwa 3d",
    "{1} has a time of day; write the date alone, like 2026-12-24": "{1} enthält eine Uhrzeit; nur das Datum schreiben, etwa 2026-12-24",
    "{1} lies outside {2} to {3}": "{1} liegt außerhalb von {2} bis {3}",
    '{1} is no time of day; write "08:00"': '{1} ist keine Uhrzeit; schreiben Sie "08:00"',
    '{1} holds {2}, which is no text in quotes; write "{3}"': (
        '{1} enthält {2}, das ist kein Text in Anführungszeichen; schreiben Sie "{3}"'
    ),
    "{1} holds {2}, which is no text in quotes": "{1} enthält {2}, das ist kein Text in Anführungszeichen",
    "{1} holds {2}; use only {3}": "{1} enthält {2}; möglich sind nur {3}",
    "write [[{1}]] with two brackets, at every entry: there may be several": (
        "[[{1}]] mit zwei Klammern schreiben, bei jedem Eintrag: es darf mehrere geben"
    ),
    "{1} must be a table, not {2}": "{1} muss eine Tabelle sein, nicht {2}",
    "{1} is not known here; did you mean {2}? Known keys: {3}": "{1} ist hier unbekannt; meinten Sie {2}? Bekannte Schlüssel: {3}",
    "{1} is not known here; known keys: {2}": "{1} ist hier unbekannt; bekannte Schlüssel: {2}",
    "{1} is no duration; write it like 90s, 15m, 36h or 7d": "{1} ist keine Dauer; schreiben Sie sie wie 90s, 15m, 36h oder 7d",
    "{1} is no amount; write it like 1234.56 or -20.00": "{1} ist kein Betrag; schreiben Sie ihn wie 1234.56 oder -20.00",
    '{1} is no amount; write it in quotes with a point, like "{2}"': (
        '{1} ist kein Betrag; in Anführungszeichen mit einem Punkt schreiben, etwa "{2}"'
    ),
    "{1} is beyond {2}; no open item is that large": "{1} liegt jenseits von {2}; kein offener Posten ist so groß",
    "{1} has more than {2} decimals": "{1} hat mehr als {2} Nachkommastellen",
    "{1} is no ISO currency code of three capital letters": "{1} ist kein ISO-Währungscode aus drei Großbuchstaben",
    "{1} is no ISO code of three capital letters": "{1} ist kein ISO-Code aus drei Großbuchstaben",
    # hours and days
    '{1} is no time of day; write it like "08:00"': '{1} ist keine Uhrzeit; schreiben Sie sie wie "08:00"',
    "{1} is no time of day; the last one is 24:00": "{1} ist keine Uhrzeit; die letzte ist 24:00",
    '{1} is no span of hours; write it like "08:00-20:00"': '{1} ist keine Zeitspanne; schreiben Sie sie wie "08:00-20:00"',
    "the end must be later than the start on the same day": "das Ende muss am selben Tag nach dem Anfang liegen",
    "{1} is no weekday; use mon tue wed thu fri sat sun": "{1} ist kein Wochentag; möglich sind mon tue wed thu fri sat sun",
    'write days and hours, like "mon-fri 08:00-15:00,17:00-21:00; sat 09:00-12:00"': (
        'Tage und Stunden schreiben, etwa "mon-fri 08:00-15:00,17:00-21:00; sat 09:00-12:00"'
    ),
    "{1} ends before it begins": "{1} endet, bevor es beginnt",
    '{1} is no day; write "12-24" for every year, "2027-05-14", or "2026-12-24 to 2027-01-03"': (
        '{1} ist kein Tag; schreiben Sie "12-24" für jedes Jahr, "2027-05-14" oder "2026-12-24 to 2027-01-03"'
    ),
    # packs/
    "ring_at_most is shorter than ring_at_least; no call could satisfy both": (
        "ring_at_most ist kürzer als ring_at_least; kein Anruf könnte beides erfüllen"
    ),
    "{1} is a reserved name; give the pack another file name": "{1} ist ein vergebener Name; geben Sie dem Paket einen anderen Dateinamen",
    "two rules of this pack have the id {1}; reports could not tell them apart": (
        "zwei Regeln dieses Pakets haben die id {1}; Berichte könnten sie nicht unterscheiden"
    ),
    'hours never open; write at least one day, like mon-fri = ["08:00-20:00"]': (
        'diese Stunden öffnen nie; mindestens einen Tag schreiben, etwa mon-fri = ["08:00-20:00"]'
    ),
    "the rule can never fire: {1} is empty": "die Regel kann nie greifen: {1} ist leer",
    "{1}: use letters, digits and hyphens": "{1}: Buchstaben, Ziffern und Bindestriche verwenden",
    "{1} must be longer than nothing": "{1} muss länger als nichts sein",
    "{1} is longer than {2}; nobody remembers calls that long ago": "{1} ist länger als {2}; so alte Anrufe merkt sich niemand",
    "free_from counts days after the conversation; 1d is the next day": "free_from zählt Tage nach dem Gespräch; 1d ist der nächste Tag",
    "free_from is longer than {1}; to stop calls for good, record --do-not-call": (
        "free_from ist länger als {1}; um Anrufe für immer zu beenden: record --do-not-call"
    ),
    "drift is negative; a part of the day opens a little later, never earlier": (
        "drift ist negativ; ein Teil des Tages beginnt etwas später, nie früher"
    ),
    "parts of the day overlap": "Teile des Tages überschneiden sich",
    "parts must name at least two parts of the day": "parts muss mindestens zwei Teile des Tages nennen",
    "{1} is negative": "{1} ist negativ",
    "countries holds {1}; use ISO codes like DE, or * for all countries without a pack": (
        "countries enthält {1}; ISO-Codes wie DE verwenden, oder * für alle Länder ohne Paket"
    ),
    'no pack is for all other countries; write countries = [..., "{1}"] in the strictest one': (
        'kein Paket ist für alle übrigen Länder; schreiben Sie countries = [..., "{1}"] in das strengste'
    ),
    # ladders, triggers
    "there is no ladder; write at least one [[ladder.standard.level]]": (
        "es gibt keine Mahnleiter; mindestens ein [[ladder.standard.level]] schreiben"
    ),
    "no level that is switched on has medium handover, so nothing is ever handed over": (
        "keine eingeschaltete Stufe hat medium handover, so wird nie etwas abgegeben"
    ),
    'instalment_mark is empty; write what stands before the number of the instalment, like "/"': (
        'instalment_mark ist leer; schreiben, was vor der Nummer der Rate steht, etwa "/"'
    ),
    'oldest_cleared = "keep_level" contradicts several_items = "each_its_own": no item drives others': (
        'oldest_cleared = "keep_level" widerspricht several_items = "each_its_own": kein Posten zieht andere mit'
    ),
    "ladder {1} has no level that is switched on; write [[ladder.{2}.level]]": (
        "die Mahnleiter {1} hat keine eingeschaltete Stufe; schreiben Sie [[ladder.{2}.level]]"
    ),
    "a level has one clock, and {1} is there already; take one of the two away": (
        "eine Stufe hat eine Uhr, und {1} steht schon da; eines von beiden wegnehmen"
    ),
    "name is empty; people read it in every list": "name ist leer; er steht in jeder Liste",
    "min_open is negative; write the least amount that is worth this contact": (
        "min_open ist negativ; den kleinsten Betrag schreiben, der diesen Kontakt wert ist"
    ),
    "needs_gap is negative; write the days since the previous contact, like 7d": (
        "needs_gap ist negativ; die Tage seit dem vorigen Kontakt schreiben, etwa 7d"
    ),
    "after_month_end must be at least 0d; the end of the month may lie before the due date else": (
        "after_month_end muss mindestens 0d sein; sonst kann das Monatsende vor der Fälligkeit liegen"
    ),
    "the level can never fire: expires_after must be at least 1d": "die Stufe kann nie kommen: expires_after muss mindestens 1d sein",
    "a contact before the due date ends with the due date by itself; take expires_after away": (
        "ein Kontakt vor der Fälligkeit endet mit ihr von selbst; expires_after wegnehmen"
    ),
    "a handover before the due date hands over what nobody owes yet; give it a later after_due": (
        "eine Abgabe vor der Fälligkeit gibt ab, was noch niemand schuldet; ein späteres after_due schreiben"
    ),
    "mode says how a call begins; a step with medium {1} has none, take the line away": (
        "mode sagt, wie ein Anruf beginnt; eine Stufe mit medium {1} hat keinen, die Zeile wegnehmen"
    ),
    "min_risk is for contacts before the due date; behind it nobody has to guess who pays late": (
        "min_risk gilt für Kontakte vor der Fälligkeit; danach muss niemand raten, wer zu spät zahlt"
    ),
    "the name {1} stands twice in ladder {2}: levels {3} and {4}": "der Name {1} steht zweimal in der Mahnleiter {2}: Stufen {3} und {4}",
    "{1} does not come after the {2} of level {3}; levels stand in the order in which they happen": (
        "{1} kommt nicht nach {2} der Stufe {3}; Stufen stehen in der Reihenfolge, in der sie kommen"
    ),
    "the level can never fire: ladder {1} is for {2} debtors only": (
        "die Stufe kann nie kommen: die Mahnleiter {1} ist nur für Debitoren {2}"
    ),
    "with call_raises = false this call is repeated; needs_gap must say after how many days, like 7d": (
        "mit call_raises = false wird dieser Anruf wiederholt; needs_gap muss sagen, nach wie vielen Tagen, etwa 7d"
    ),
    "with call_raises = false this call is repeated every {1} days, so level {2}, {3} days after the previous contact, can never come": (
        "mit call_raises = false wird dieser Anruf alle {1} Tage wiederholt,"
        " so kann Stufe {2}, {3} Tage nach dem vorigen Kontakt, nie kommen"
    ),
    "the entry can never be chosen: every case it fits goes to {1}, which stands before it": (
        "der Eintrag kann nie gewählt werden: jeder Fall, der passt, geht an {1}, das davor steht"
    ),
    'instalment_mark does nothing without instalments = "as_one"': 'instalment_mark bewirkt nichts ohne instalments = "as_one"',
    "{1} is longer than contacts are remembered; write at most {2}": "{1} ist länger, als Kontakte gemerkt werden; höchstens {2} schreiben",
    "after_contact must be at least 1d; on the day of the previous contact nobody is contacted again": (
        "after_contact muss mindestens 1d sein; am Tag des vorigen Kontakts wird niemand noch einmal angesprochen"
    ),
    "{1} contradicts {2}; keep one of them": "{1} widerspricht {2}; eines von beiden behalten",
    "the level can never fire: level {1} has handed the item over before": (
        "die Stufe kann nie kommen: Stufe {1} hat den Posten vorher abgegeben"
    ),
    "the level can never fire: {1} days after level {2} the item is already overdue": (
        "die Stufe kann nie kommen: {1} Tage nach Stufe {2} ist der Posten schon überfällig"
    ),
    "ladder {1} can never be used: every debtor it fits is taken by {2}, which stands before it": (
        "die Mahnleiter {1} kommt nie zum Zug: jeden Debitor, der passt, nimmt {2}, die davor steht"
    ),
    "later_than_usual must be at least 1d": "later_than_usual muss mindestens 1d sein",
    "{1} must lie between {2} and {3}": "{1} muss zwischen {2} und {3} liegen",
    "growth_within does nothing without growth or growth_percent": "growth_within bewirkt nichts ohne growth oder growth_percent",
    "the trigger can never fire: it names no condition; give it at least one of {1}": (
        "der Auslöser kann nie greifen: er nennt keine Bedingung; mindestens eine von {1} angeben"
    ),
    "{1} must be more than nothing": "{1} muss mehr als nichts sein",
    "the name {1} stands twice; people tell triggers apart by it": "der Name {1} steht zweimal da; an ihm unterscheidet man Auslöser",
    # worth, claims, handover
    "the days of [[pays]] must ascend": "die Tage von [[pays]] müssen aufsteigen",
    "there is no [{1}]; every word needs its rule": "es gibt kein [{1}]; jedes Wort braucht seine Regel",
    "there is no [law_of.{1}]": "es gibt kein [law_of.{1}]",
    'say either {1} (above the base rate) or {2} (fixed), in quotes, like "9.00"': (
        'entweder {1} (über dem Basiszins) oder {2} (fest) angeben, in Anführungszeichen, etwa "9.00"'
    ),
    "until {1} lies before from {2}": "until {1} liegt vor from {2}",
    "{1} cannot be negative": "{1} kann nicht negativ sein",
    "from {1} is covered already by the rate from {2}": "from {1} ist schon durch den Satz ab {2} abgedeckt",
    "to is empty; people read there who takes the case": "to ist leer; dort steht, wer den Fall nimmt",
    "the entry can never fit: max_open must be above min_open = {1}": (
        "der Eintrag kann nie passen: max_open muss über min_open = {1} liegen"
    ),
    "the entry can never fit: no day lies after {1} and before {2}": "der Eintrag kann nie passen: kein Tag liegt nach {1} und vor {2}",
    "covers_contacts does nothing without cost_per_contact": "covers_contacts bewirkt nichts ohne cost_per_contact",
    "{1} is negative; write an amount, or take it away": "{1} ist negativ; einen Betrag schreiben, oder es wegnehmen",
    # single debtors, strategies
    'debtor_no is empty; write the number as in the export, in quotes, like "0010023"': (
        'debtor_no ist leer; die Nummer wie im Export schreiben, in Anführungszeichen, etwa "0010023"'
    ),
    'nothing is different for debtor {1}; write a key such as not_on = "fri", or take the entry away': (
        'für Debitor {1} ist nichts anders; einen Schlüssel wie not_on = "fri" schreiben, oder den Eintrag wegnehmen'
    ),
    "approved_by needs a reason beside it: everybody who asks why will read both": (
        "approved_by braucht ein reason daneben: wer fragt, warum, liest beides"
    ),
    "pause_until needs approved_by and reason: who stopped all contacts, and why": (
        "pause_until braucht approved_by und reason: wer alle Kontakte anhielt, und warum"
    ),
    "potential_class only chooses a strategy, and strategy names one; keep one of the two": (
        "potential_class wählt nur eine Strategie, und strategy nennt eine; eines von beiden behalten"
    ),
    "per belongs to a saturation; write saturation = … beside it, or take per away": (
        "per gehört zu einer Höchststärke; saturation = … daneben schreiben, oder per wegnehmen"
    ),
    "no hour of the week is left; to stop calls write media, to stop everything pause_until": (
        "keine Stunde der Woche bleibt übrig; gegen Anrufe media schreiben, gegen alles pause_until"
    ),
    "{1} must be {2} to {3}": "{1} muss {2} bis {3} sein",
    "debtor {1} stands twice in this file; put everything about it under one [[debtor]]": (
        "Debitor {1} steht zweimal in dieser Datei; alles über ihn unter ein [[debtor]] setzen"
    ),
    "{1} is empty and changes nothing{2}; say what holds, or take the line away": (
        "{1} ist leer und ändert nichts{2}; schreiben, was gilt, oder die Zeile wegnehmen"
    ),
    "{1} in place of {2} changes nothing; take the line away": "{1} anstelle von {2} ändert nichts; die Zeile wegnehmen",
    'tones names none; write at least one, like tones = ["friendly"]': (
        'tones nennt keinen; mindestens einen schreiben, etwa tones = ["friendly"]'
    ),
    "no class is named; use I to IV, and none for debtors whose export names no class": (
        "keine Klasse ist genannt; I bis IV verwenden, und none für Debitoren, deren Export keine nennt"
    ),
    "{1} is negative; write what one such contact costs": "{1} ist negativ; schreiben, was ein solcher Kontakt kostet",
    "class {1} has a strategy already, {2}; each class stands in one strategy only": (
        "Klasse {1} hat schon eine Strategie, {2}; jede Klasse steht in nur einer"
    ),
    # what follows a talk
    "words holds an empty text or a single letter, which would be found in nearly everything": (
        "words enthält einen leeren Text oder einen einzelnen Buchstaben, der in fast allem vorkommt"
    ),
    'words names none; write what accounting may write, like words = ["insolvency", "Insolvenz"]': (
        'words nennt keines; schreiben, was die Buchhaltung schreiben kann, etwa words = ["insolvency", "Insolvenz"]'
    ),
    "the word {1} means {2} already; each word has one meaning": "das Wort {1} bedeutet schon {2}; jedes Wort hat eine Bedeutung",
    "{1} belongs to disposition objection or refuses; {2} has its own way to wait": (
        "{1} gehört zu disposition objection oder refuses; {2} wartet auf eigene Weise"
    ),
    "with ask_until the debtor's day counts; leave hold_banking_days out": (
        "mit ask_until zählt der Tag des Debitors; hold_banking_days weglassen"
    ),
    'owner belongs to disposition = "dispute": somebody has to settle it': 'owner gehört zu disposition = "dispute": jemand muss es klären',
    'legal_state belongs to disposition = "objection": it stops every contact by itself': (
        'legal_state gehört zu disposition = "objection": er hält jeden Kontakt von selbst an'
    ),
    "{1} cannot be typed well; use small letters, digits and hyphens": (
        "{1} lässt sich schlecht tippen; Kleinbuchstaben, Ziffern und Bindestriche verwenden"
    ),
    "{1} must be at least 1d": "{1} muss mindestens 1d sein",
    "largest must be above zero": "largest muss über null liegen",
    "person_types is empty; write enabled = false to estimate nobody's risk": (
        "person_types ist leer; enabled = false schreiben, um niemandes Risiko zu schätzen"
    ),
    'explore is above "0.5"; more calls would be drawn than chosen': 'explore liegt über "0.5"; mehr Anrufe würden gelost als gewählt',
    "{1} is below 5m; a new attempt comes five minutes later at the earliest": (
        "{1} liegt unter 5m; ein neuer Versuch kommt frühestens nach fünf Minuten"
    ),
    "parts_of_day must name at least one time of day, each later than the one before": (
        "parts_of_day muss mindestens eine Uhrzeit nennen, jede später als die vorige"
    ),
    "{1} is below 5m; nobody is called again that soon": "{1} liegt unter 5m; so bald wird niemand wieder angerufen",
    "longest is below after; a wait that grows cannot become shorter": (
        "longest liegt unter after; eine wachsende Wartezeit kann nicht kürzer werden"
    ),
    "{1} is below {2}, which could never be reached": "{1} liegt unter {2}, das so nie erreicht würde",
    # texts
    "nobody approved this text, so nobody may use it; write who did, and the day into approved_on": (
        "niemand hat diesen Text freigegeben, so darf ihn niemand verwenden; schreiben, wer es tat, und den Tag in approved_on"
    ),
    "{1} must be one line of text": "{1} muss eine Zeile Text sein",
    # files
    "there is no folder {1}; `collectord init` writes one, or set rules_dir": (
        "es gibt keinen Ordner {1}; `collectord init` schreibt einen, oder rules_dir setzen"
    ),
    "there is no pack; at least one must say at which hours debtors may be called": (
        "es gibt kein Regelpaket; mindestens eines muss sagen, zu welchen Stunden Debitoren angerufen werden dürfen"
    ),
    "this file is not known here; known are {1}, {2} and {3}": "diese Datei ist hier unbekannt; bekannt sind {1}, {2} und {3}",
    "a profile cannot extend itself, not even through others": "ein Profil kann sich nicht selbst erweitern, auch nicht über andere",
    "there is no profile {1} in {2}; known: {3}": "es gibt kein Profil {1} in {2}; bekannt: {3}",
    "use small letters, digits and hyphens in the name of a file here": (
        "im Namen einer Datei hier nur Kleinbuchstaben, Ziffern und Bindestriche verwenden"
    ),
    "this file is not known here; expected {1}, with {2} as folder": (
        "diese Datei ist hier unbekannt; erwartet wird {1}, mit {2} als Ordner"
    ),
    "the file is larger than {1} bytes": "die Datei ist größer als {1} Bytes",
    "there is no file {1}; `collectord init` writes one, or set rules_dir": (
        "es gibt keine Datei {1}; `collectord init` schreibt eine, oder rules_dir setzen"
    ),
    "{1} cannot be read: {2}": "{1} ist nicht lesbar: {2}",
    "the file is not UTF-8 (byte {1}); save it as UTF-8": "die Datei ist nicht UTF-8 (Byte {1}); als UTF-8 speichern",
    **SOURCES,
}
