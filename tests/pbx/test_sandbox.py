"""The sandbox keeps its word: what docs/INTERNALS.md section 2 says of phones and debtors is what arrives over SIP.

Owns nothing of the product. Uses numbers that begin with +493055501 and feature calls of phones 208 and 209.
Invariant: every expectation is read at the company's PBX, where collectord would see it.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from sandbox import NEVER_REGISTERED, REGISTERED, Sandbox
from sandbox.ami_client import AmiFailed

pytestmark = pytest.mark.pbx
Found = TypeVar("Found")

SIP_ANSWERS = {  # AA -> DIALSTATUS, cause, what the debtor's leg said last
    "10": ("ANSWER", "16", ""),
    "12": ("ANSWER", "16", ""),
    "20": ("BUSY", "17", "SIP 486"),
    "30": ("NOANSWER", "0", "SIP 180"),
    "40": ("NOANSWER", "0", "SIP 100"),
    "41": ("NOANSWER", "19", "SIP 480"),
    "42": ("CHANUNAVAIL", "1", "SIP 404"),
    "43": ("CHANUNAVAIL", "28", "SIP 484"),
    "44": ("CHANUNAVAIL", "21", "SIP 403"),
    "45": ("CHANUNAVAIL", "21", "SIP 603"),
    "46": ("CONGESTION", "34", "SIP 503"),
    "47": ("CHANUNAVAIL", "38", "SIP 500"),
    "48": ("BUSY", "0", ""),
    "99": ("CHANUNAVAIL", "1", "SIP 404"),
}


def soon(look: Callable[[], Found | None], *, within: float = 60.0) -> Found:
    """What `look` returns once it is something, or a failure after `within` seconds."""
    deadline = time.monotonic() + within
    while (found := look()) is None:
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found


def stored(sandbox: Sandbox, key: str) -> str | None:
    """A value of the company PBX's AstDB."""
    lines = sandbox.company.command(f"database get sandbox {key}")
    return lines[0].partition(": ")[2] if lines[0].startswith("Value:") else None


def dial(sandbox: Sandbox, number: str, *, trunk: str = "trunk", ring: int = 4) -> None:
    sandbox.company.ami().action(
        "Originate",
        Channel=f"Local/{number}@sandbox-dial/n",
        Application="Wait",
        Data="20",
        Async="true",
        variables={"__TRUNK": trunk, "__RING": str(ring)},
    )


def ring(sandbox: Sandbox, phone: str, number: str, *, name: str = "Mueller GmbH", context: str = "sandbox-keys") -> bool:
    """Rings a phone as collectord would; whether it was answered within four seconds."""
    try:
        sandbox.company.ami().action(
            "Originate", Channel=f"PJSIP/{phone}", Context=context, Exten="s", Priority="1", Timeout="4000", CallerID=f'"{name}" <{number}>'
        )
    except AmiFailed:
        return False
    return True


def test_ten_phones_are_registered_and_299_is_configured_but_never_registers(sandbox: Sandbox) -> None:
    assert set(sandbox.company.contacts()) == set(REGISTERED)
    known = {row["ObjectName"] for row in sandbox.company.ami().rows("PJSIPShowEndpoints")}
    assert {*REGISTERED, NEVER_REGISTERED, "trunk", "dead"} <= known


def test_every_debtors_line_gives_the_answer_of_the_table(sandbox: Sandbox) -> None:
    numbers = {aa: f"+493055501{aa}00" for aa in SIP_ANSWERS}
    for number in numbers.values():
        dial(sandbox, number)
    for aa, number in numbers.items():
        status, cause, tech, _ = soon(lambda number=number: stored(sandbox, number)).split("|")  # type: ignore[misc]
        assert (status, cause) == SIP_ANSWERS[aa][:2], aa
        assert tech.startswith(SIP_ANSWERS[aa][2]), (aa, tech)
    assert sorted(n for n in sandbox.sip_invites() if n in numbers.values()) == sorted(numbers.values())


def test_a_debtor_talks_as_long_as_the_table_says(sandbox: Sandbox) -> None:
    for number in ("+4930555011091", "+4930555011291"):
        dial(sandbox, number)
    talked = [int(soon(lambda n=n: stored(sandbox, n)).split("|")[3]) for n in ("+4930555011091", "+4930555011291")]  # type: ignore[misc]
    assert 1900 <= talked[0] < 20_000, "hung up by the debtor, not by the end of all patience"
    assert 900 <= talked[1] < 20_000


def test_a_debtor_who_waits_for_the_other_to_hang_up_stays_on_the_line(sandbox: Sandbox) -> None:
    dial(sandbox, "+4930555011192")
    sandbox.wait_for("debtor-up", who="+4930555011192")
    [call] = [row for row in sandbox.company.core_show_channels() if row["Channel"].startswith("PJSIP/trunk-")]
    assert call["ChannelStateDesc"] == "Up"
    sandbox.company.ami().action("Hangup", Channel=call["Channel"])
    sandbox.wait_for("debtor-end", who="+4930555011192")


def test_the_dead_trunk_leads_nowhere_and_says_nothing(sandbox: Sandbox) -> None:
    dial(sandbox, "+4930555011093", trunk="dead", ring=2)
    status, cause, tech, _ = soon(lambda: stored(sandbox, "+4930555011093")).split("|")
    assert (status, cause, tech) == ("NOANSWER", "0", "")
    assert "+4930555011093" not in sandbox.sip_invites()


@pytest.mark.parametrize(
    ("bb", "name", "keys"), [("00", "A", "1"), ("12", "A", "2"), ("13", "A", "3"), ("14", "A", ""), ("01", "Wrap-up A", "115")]
)
def test_the_keys_of_the_table_reach_the_pbx_as_dtmf(sandbox: Sandbox, bb: str, name: str, keys: str) -> None:
    sandbox.company.command("database del sandbox keys")
    assert ring(sandbox, "208", f"+49305550110{bb}", name=name)
    assert soon(lambda: stored(sandbox, "keys")) == keys


@pytest.mark.parametrize("bb", ["18", "19", "20"])
def test_a_phone_that_is_busy_declines_or_is_left_alone_does_not_answer(sandbox: Sandbox, bb: str) -> None:
    assert not ring(sandbox, "208", f"+49305550110{bb}")
    assert sandbox.phone_rings("208")[-1].caller == f"+49305550110{bb}"


def test_who_does_not_answer_the_ring_back_answers_the_first_call(sandbox: Sandbox) -> None:
    assert not ring(sandbox, "208", "+4930555011021", name="Wrap-up A")
    assert ring(sandbox, "208", "+4930555011021", context="sandbox-line")
    sandbox.hang_up("208")


def test_a_key_pressed_by_the_test_itself_arrives(sandbox: Sandbox) -> None:
    sandbox.company.command("database del sandbox keys")
    assert ring(sandbox, "209", "+4930555011014")
    sandbox.press("209", "90#")
    assert soon(lambda: stored(sandbox, "keys")) == "90"


def test_the_phone_shows_the_name_and_number_that_the_pbx_sends(sandbox: Sandbox) -> None:
    assert not ring(sandbox, "209", "+4930555011018", name="Müller, Söhne | Co")
    shown = sandbox.phone_rings("209")[-1]
    assert (shown.caller, shown.caller_name) == ("+4930555011018", "Müller, Söhne | Co")


def test_a_phone_can_leave_and_come_back(sandbox: Sandbox) -> None:
    sandbox.unregister("209")
    assert not ring(sandbox, "209", "+4930555011000")
    sandbox.register("209")
    assert "209" in sandbox.company.contacts()


def test_a_feature_code_is_dialled_from_the_phone_itself(sandbox: Sandbox) -> None:
    call = sandbox.dial_feature("*81", phone="209", timeout=30.0)
    assert call.answered
    assert call.hung_up_by_pbx
    assert not sandbox.dial_feature("*99", phone="209").answered


def test_a_sandbox_of_ones_own_survives_kill_9_and_restart_and_leaves_nothing_behind() -> None:
    with Sandbox() as own:
        first = own.company.pid
        own.company.kill9()
        assert not Path(f"/proc/{first}").exists()
        own.company.start()
        own.company.wait_ready()
        own.register(*REGISTERED)
        assert own.company.pid != first
        own.company.terminate()
        assert own.company.pid == 0
        folder, world = own.folder, own.world.pid
    assert not folder.exists()
    assert not Path(f"/proc/{world}").exists()


def test_when_the_owner_is_killed_no_asterisk_stays_behind() -> None:
    text = (
        "import signal; from sandbox import Sandbox; s = Sandbox(); s.start();"
        "print(s.folder, s.company.pid, s.world.pid, flush=True); signal.pause()"
    )
    path = os.pathsep.join(sys.path)
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}) as owner:
        assert owner.stdout is not None
        folder, *pids = owner.stdout.readline().split()
        owner.send_signal(signal.SIGKILL)
    soon(lambda: True if not any(Path(f"/proc/{pid}/exe").exists() for pid in pids) and not Path(folder).exists() else None)
