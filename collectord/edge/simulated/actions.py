"""The AMI actions that the simulated PBX knows: what each answers, with the texts of Asterisk 22.10.

Owns answers and lists. Knows no socket and no session: an action gets its request and answers with messages.
Invariant: every action is listed in PRIVILEGES; who lacks the privilege is told "Permission denied", whatever the headers say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, Protocol, TypeAlias

from collectord.edge.simulated.leg import DebtorHungUp, VariableSet
from collectord.edge.simulated.machine import Machine
from collectord.edge.simulated.originate import ACK, EXTENSIONS, Order
from collectord.edge.simulated.wire import Headers, Request, variables

Answer: TypeAlias = list[Headers]

VERSION: Final = "22.10.1"
_ORIGINATE_FORBIDS: Final = ("system", "exec", "agi", "mixmonitor", "externalivr", "queue", "db", "trysystem")

PRIVILEGES: Final[dict[str, tuple[str, frozenset[str]]]] = {
    name: (text, frozenset(classes.split(",")) if classes else frozenset())
    for name, text, classes in (
        ("Challenge", "Generate Challenge for MD5 Auth.", ""),
        ("Command", "Execute Asterisk CLI Command.", "command"),
        ("CoreSettings", "Show PBX core settings (version etc).", "system,reporting"),
        ("CoreShowChannels", "List currently active channels.", "system,reporting"),
        ("CoreStatus", "Show PBX core status variables.", "system,reporting"),
        ("DBDel", "Delete DB entry.", "system"),
        ("DBDelTree", "Delete DB Tree.", "system"),
        ("DBGet", "Get DB Entry.", "system,reporting"),
        ("DBGetTree", "Get DB entries, optionally at a particular family/key", "system,reporting"),
        ("DBPut", "Put DB entry.", "system"),
        ("DeviceStateList", "List the current known device states.", "call,reporting"),
        ("Events", "Control Event Flow.", ""),
        ("ExtensionState", "Check Extension Status.", "call,reporting"),
        ("Getvar", "Gets a channel variable or function value.", "call,reporting"),
        ("Hangup", "Hangup channel.", "system,call"),
        ("ListCommands", "List available manager commands.", ""),
        ("Login", "Login Manager.", ""),
        ("Logoff", "Logoff Manager.", ""),
        ("ModuleLoad", "Module management.", "system"),
        ("Originate", "Originate a call.", "originate"),
        ("Ping", "Keepalive command.", ""),
        ("Redirect", "Redirect (transfer) a call.", "call"),
        ("Reload", "Send a reload event.", "system,config"),
        ("Setvar", "Sets a channel variable or function value.", "call"),
        ("Status", "List channel status.", "system,call,reporting"),
        ("UpdateConfig", "Update basic configuration.", "config"),
    )
}


HINTS: Final = {  # device state -> Status, StatusText of an extension with this device alone
    "NOT_INUSE": ("0", "Idle"),
    "INUSE": ("1", "InUse"),
    "BUSY": ("2", "Busy"),
    "RINGING": ("8", "Ringing"),
    "ONHOLD": ("16", "Hold"),
}


class OrderBook(Protocol):
    """Who takes a checked Originate."""

    def __call__(self, order: Order, *, wait: bool) -> None: ...


def error(message: str) -> Answer:
    return [[("Response", "Error"), ("Message", message)]]


def success(*headers: tuple[str, str]) -> Answer:
    return [[("Response", "Success"), *headers]]


def _list(message: str, rows: Iterable[Headers], event: str, *, items: bool = False) -> Answer:
    listed = list(rows)
    count = str(len(listed))
    tail = [("Event", event), ("EventList", "Complete"), ("ListItems", count), *([("Items", count)] if items else [])]
    return [[("Response", "Success"), ("EventList", "start"), ("Message", message)], *listed, tail]


def ping(machine: Machine) -> Answer:
    return success(("Ping", "Pong"), ("Timestamp", f"{machine.clock().timestamp():.6f}"))


def status(machine: Machine, request: Request) -> Answer:
    names = [name for name in request.get("Variables").split(",") if name]
    channels = list(machine.channels.values())
    if only := request.get("Channel"):
        found = machine.find(only)
        if found is None:
            return error("No such channel")
        channels = [found]
    rows: list[Headers] = [
        [("Event", "Status"), ("Privilege", "Call"), *channel.status(names, machine.now() - channel.since)] for channel in channels
    ]
    return _list("Channel status will follow", rows, "StatusComplete", items=True)


def core_show_channels(machine: Machine, request: Request) -> Answer:
    rows: list[Headers] = []
    for channel in machine.channels.values():
        seconds = int(machine.now() - channel.since)
        rows.append(
            [
                ("Event", "CoreShowChannel"),
                *channel.snapshot(),
                ("Application", channel.application),
                ("ApplicationData", channel.data),
                ("Duration", f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"),
                ("BridgeId", channel.bridge),
            ]
        )
    return _list("Channels will follow", rows, "CoreShowChannelsComplete")


def core_settings(machine: Machine, request: Request) -> Answer:
    return success(("AMIversion", "11.0.0"), ("AsteriskVersion", VERSION), ("SystemName", "simulated"), ("CoreMaxCalls", "0"))


def db_get(machine: Machine, request: Request) -> Answer:
    family, key = request.get("Family"), request.get("Key")
    if not family or not key:
        return error("No key specified." if family else "No family specified.")
    value = machine.journal.get(f"{family}/{key}")
    if value is None:
        return error("Database entry not found")
    row = [("Event", "DBGetResponse"), ("Family", family), ("Key", key), ("Val", value)]
    return _list("Result will follow", [row], "DBGetComplete")


def db_get_tree(machine: Machine, request: Request) -> Answer:
    rows = [
        [("Event", "DBGetTreeResponse"), ("Key", f"/{key}"), ("Val", value)]
        for key, value in machine.journal.tree(request.get("Family"), request.get("Key"))
    ]
    return _list("Result will follow", rows, "DBGetTreeComplete")


def device_state_list(machine: Machine, request: Request) -> Answer:
    rows = [[("Event", "DeviceStateChange"), ("Device", device), ("State", machine.device_state(device))] for device in machine.devices()]
    return _list("Device State Changes will follow", rows, "DeviceStateListComplete")


def extension_state(machine: Machine, request: Request) -> Answer:
    """Only the lamps have hints here; a custom device that was never set is idle."""
    exten, context = request.get("Exten"), request.get("Context")
    lamp = f"Custom:coll-{exten[3:]}" if context == "coll-features" and exten.startswith("*86") and len(exten) > 3 else ""
    state = machine.global_variables.get(f"DEVICE_STATE({lamp})", "NOT_INUSE")
    status, text = HINTS[state] if lamp else ("-1", "Unknown")
    head = (("Message", "Extension Status"), ("Exten", exten), ("Context", context), ("Hint", lamp))
    return success(*head, ("Status", status), ("StatusText", text))


def getvar(machine: Machine, request: Request) -> Answer:
    name, where = request.get("Variable"), request.get("Channel")
    if not name:
        return error("No variable specified")
    values = machine.global_variables
    if where:
        channel = machine.find(where)
        if channel is None:
            return error("No such channel")
        values = channel.variables
    unset = "UNKNOWN" if name.startswith("DEVICE_STATE(") else "1" if name == "DIALPLAN_EXISTS(coll-self,s,1)" else ""
    return success(("Variable", name), ("Value", values.get(name, unset)))


def setvar(machine: Machine, request: Request) -> Answer:
    name, where = request.get("Variable"), request.get("Channel")
    if not name:
        return error("No variable specified")
    if not where and name.startswith("DEVICE_STATE(") and request.get("Value") not in HINTS:
        return error("Variable not set")
    if not where:
        machine.global_variables[name] = request.get("Value")
        return success(("Message", "Variable Set"))
    channel = machine.find(where)
    if channel is None:
        return error("No such channel")
    channel.variables[name.lstrip("_")] = request.get("Value")
    if name == "CONNECTEDLINE(num)":  # the name that was set before it is told with it
        channel.connected_num, channel.connected_name = request.get("Value"), channel.variables.get("CONNECTEDLINE(name,i)", "")
        machine.shown.append((channel.device.partition("/")[2], channel.connected_name))
    leg = machine.legs.get(channel.uniqueid) or machine.legs.get(channel.linkedid)  # the debtor's is the agent leg's
    if leg is not None:
        leg.post(VariableSet(name))
    return success(("Message", "Variable Set"))


def hangup(machine: Machine, request: Request) -> Answer:
    if not request.get("Channel"):
        return error("No channel specified")
    channel = machine.find(request.get("Channel"))
    leg = machine.legs.get(channel.uniqueid) if channel else None
    agent = machine.legs.get(channel.linkedid) if channel else None
    if leg is None and agent is not None:
        agent.post(DebtorHungUp())
        return success(("Message", "Channel Hungup"))
    if leg is None:
        return error("No such channel")
    cause = request.get("Cause")
    leg.hang_up(int(cause) if cause.isdigit() else 16)
    return success(("Message", "Channel Hungup"))


def originate(machine: Machine, request: Request, take: OrderBook) -> Answer:
    channel, exten, context, priority = (request.get(name) for name in ("Channel", "Exten", "Context", "Priority"))
    application = request.get("Application")
    wait = request.get("Async").lower() not in ("true", "yes", "1", "on", "y", "t")
    if not channel:
        return error("Channel not specified")
    if not application and not (exten and context and priority):
        return error("Originate with 'Exten' requires 'Context' and 'Priority'")
    if priority and not re.fullmatch(r"[1-9][0-9]*", priority) and not application:
        return error("Invalid priority")
    timeout = request.get("Timeout") or "30000"
    if not re.fullmatch(r"-?[0-9]+", timeout):
        return error("Invalid timeout")
    if "/" not in channel:
        return error("Invalid channel")
    if application.lower().startswith(_ORIGINATE_FORBIDS):
        return error("Originate Access Forbidden: app or data blacklisted")
    if not application and (context, exten) not in EXTENSIONS:
        return error("Extension does not exist.")
    if len(request.get("ChannelId")) > 149:
        return error("Uniqueid length exceeds maximum of 149")
    shown = re.fullmatch(r'\s*"?([^"<]*)"?\s*(?:<([^>]*)>)?\s*', request.get("CallerID"))
    order = Order(
        action_id=request.get("ActionID"),
        channel=channel,
        channel_id=request.get("ChannelId"),
        other_id=request.get("OtherChannelId"),
        context=context,
        exten=exten,
        application=application,
        data=request.get("Data"),
        timeout=int(timeout) / 1000,
        caller_num=(shown[2] or "") if shown else "",
        caller_name=shown[1].strip() if shown else "",
        variables=variables(request.all("Variable")),
    )
    take(order, wait=wait)
    return [] if wait else success(("Message", "Originate successfully queued"))


def list_commands(granted: frozenset[str]) -> Answer:
    rows = [
        (name, f"{text}  (Priv: {','.join(sorted(needs)) + ',all' if needs else '<none>'})")
        for name, (text, needs) in sorted(PRIVILEGES.items())
        if permitted(name, granted)
    ]
    return success(*rows)


def permitted(name: str, granted: frozenset[str]) -> bool:
    needs = PRIVILEGES[name][1]
    return not needs or bool(needs & granted) or "all" in granted


LISTS: Final[dict[str, Callable[[Machine, Request], Answer]]] = {
    "Status": status,
    "CoreShowChannels": core_show_channels,
    "CoreSettings": core_settings,
    "DBGet": db_get,
    "DBGetTree": db_get_tree,
    "DeviceStateList": device_state_list,
    "ExtensionState": extension_state,
    "Getvar": getvar,
    "Setvar": setvar,
    "Hangup": hangup,
}

__all__ = ["ACK", "LISTS", "PRIVILEGES", "Answer", "error", "list_commands", "originate", "permitted", "ping", "success"]
