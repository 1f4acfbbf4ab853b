"""The world's configuration: ten registered desk phones on one address, the telephone network on another.

Owns the text of the world's files. Touches only the folder it is given. Behaviour is in world/world.conf, not here.
Invariant: everything listens on loopback.
"""

import shutil
from pathlib import Path

from .ports import CARRIER, COMPANY, PHONES, Ports


def write_world(etc: Path, *, ports: Ports, phones: dict[str, str], home: Path, journal: Path) -> None:
    """`phones`: number -> secret at the company's PBX. `home`: the folder of world.conf."""
    shutil.copyfile(home / "modules.conf", etc / "modules.conf")
    (etc / "extensions.conf").write_text(
        f"[general]\nstatic=yes\nwriteprotect=yes\n[globals]\nWORLD_JOURNAL={journal}\nPRESS_PAUSE=0.5\n#include {home / 'world.conf'}\n",
        encoding="utf-8",
    )
    (etc / "pjsip.conf").write_text(_pjsip(ports, phones), encoding="utf-8")


def _pjsip(ports: Ports, phones: dict[str, str]) -> str:
    company = f"sip:{COMPANY}:{ports.company_sip}"
    parts = [
        f"""[global]
type=global
user_agent=world
[phones]
type=transport
protocol=udp
bind={PHONES}:{ports.phones_sip}
[carrier]
type=transport
protocol=udp
bind={CARRIER}:{ports.carrier_sip}
[company]
type=aor
contact={company}
[line]
type=endpoint
transport=carrier
context=nowhere
aors=company
disallow=all
allow=alaw,ulaw
direct_media=no
dtmf_mode=rfc4733
media_address={CARRIER}
bind_rtp_to_media_address=yes
[incoming]
type=endpoint
context=incoming
disallow=all
allow=alaw,ulaw
direct_media=no
dtmf_mode=rfc4733
trust_id_inbound=yes
media_address={PHONES}
bind_rtp_to_media_address=yes
[incoming]
type=identify
endpoint=incoming
match={COMPANY}
"""
    ]
    for number, secret in phones.items():
        parts.append(
            f"""[auth{number}]
type=auth
auth_type=userpass
username={number}
password={secret}
[reg{number}]
type=registration
transport=phones
server_uri={company}
client_uri=sip:{number}@{COMPANY}:{ports.company_sip}
contact_user={number}
outbound_auth=auth{number}
expiration=120
retry_interval=2
forbidden_retry_interval=2
fatal_retry_interval=2
max_retries=1000000
auth_rejection_permanent=no
max_random_initial_delay=0
[desk{number}]
type=endpoint
transport=phones
context=nowhere
aors=company
outbound_auth=auth{number}
from_user={number}
disallow=all
allow=alaw,ulaw
direct_media=no
dtmf_mode=rfc4733
media_address={PHONES}
bind_rtp_to_media_address=yes
"""
        )
    return "".join(parts)
