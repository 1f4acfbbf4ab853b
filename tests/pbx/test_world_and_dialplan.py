"""The people at the world's desk phones get along with the shipped dialplan: their keys arrive at the right moment, whatever is spoken.

Owns nothing of the product. Places agent calls as docs/INTERNALS.md 1.1 says, without a daemon, on numbers that begin with +493055502.
Invariant: every expectation is read from the journal that the dialplan keeps (AstDB coll/<id>).
"""

import time
import uuid
from collections.abc import Iterator

import pytest
from ami_client import Ami
from sandbox import REGISTERED, Sandbox

pytestmark = [pytest.mark.pbx, pytest.mark.usefixtures("saying_yes")]

TODAY = "20261123"
PLACED = {  # AABB -> the end of the journal row: state, status, disposition, amount, day, hour
    "1000": None,  # accepts, keys nothing, stays on the line until the menu gives up
    "1001": ("WRAP", "ANSWER", "1", "full", "20261128", ""),
    "1202": ("WRAP", "ANSWER", "2", "", "", ""),
    "1003": ("WRAP", "ANSWER", "3", "", "", ""),
    "1204": ("WRAP", "ANSWER", "4", "", "20261124", "10"),
    "1005": ("WRAP", "ANSWER", "5", "", "", ""),
    "1206": ("WRAP", "ANSWER", "6", "", "", ""),
    "1007": ("WRAP", "ANSWER", "7", "", "", ""),
    "1208": ("WRAP", "ANSWER", "8", "", "", ""),
    "1009": ("WRAP", "ANSWER", "9", "", "", ""),
    "1010": ("WRAP", "ANSWER", "1", "50", "20261126", ""),
    "1012": ("SKIPPED", "", "", "", "", ""),
    "1013": ("LATER", "", "", "", "", ""),
    "1014": ("NOACCEPT", "", "", "", "", ""),
    "1015": ("AGENT", "", "", "", "", ""),
    "1116": ("DIAL", "ANSWER", "", "", "", ""),
    "1017": ("DIAL", "CANCEL", "", "", "", ""),
    "3017": ("DIAL", "CANCEL", "", "", "", ""),
    "2001": ("WRAP", "BUSY", "", "", "", ""),
    "4101": ("WRAP", "NOANSWER", "", "", "", ""),
}


@pytest.fixture(scope="module")
def saying_yes(sandbox: Sandbox) -> Iterator[None]:
    """Somebody answers the dialplan when an agent accepts."""
    company = sandbox.company
    with Ami(company.ami_host, company.ami_port, company.username, company.secret):
        yield


def place(sandbox: Sandbox, phone: str, number: str, language: str) -> str:
    """An agent call; its attempt id."""
    attempt = uuid.uuid4().hex[:16]
    sandbox.company.ami().action(
        "Originate",
        Channel=f"PJSIP/{phone}",
        ChannelId=f"coll-{attempt}",
        Context="coll-agent",
        Exten="s",
        Priority="1",
        Timeout="20000",
        Async="true",
        CallerID=f'"Mueller GmbH" <{number}>',
        variables={
            "__COLL_ID": attempt,
            "COLL_DST": number,
            "COLL_CID": "+493012345600",
            "COLL_MODE": "preview",
            "COLL_RING": "5",
            "COLL_TRUNK": "trunk",
            "COLL_FORMAT": "e164",
            "COLL_DECIDE": "9",
            "COLL_WRAP": "20",
            "COLL_TODAY": TODAY,
            "COLL_LANG": language,
            "COLL_MAJOR": "1410",
            "COLL_MINOR": "5",
            "COLL_CUR": "EUR",
            "COLL_DAYS": "12",
            "COLL_TRY": "2",
            "COLL_PROMISE": "20261118",
            "COLL_PSTATE": "broken",
        },
    )
    return attempt


def row(sandbox: Sandbox, attempt: str) -> str:
    line = sandbox.company.command(f"database get coll {attempt}")[0]
    return line.partition(": ")[2] if line.startswith("Value:") else ""


def test_every_agent_of_the_table_is_understood_by_the_shipped_dialplan_and_rings_no_debtor_unaccepted(sandbox: Sandbox) -> None:
    free, waiting = list(REGISTERED[:7]), list(PLACED)
    running: dict[str, tuple[str, str]] = {}
    ended: dict[str, str] = {}
    deadline = time.monotonic() + 150
    while len(ended) < len(PLACED):
        assert time.monotonic() < deadline, f"no end of {[aabb for aabb, _ in running.values()]}"
        while waiting and free:
            aabb, phone = waiting.pop(0), free.pop(0)
            attempt = place(sandbox, phone, f"+493055502{aabb}", "en" if len(waiting) % 2 else "de")
            running[attempt] = (aabb, phone)
        on_a_call = {call["phone"] for call in sandbox.phone_calls()}
        for attempt, (aabb, phone) in list(running.items()):
            text = row(sandbox, attempt)
            if text.startswith("END|") and phone not in on_a_call:
                ended[aabb] = text
                free.append(phone)
                del running[attempt]
        time.sleep(0.1)
    seen = {}
    for aabb, text in ended.items():
        _, state, status, _, _, _, _, *keyed = text.split("|")
        seen[aabb] = (state, status, *keyed)
    assert seen.pop("1000")[:3] == ("WRAP", "ANSWER", "")
    assert seen == {aabb: expected for aabb, expected in PLACED.items() if expected is not None}
    # a debtor is rung once per accepted call and never without acceptance, and sees the company's number
    called = [number for number in sandbox.sip_invites() if number.startswith("+493055502")]
    never = {"1012", "1013", "1014", "1015"}
    assert sorted(called) == sorted(f"+493055502{aabb}" for aabb in PLACED if aabb not in never)
    assert {event.caller for event in sandbox.events("invite") if event.who in called} == {"+493012345600"}


def test_the_agent_who_is_rung_back_keys_what_the_agent_forgot(sandbox: Sandbox) -> None:
    attempt = place(sandbox, "208", "+4930555021216", "de")
    sandbox.wait_for("phone-end", who="208", since=sandbox.wait_for("invite", who="+4930555021216").at)
    sandbox.company.ami().action(
        "Originate",
        Channel="PJSIP/208",
        ChannelId=f"coll-{attempt}-w1",
        Context="coll-wrap",
        Exten="s",
        Priority="1",
        Timeout="20000",
        Async="true",
        CallerID='"Wrap-up Mueller GmbH" <+4930555021216>',
        variables={"__COLL_ID": attempt, "COLL_LANG": "de", "COLL_TODAY": TODAY},
    )
    deadline = time.monotonic() + 30
    while not row(sandbox, attempt).endswith("|1|full|20261128|"):
        assert time.monotonic() < deadline, row(sandbox, attempt)
        time.sleep(0.1)
    assert row(sandbox, attempt).startswith("END|DIAL|ANSWER|")
