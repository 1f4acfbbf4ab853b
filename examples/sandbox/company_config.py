"""The company PBX's configuration: the shipped dialplan and asterisk-config, plus a small overlay of ports, phones and trunks.

Owns the overlay. Touches only the folder it is given; the shipped files are copied unchanged.
Invariant: everything listens on loopback, and nothing of the shipped dialplan is rewritten here.
"""

import re
import shutil
from pathlib import Path

from .ports import CARRIER, COMPANY, NOBODY, Ports
from .unavailable import SandboxUnavailable

NEVER_REGISTERED = "299"

def write_company(
    etc: Path, data: Path, *, shipped: Path, ports: Ports, phones: dict[str, str], ami_user: str, ami_secret: str, console: str
) -> None:
    """`phones`: number -> secret. `shipped`: the folder of dialplan/ and asterisk-config/. `console`: the sandbox's own AMI account."""
    dialplan, config = shipped / "dialplan", shipped / "asterisk-config"
    if not (dialplan / "collect-agent-leg.conf").exists():
        raise SandboxUnavailable(f"no shipped dialplan in {dialplan}: the checkout is not complete")
    shutil.copytree(dialplan, etc / "collectord", ignore=lambda _, names: [n for n in names if n == "sounds" or n.endswith(".py")])
    for language in ("de", "en"):
        if (dialplan / "sounds" / language).is_dir():
            (data / "sounds" / f"{language}_coll").symlink_to(dialplan / "sounds" / language)
    overlay = Path(__file__).with_name("overlay")
    shutil.copyfile(overlay / "modules.conf", etc / "modules.conf")
    frame = (config / "extensions.conf").read_text(encoding="utf-8")
    _write(etc / "extensions.conf", f"{frame}\n#include {overlay / 'contexts.conf'}\n")
    _write(etc / "pjsip.conf", _pjsip(ports, phones))
    _write(etc / "manager.conf", _manager(config, ports, ami_user, ami_secret, console))


def _pjsip(ports: Ports, phones: dict[str, str]) -> str:
    common = f"""type=endpoint
disallow=all
allow=alaw,ulaw
direct_media=no
dtmf_mode=rfc4733
allow_transfer=no
media_address={COMPANY}
bind_rtp_to_media_address=yes
"""
    parts = [f"[global]\ntype=global\nuser_agent=company\n[udp]\ntype=transport\nprotocol=udp\nbind={COMPANY}:{ports.company_sip}\n"]
    for number, secret in phones.items():
        parts.append(
            f"[{number}]\n{common}context=from-collect-phone\nauth={number}\naors={number}\ncallerid=\"Desk {number}\" <{number}>\n"
            f"[{number}]\ntype=auth\nauth_type=userpass\nusername={number}\npassword={secret}\n"
            f"[{number}]\ntype=aor\nmax_contacts=1\nremove_existing=yes\n"
        )
    for name, host, port in (("trunk", CARRIER, ports.carrier_sip), ("dead", NOBODY, ports.nobody)):
        parts.append(f"[{name}]\n{common}context=from-trunk\naors={name}\n[{name}]\ntype=aor\ncontact=sip:{host}:{port}\n")
    parts.append(f"[trunk]\ntype=identify\nendpoint=trunk\nmatch={CARRIER}\n")
    return "".join(parts)


def _manager(config: Path, ports: Ports, user: str, secret: str, console: str) -> str:
    """The shipped account with this sandbox's secret, and the sandbox's own."""
    account = (config / "manager.d/collectord.conf").read_text(encoding="utf-8")
    account, changed = re.subn(r"(?m)^(\s*secret\s*=\s*).*$", lambda match: match[1] + secret, account)
    if changed != 1 or f"[{user}]" not in account:
        raise SandboxUnavailable(f"asterisk-config/manager.d/collectord.conf must hold one account [{user}] with one secret")
    general = f"[general]\nenabled=yes\nwebenabled=no\nbindaddr={COMPANY}\nport={ports.company_ami}\n"
    return f"{general}{account}\n{console}"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
