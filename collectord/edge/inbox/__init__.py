"""The exchange folders: what accounting drops, where it goes, what it gets back.

Owns names, moves, scans and atomic writes under exchange_dir. Knows no row and no verdict.
Invariant: a file is in exactly one of inbox, processing, archive, held, rejected; every move is one rename.
"""

from collectord.edge.inbox.claims import Changed, claim, copy_in
from collectord.edge.inbox.files import (
    BLOCK,
    MAX_BYTES,
    ExportFile,
    GrowingFile,
    NotAFile,
    Signature,
    head_of,
    open_regular,
    receipt_names,
    rejects_csv,
    shown_name,
    stored_name,
    write_atomically,
)
from collectord.edge.inbox.folders import FOLDERS, QUIET_FOR, ExchangeFolders, Folder
from collectord.edge.inbox.patience import Patience
from collectord.edge.inbox.scan import MARKER, SEAL, Entry, Look, Scan, Sightings, look_into, seal_fits
from collectord.edge.inbox.watcher import watch

__all__ = [
    "BLOCK",
    "FOLDERS",
    "MARKER",
    "MAX_BYTES",
    "QUIET_FOR",
    "SEAL",
    "Changed",
    "Entry",
    "ExchangeFolders",
    "ExportFile",
    "Folder",
    "GrowingFile",
    "Look",
    "NotAFile",
    "Patience",
    "Scan",
    "Sightings",
    "Signature",
    "claim",
    "copy_in",
    "head_of",
    "look_into",
    "open_regular",
    "receipt_names",
    "rejects_csv",
    "seal_fits",
    "shown_name",
    "stored_name",
    "watch",
    "write_atomically",
]
