"""Exports of cloud systems and workbooks of any size, of the shape that the vendors document.

DuckDB computes every record from its place, so a size always gives the same bytes. They hold what a real export holds
beside what is read: other fields are most of its bytes. Files of telephone switches, chats and staff are in
``benchmarks.data``.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from openpyxl import Workbook

_INSTANCE = "'arn:aws:connect:eu-west-2:012345678901:instance/7c1ffa09-8d43-4d3c-9a4d-0c5f0e0d1a11"

_CALLS = """
create temp view calls as
select n, md5('contact' || n) as id, md5('contact' || (n - 1)) as before_id, 20 <= n % 100 as is_call,
    n % 16 <> 3 as is_answered, n % 33 = 5 as is_transfer, n % 12 as queue, n % 400 as agent,
    '+44' || (7400000000 + hash(n) % 90000000) as caller,
    timestamp '2026-09-01' + to_milliseconds(n * (864000000 // {rows})) as began,
    began + to_seconds(8) as queued, queued + to_seconds(5 + n % 55) as answered,
    if(is_answered, answered, queued + to_seconds(20 + n % 60)) as left_at,
    if(is_answered, answered + to_seconds(40 + n % 500), left_at) as ended, ended + to_seconds(20 + n % 40) as worked
from range({rows}) as r(n)
"""
"""Every fifth is a chat, one of sixteen is not answered, one of 33 came by a transfer; spread over ten days."""


def write_contacts(file: Path, rows: int) -> None:
    """Write Amazon Connect contact records, one JSON object a line."""

    def iso(time: str) -> str:
        return f"strftime({time}, '%Y-%m-%dT%H:%M:%SZ')"

    queue = f"""{{
        'ARN': {_INSTANCE}/queue/' || md5('queue' || queue), 'Name': 'Queue ' || queue, 'Duration': epoch(left_at -
        queued)::bigint, 'EnqueueTimestamp': {iso("queued")}, 'DequeueTimestamp': {iso("left_at")}
    }}"""
    agent = f"""case when is_answered then {{
        'ARN': {_INSTANCE}/agent/' || md5('agent' || agent), 'Username': 'agent.' || agent,
        'ConnectedToAgentTimestamp': {iso("answered")}, 'AgentInteractionDuration': epoch(ended - answered)::bigint,
        'AfterContactWorkDuration': epoch(worked - ended)::bigint, 'AfterContactWorkStartTimestamp': {iso("ended")},
        'AfterContactWorkEndTimestamp': {iso("worked")}, 'AgentPauseDurationInSeconds': 0, 'CustomerHoldDuration': 0,
        'LongestHoldDuration': 0, 'NumberOfHolds': 0, 'HierarchyGroups': null, 'StateTransitions': [],
        'DeviceInfo': {{'PlatformName': 'Chrome', 'PlatformVersion': '141', 'OperatingSystem': 'Windows 11'}},
        'RoutingProfile': {{
            'ARN': {_INSTANCE}/routing-profile/' || md5('profile'), 'Name': 'Basic Routing Profile'}}
    }} end"""
    recording = f"""[{{
        'DeletionReason': null, 'Location': 'connect-recordings/voice/2026/09/' || id || '.wav', 'Status': 'AVAILABLE',
        'StorageType': 'S3', 'MediaStreamType': 'AUDIO', 'ParticipantType': 'ALL', 'FragmentStartNumber': null,
        'FragmentStopNumber': null, 'StartTimestamp': {iso("answered")}, 'StopTimestamp': {iso("ended")}
    }}]"""
    chat = f"""case when not is_call then {{
        'ChatContactMetrics': {{
            'MultiParty': false, 'TotalMessages': 9 + n % 20, 'TotalBotMessages': 2, 'ConversationTurnCount': 7,
            'AgentFirstResponseTimestamp': case when is_answered then {iso("answered + interval 9 seconds")} end}},
        'AgentMetrics': {{'ParticipantType': 'AGENT', 'MessagesSent': 4 + n % 10, 'ConversationAbandon': false}},
        'CustomerMetrics': {{
            'ParticipantType': 'CUSTOMER', 'MessagesSent': 5 + n % 10, 'LastMessageTimestamp': {iso("ended")}}}
    }} end"""
    contact = f"""
        '012345678901' as "AWSAccountId", '2017-03-10' as "AWSContactTraceRecordFormatVersion", {agent} as "Agent",
        is_answered::bigint as "AgentConnectionAttempts", null as "AnsweringMachineDetectionStatus",
        {{'language': 'en', 'menu': (n % 9)::varchar, 'order': md5('order' || n), 'greeting': 'Grüß Gott'}}
            as "Attributes",
        if(is_call, 'VOICE', 'CHAT') as "Channel", {chat} as "ChatMetrics", {iso("began")} as
        "ConnectedToSystemTimestamp", id as "ContactId", {{}} as "ContactDetails",
        {{'Address': caller, 'Type': 'TELEPHONE_NUMBER'}} as "CustomerEndpoint",
        case when is_answered then 'CUSTOMER_DISCONNECT' end as "DisconnectReason",
        {iso("ended")} as "DisconnectTimestamp", if(is_transfer, before_id, id) as "InitialContactId",
        case when not is_call then 'API' when is_transfer then 'TRANSFER' else 'INBOUND' end as "InitiationMethod",
        {iso("began")} as "InitiationTimestamp", {_INSTANCE}' as "InstanceARN",
        {iso("worked + interval 90 seconds")} as "LastUpdateTimestamp", [] as "MediaStreams", null as "NextContactId",
        case when is_transfer then before_id end as "PreviousContactId", {queue} as "Queue", {recording} as
        "Recordings", [] as "References", null as "ScheduledTimestamp", {{}} as "SegmentAttributes",
        {{'Address': '+442079460000', 'Type': 'TELEPHONE_NUMBER'}} as "SystemEndpoint",
        {{'aws:connect:instanceId': '7c1ffa09-8d43-4d3c-9a4d-0c5f0e0d1a11'}} as "Tags",
        null as "TransferCompletedTimestamp", null as "TransferredToEndpoint", null as "VoiceIdResult"
    """.replace("{}", "json('{}')")
    _write(file, rows, f"select {contact} from calls")


def write_conversations(file: Path, rows: int) -> None:
    """Write Genesys Cloud conversation details with metrics, one conversation a line."""

    def iso(time: str) -> str:
        return f"strftime({time}, '%Y-%m-%dT%H:%M:%S.%gZ')"

    def segment(kind: str, begun: str, ended: str, cut: str) -> str:
        return (
            f"{{'segmentStart': {iso(begun)}, 'segmentEnd': {iso(ended)}, 'queueId': md5('queue' || queue),"
            f" 'disconnectType': '{cut}', 'segmentType': '{kind}', 'conference': false}}"
        )

    def metrics(at: str, **values: str) -> str:
        told = [f"{{'name': '{name}', 'value': {value}, 'emitDate': {iso(at)}}}" for name, value in values.items()]
        return f"[{', '.join(told)}]"

    def party(purpose: str, segments: str, told: str, user: str = "null") -> str:
        session = (
            "{'mediaType': if(is_call, 'voice', 'message'),"
            f" 'sessionId': md5('{purpose}' || n), 'direction': 'inbound', 'ani': 'tel:' || caller,"
            " 'dnis': 'tel:+442079460000', 'sessionDnis': 'tel:+442079460000', 'edgeId': md5('edge'),"
            " 'protocolCallId': md5('call' || n), 'provider': 'Edge', 'remoteNameDisplayable': 'Mobile Number',"
            f" 'requestedRoutings': ['Standard'], 'segments': {segments}, 'metrics': {told}}}"
        )
        return (
            f"{{'participantId': md5('{purpose}party' || n), 'participantName': '{purpose.title()}',"
            f" 'purpose': '{purpose}', 'userId': {user}, 'sessions': [{session}]}}"
        )

    wait, talk = "epoch_ms(answered) - epoch_ms(queued)", "epoch_ms(ended) - epoch_ms(answered)"
    work = "epoch_ms(worked) - epoch_ms(ended)"
    came = segment("interact", "began", "ended", "peer")
    heard = segment("ivr", "began", "queued", "transfer")
    waited = segment("interact", "queued", "answered", "transfer")
    gave_up = segment("interact", "queued", "left_at", "peer")
    rang = segment("alert", "answered - interval 4 seconds", "answered", "transfer")
    talked = segment("interact", "answered", "ended", "peer")
    wrapped = segment("wrapup", "ended", "worked", "client")
    customer = party("customer", f"[{came}]", metrics("began", nOffered="1"))
    menu = party("ivr", f"[{heard}]", metrics("queued", tIvr="8000"))
    queue = party("acd", f"[{waited}]", metrics("answered", nOffered="1", tAcd=wait))
    told = metrics("worked", tAlert="4000", tAnswered=wait, tTalk=talk, tAcw=work, tHandle=f"{talk} + {work}")
    agent = party("agent", f"[{rang}, {talked}, {wrapped}]", told, "md5('user' || agent)")
    lost = party("acd", f"[{gave_up}]", metrics("left_at", nOffered="1", tAbandon=wait.replace("answered", "left_at")))
    _write(
        file,
        rows,
        f'select id as "conversationId", {iso("began")} as "conversationStart", {iso("worked")} as'
        ' "conversationEnd", \'inbound\' as "originatingDirection", [md5(\'division\')] as "divisionIds",'
        f' 4.87 as "mediaStatsMinConversationMos", if(is_answered, [{customer}, {menu}, {queue}, {agent}],'
        f" [{customer}, {menu}, {lost}]) as participants from calls",
    )


def write_workbook(file: Path, rows: int) -> None:
    """Write a report of calls as a sheet: texts, true dates with times, and whole seconds."""
    with duckdb.connect() as con:
        con.execute(_CALLS.format(rows=rows))
        found = con.execute(
            "select id as \"Call ID\", 'Queue ' || queue as \"Queue\", if(is_answered, 'agent.' || agent, null)"
            ' as "Agent", caller as "Caller", queued as "Queued", if(is_answered, answered, null) as "Answered",'
            ' ended as "Ended", epoch(left_at - queued)::bigint as "Wait",'
            ' if(is_answered, epoch(ended - answered)::bigint, null) as "Talk",'
            " if(is_answered, epoch(worked - ended)::bigint, null) as \"Wrap-up\", if(is_answered, 'Handled', 'Lost')"
            ' as "Result" from calls'
        )
        book = Workbook(write_only=True)
        sheet = book.create_sheet("Calls")
        sheet.append([column[0] for column in found.description or ()])
        while part := found.fetchmany(10_000):
            for row in part:
                sheet.append(row)
        book.save(file)


def _write(file: Path, rows: int, query: str) -> None:
    with duckdb.connect() as con:
        con.execute(_CALLS.format(rows=rows))
        con.execute(f"copy ({query}) to '{file}' (format json)")
