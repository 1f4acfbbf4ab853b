"""The company PBX's configuration: the shipped dialplan and asterisk-config, plus a small overlay of ports, phones and trunks.

Owns the overlay. Touches only the folder it is given; the shipped files are copied unchanged.
Invariant: everything listens on loopback, and nothing of the shipped dialplan is rewritten here.
"""

import re
import shutil
from pathlib import Path

from .ports import CARRIER, COMPANY, NOBODY, PHONES, Ports
from .unavailable import SandboxUnavailable

NEVER_REGISTERED = "299"


def write_company(etc: Path, data: Path, *, shipped: Path, ports: Ports, phones: dict[str, str], ami_secret: str, console: str) -> None:
    """`phones`: number -> secret. `shipped`: the folder of dialplan/ and asterisk-config/. `console`: the sandbox's own AMI account."""
    dialplan, config = shipped / "dialplan", shipped / "asterisk-config"
    if not (dialplan / "collect-agent-leg.conf").exists():
        raise SandboxUnavailable(f"no shipped dialplan in {dialplan}: the checkout is not complete")
    shutil.copytree(dialplan, etc / "collectord", ignore=lambda _, names: [n for n in names if n == "sounds" or n.endswith(".py")])
    for language in ("de", "en"):
        if (dialplan / "sounds" / language).is_dir():
            (data / "sounds" / f"{language}_coll").symlink_to(dialplan / "sounds" / language)
    overlay = Path(__file__).with_name("overlay")
    recordings = data / "recordings"
    recordings.mkdir(mode=0o700)
    for name in ("modules.conf", "extensions.conf", "features.conf", "musiconhold.conf"):
        shutil.copyfile(config / name, etc / name)
    with (etc / "extensions.conf").open("a", encoding="utf-8") as frame:
        frame.write(f"\n#include {overlay / 'contexts.conf'}\n[globals](+)\nCOLL_RECORDINGS={recordings}\n")
    with (etc / "modules.conf").open("a", encoding="utf-8") as frame:
        frame.write("load=app_mixmonitor.so\n")
    _write(etc / "pjsip.conf", _pjsip(config, ports, phones))
    _write(etc / "manager.conf", _with(config / "manager.conf", port=str(ports.company_ami)))
    _write(etc / "manager.d/collectord.conf", _with(config / "manager.d/collectord.conf", secret=ami_secret))
    _write(etc / "manager.d/sandbox.conf", console)


def _pjsip(config: Path, ports: Ports, phones: dict[str, str]) -> str:
    """The shipped template of a desk phone, with this sandbox's phones, trunks and addresses."""
    templates = re.split(r"(?m)^\[[^]]+\](?!\(!\))", (config / "pjsip-phones.conf").read_text(encoding="utf-8"))[0]
    if "[collect-phone](!)" not in templates:
        raise SandboxUnavailable("asterisk-config/pjsip-phones.conf has no template [collect-phone] before its first phone")
    media = f"media_address={COMPANY}\nbind_rtp_to_media_address=yes\n"
    transport = f"[global]\ntype=global\nuser_agent=company\n[udp]\ntype=transport\nprotocol=udp\nbind={COMPANY}:{ports.company_sip}\n"
    parts = [templates, transport]
    for number, secret in phones.items():
        parts.append(
            f"[{number}](collect-phone)\nauth={number}\naors={number}\ncallerid=Desk {number} <{number}>\n{media}"
            # userpass: what `digest` was called before Asterisk 22.5, and still understood
            f"[{number}]\ntype=auth\nauth_type=userpass\nusername={number}\npassword={secret}\n"
            f"[{number}](collect-phone-aor)\nqualify_frequency=5\n"  # until then a phone whose answer was lost is absent
        )
    line = f"type=endpoint\ncontext=from-collect-trunk\ndisallow=all\nallow=alaw,ulaw\ndirect_media=no\nallow_transfer=no\n{media}"
    for name, host, port in (("trunk", CARRIER, ports.carrier_sip), ("dead", NOBODY, ports.nobody)):
        parts.append(f"[{name}]\n{line}aors={name}\n[{name}]\ntype=aor\ncontact=sip:{host}:{port}\n")
    parts.append(f"[trunk]\ntype=identify\nendpoint=trunk\nmatch={CARRIER}\n")
    phones_at = f"{PHONES}:{ports.phones_sip}"
    parts.append(
        f"[twin](collect-phone)\naors=twin\n{media}"  # one endpoint, two phones
        f"[twin]\ntype=aor\ncontact=sip:209@{phones_at}\ncontact=sip:210@{phones_at}\n"
    )
    return "".join(parts)


def _with(path: Path, **values: str) -> str:
    """A shipped file with other values behind some of its keys; each key must stand there exactly once."""
    text = path.read_text(encoding="utf-8")
    for key, value in values.items():
        text, changed = re.subn(rf"(?m)^{key}=.*$", lambda _, key=key, value=value: f"{key}={value}", text)  # type: ignore[misc]
        if changed != 1:
            raise SandboxUnavailable(f"{path} must hold {key}= exactly once")
    return text


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
