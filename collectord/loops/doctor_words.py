"""Doctor's words: what it found and what to do about it, in both languages.

Owns the sentences and the shape of a line. Looks at nothing.
Invariant: `check` and `outcome` read alike in every language, so that scripts can lean on them; the other two are for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from collectord.core.wording import Language, Texts, Told, phrase, safe

LONGEST = 1_000  # characters of a path or of what somebody else says

TEXTS: Texts = {
    # the PBX
    "no_pbx": ("no [[pbx]] is configured", "keine [[pbx]] eingerichtet"),
    "no_pbx!": ("add one to collectord.toml", "in collectord.toml eintragen"),
    "pbx": ("{why}", "{why}"),
    "pbx!": (
        "check host, port, user and secret; see docs/INSTALL.md",
        "Host, Port, Benutzer und Geheimnis prüfen; siehe docs/INSTALL.md",
    ),
    "simulated": (
        "a simulated PBX lives only inside `collectord run`",
        "eine simulierte Anlage lebt nur innerhalb von `collectord run`",
    ),
    "up": ("{version}, {why}", "{version}, {why}"),
    "version": ("{why}", "{why}"),
    "version!": ("update Asterisk", "Asterisk aktualisieren"),
    "rights_missing": ("missing: {which}", "es fehlen: {which}"),
    "rights_missing!": ("manager.conf: write=originate,call,reporting", "manager.conf: write=originate,call,reporting"),
    "rights_excess": ("more than needed: {which}", "mehr als nötig: {which}"),
    "rights_excess!": ("take these classes away from the login", "der Anmeldung diese Klassen nehmen"),
    "rights": ("exactly what is needed", "genau, was nötig ist"),
    "unread": ("nothing comes of class {which}", "von der Klasse {which} kommt nichts"),
    "unread!": (
        "manager.conf: read=call,user, and the eventfilter lines of asterisk-config/manager.conf or none",
        "manager.conf: read=call,user, und die Zeilen eventfilter aus asterisk-config/manager.conf oder keine",
    ),
    "read": ("calls and our dialplan are reported", "Anrufe und unser Wählplan werden gemeldet"),
    "dialplan": ("version {version}", "Version {version}"),
    "other_dialplan": (
        "version {version}, this collectord needs {needed}",
        "Version {version}, dieses collectord braucht {needed}",
    ),
    "no_dialplan": ("version none, this collectord needs {needed}", "keine Version, dieses collectord braucht {needed}"),
    "dialplan!": (
        "include the files of {folder} and run `dialplan reload`",
        "die Dateien aus {folder} einbinden und `dialplan reload` ausführen",
    ),
    "phone": ("{state}", "{state}"),
    "phone!": ("register the phone at the PBX", "das Telefon an der Anlage anmelden"),
    "fault": ("{why}", "{why}"),
    "fault!": ("see the PBX's log", "siehe Protokoll der Anlage"),
    "sign": ("{why}", "{why}"),
    "sign!": ("ask again in a minute: it may pass", "in einer Minute noch einmal fragen: es kann vorübergehen"),
    "calls": (
        "{count} of ours, none lost track of, none recorded",
        "{count} von uns, keiner aus den Augen verloren, keiner aufgezeichnet",
    ),
    "no_lamps": ("no key lamps (BLF): {why}", "keine Tastenlampen (BLF): {why}"),
    "no_lamps!": (
        "load func_devstate.so; manager.conf: write=originate,call,reporting",
        "func_devstate.so laden; manager.conf: write=originate,call,reporting",
    ),
    "no_lamp_key": (
        "coll-features has no hint *86{agent}, so phones cannot show who is ready",
        "coll-features hat keinen Hint *86{agent}: Telefone können nicht zeigen, wer bereit ist",
    ),
    "no_lamp_key!": (
        "take over the lines of *86 from dialplan/collect-codes.conf, or use codes of your own",
        "die Zeilen zu *86 aus dialplan/collect-codes.conf übernehmen oder eigene Codes verwenden",
    ),
    "lamps": ("*86 and the agent's id", "*86 und die Kennung des Telefonisten"),
    "lamps_dark": ("*86 and the agent's id; never told yet: {which}", "*86 und die Kennung des Telefonisten; noch nie gesetzt: {which}"),
    "modules_unseen": (
        "the login cannot ask (func_module.so is not loaded), so dangerous and recording modules were not looked for",
        "die Anmeldung kann nicht fragen (func_module.so ist nicht geladen): gefährliche und aufzeichnende Module wurden nicht gesucht",
    ),
    "modules_unseen!": (
        "load func_module.so, or compare modules.conf with asterisk-config/modules.conf",
        "func_module.so laden oder modules.conf mit asterisk-config/modules.conf vergleichen",
    ),
    "dangerous": (
        "is loaded: with it a stolen login can read files or run programs",
        "ist geladen: damit kann eine gestohlene Anmeldung Dateien lesen oder Programme starten",
    ),
    "dangerous!": (
        "noload={module}; FreePBX needs it: keep AMI on loopback",
        "noload={module}; FreePBX braucht es: AMI nur auf loopback",
    ),
    "can_record": (
        "is loaded: the PBX can record calls (Sec. 201 StGB)",
        "ist geladen: die Anlage kann Anrufe aufzeichnen (§ 201 StGB)",
    ),
    "can_record!": ("make sure that nothing records, or unload it", "sicherstellen, dass nichts aufzeichnet, oder entladen"),
    "recording": ("after a logged yes (*3), into {folder}", "nach einem vermerkten Ja (*3), nach {folder}"),
    "no_recording": (
        "recording is asked for, and this PBX cannot: the agents hear a refusal",
        "Aufzeichnen ist verlangt, und diese Anlage kann es nicht: wer es versucht, hört eine Absage",
    ),
    "no_recording!": (
        "load app_mixmonitor.so, set COLL_RECORDINGS in collect-site.conf, add coll-record to features.conf",
        "app_mixmonitor.so laden, COLL_RECORDINGS in collect-site.conf setzen, coll-record in features.conf ergänzen",
    ),
    "self_service": ("callers who reach nobody may key numbers", "wer niemanden erreicht, darf Nummern eintippen"),
    "no_self_service": (
        "self-service is asked for, and this PBX has no context coll-self: callers hear the announcement alone",
        "Selbstbedienung ist verlangt, und diese Anlage hat keinen Kontext coll-self: Anrufer hören nur die Ansage",
    ),
    "no_self_service!": (
        "include collect-self-service.conf in extensions.conf and load func_dialplan.so",
        "collect-self-service.conf in extensions.conf einbinden und func_dialplan.so laden",
    ),
    "modules": ("none that is dangerous, none that records", "keines, das gefährlich ist, keines, das aufzeichnet"),
    # numbers that debtors see
    "called_back": ("calls to it reach collectord, last on {at}", "Anrufe dort erreichen collectord, zuletzt am {at}"),
    "never_called": ("no call to it has reached collectord yet", "noch kein Anruf dort hat collectord erreicht"),
    "never_called!": (
        "call it from outside; send it to coll-inbound (docs/DIALPLAN.md 9), or see that whoever answers there knows of these calls",
        "von außen anrufen; an coll-inbound leiten (docs/DIALPLAN.md 9), oder wer dort abhebt, weiß von diesen Anrufen",
    ),
    # folders
    "not_entered": ("{path}: {why}", "{path}: {why}"),
    "not_entered!": ("let this user enter the folders above it", "diesem Benutzer die Ordner darüber öffnen"),
    "missing": ("{path} is missing", "{path} fehlt"),
    "missing!": ("create it; `collectord run` does so where it may", "anlegen; `collectord run` tut es, wo es darf"),
    "unwritable": ("{path} is not writable for this user", "{path} ist für diesen Benutzer nicht beschreibbar"),
    "unwritable!": ("chown or chmod {path}", "chown oder chmod {path}"),
    "open_state": ("others may look into it", "andere können hineinsehen"),
    "open_state!": ("chmod 700 {path}", "chmod 700 {path}"),
    "folders": ("all there, all writable", "alle da, alle beschreibbar"),
    "inbox_fault": ("{path}: {why}", "{path}: {why}"),
    "inbox_fault!": (
        "mount the share, or let this user enter and read it",
        "die Freigabe einhängen, oder diesen Benutzer hinein und lesen lassen",
    ),
    "inbox_slow": ("{count} entries, read in {took} s", "{count} Einträge, in {took} s gelesen"),
    "inbox_slow!": (
        "a share this slow delays exports; look at its server",
        "eine so langsame Freigabe hält Exporte auf; nach ihrem Server sehen",
    ),
    "inbox": ("can be read, {count} entries", "lesbar, {count} Einträge"),
    # mail, notices
    "mail_fault": ("{why}", "{why}"),
    "mail_fault!": (
        "no e-mail to a debtor leaves until this is mended; see [mail] in collectord.toml",
        "bis das behoben ist, geht keine E-Mail an Schuldner; siehe [mail] in collectord.toml",
    ),
    "mail": ("{host}:{port} answers ({how})", "{host}:{port} antwortet ({how})"),
    "mail_as": ("{host}:{port} answers ({how}, logged in as {user})", "{host}:{port} antwortet ({how}, angemeldet als {user})"),
    "notice_way": ("{why}", "{why}"),
    "notice_way!": ("see [notices] in collectord.toml", "siehe [notices] in collectord.toml"),
    "no_notices": ("nobody is told when something needs a person", "niemand erfährt, wenn etwas einen Menschen braucht"),
    "no_notices!": ("set email_to or webhook_url in [notices]", "email_to oder webhook_url in [notices] setzen"),
    "unsent": ("{count}, because {why}", "{count}, weil: {why}"),
    "unsent!": ("mend it; they leave by themselves then", "beheben; sie gehen dann von selbst hinaus"),
    # the machine
    "disk": ("{room} MB free", "{room} MB frei"),
    "disk!": ("free some space", "Platz schaffen"),
    "clock": ("synchronised", "abgeglichen"),
    "clock_alone": ("no sign of time synchronisation was found", "kein Zeichen eines Zeitabgleichs gefunden"),
    "clock_alone!": (
        "run systemd-timesyncd or chrony: calling hours depend on it",
        "systemd-timesyncd oder chrony einrichten: die Anrufzeiten hängen davon ab",
    ),
    "sqlite": ("{version}", "{version}"),
    "sqlite_wal": (
        "{version}: one connection writes and checkpoints, so the WAL fault fixed in 3.51.3 cannot strike",
        "{version}: nur eine Verbindung schreibt und sichert, der mit 3.51.3 behobene WAL-Fehler kann nicht zuschlagen",
    ),
    "sqlite_old": ("{version} is too old", "{version} ist zu alt"),
    "sqlite_old!": ("use 3.35 or newer", "3.35 oder neuer verwenden"),
    # exports
    "export": (
        "as of {as_of}, {age} accounting {age:day|days} old",
        "Stand {as_of}, {age} {age:Buchungstag|Buchungstage} alt",
    ),
    "export!": (
        "decide held batches; have accounting drop a new export",
        "über zurückgehaltene Dateien entscheiden; von der Buchhaltung einen neuen Export ablegen lassen",
    ),
    "uncounted": (
        "as of {as_of}; how old that is cannot be counted without a table of holidays",
        "Stand {as_of}; wie alt das ist, lässt sich ohne Feiertagstabelle nicht zählen",
    ),
    "never_exported": ("none was accepted yet", "noch keiner wurde angenommen"),
    "no_export": ("no export was accepted yet", "noch kein Export wurde angenommen"),
    "no_export!": (
        "drop one into the inbox or use `collectord import`",
        "einen in den Eingang legen oder `collectord import` verwenden",
    ),
    "late": ("{why}", "{why}"),
    "late!": ("ask accounting for it", "bei der Buchhaltung danach fragen"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """Lines in one language."""

    language: Language
    zone: str

    def ok(self, check: str, code: str, **values: object) -> dict[str, Any]:
        return {"check": check, "outcome": "ok", "found": self._say(code, values), "remedy": ""}

    def warn(self, check: str, code: str, remedy: str = "", **values: object) -> dict[str, Any]:
        """`remedy`: its code, where the found thing has none of its own."""
        said = {"found": self._say(code, values), "remedy": self._say(f"{remedy or code}!", values)}
        return {"check": check, "outcome": "warn", **said}

    def fail(self, check: str, code: str, remedy: str = "", **values: object) -> dict[str, Any]:
        said = {"found": self._say(code, values), "remedy": self._say(f"{remedy or code}!", values)}
        return {"check": check, "outcome": "fail", **said}

    def judged(self, good: bool, check: str, code: str, **values: object) -> dict[str, Any]:
        return self.ok(check, code, **values) if good else self.warn(check, code, "", **values)

    def _say(self, code: str, values: dict[str, object]) -> str:
        whole = {name: Told(safe(value, LONGEST)) if isinstance(value, str) else value for name, value in values.items()}
        return phrase(TEXTS, code, self.language, self.zone, **whole)
