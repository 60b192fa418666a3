"""What columns and values are called in the exports of English and Chinese systems: one declared table.

``ingest.inspecting`` proposes mappings from it; nothing is ever read by it. Words are written as ``plain`` leaves them:
lower case, letters and digits only, with blanks between them.
"""

from __future__ import annotations

import re
from typing import Any

COLUMNS: dict[str, str] = {
    "interaction_id": (
        "callid calluuid contactid interactionid conversationid uniqueid ucid 通话id 呼叫id 话单号 会话id "
        "通话标识 流水号 录音编号"
    ),
    "queue_key": "queue queuename skill skillgroup skillname group service restaurant 技能组 队列 业务组 队列名称",
    "agent_key": (
        "agent agentid agentname agentlogin operator user extension handledby csrname 坐席 座席 工号 客服 "
        "坐席工号 受检员工 被检人"
    ),
    "customer_ref": (
        "caller callerid callerno callernumber ani from customerphone customernumber customer msisdn 主叫 "
        "主叫号码 客户号码 来电号码 手机号 客户电话"
    ),
    "started_at": (
        "start starttime startdate startedat calltime calldate callstart datetime timestamp date "
        "calltimestamp 开始时间 通话开始时间 呼叫时间 来电时间 日期 时间"
    ),
    "queued_at": "queuetime queuedat queuestart enterqueue entertime 入队时间 排队开始时间",
    "answered_at": (
        "answertime answeredat answeredtime timeanswered connecttime connectedat timeconnected pickuptime answerdate "
        "应答时间 接通时间 接听时间"
    ),
    "ended_at": (
        "end endtime endedat timeended hanguptime callend disconnecttime disconnectedat finishtime 结束时间 挂机时间 "
        "挂断时间"
    ),
    "wait_ms": (
        "wait waittime waitsec waitseconds queuewait waitingtime speedofanswer speedofanswerinseconds "
        "timetoanswer holdtimeinqueue asa 排队时长 等待时长 等待时间"
    ),
    "talk_ms": (
        "talk talktime talksec talkduration duration calllength callduration billsec avgtalkduration 通话时长 "
        "通话时间 通话秒数"
    ),
    "hold_ms": "hold holdtime holdsec 保持时长",
    "ring_ms": "ring ringtime ringsec 振铃时长 响铃时长",
    "acw_ms": "acw acwtime wrapup wrapuptime aftercallwork 话后时长 事后处理时长 整理时长",
    "outcome": (
        "result outcome disposition answered answeredyn callstatus outcomeofcall 通话结果 呼叫结果 是否接通 接通状态"
    ),
    "state": "state agentstate auxcode 坐席状态 座席状态",
    "raw_state": "rawstate statename",
    "reason": "reason reasoncode pausereason 原因",
    "direction": "direction calltype callflow 呼叫方向 呼叫类型",
    "channel": "channel media mediatype 渠道",
    "response_id": "responseid surveyid ratingid sheetid 问卷编号 评价id",
    "asked_at": "sentat invitedat surveysent asktime 邀评时间 发送时间",
    "contact_at": "contactat contacttime contactstart 会话时间",
    "score": "score rating csat satisfaction satisfactionrating answer grade 评分 满意度 得分 成绩 分数",
    "comment": "comment comments feedback remarks 评语 意见 备注",
    "employee_key": (
        "employee employeeid employeeno employeenumber empid empno staffid staffno personnelnumber badge hrid "
        "员工编号 员工号 工号 人员编号"
    ),
    "name": "name fullname employeename staffname 姓名 员工姓名",
    "team_key": "team teamname department dept unit group 班组 团队 组别 部门 小组",
    "supervisor_key": "supervisor leader teamleader manager reportsto supervisorid 班长 组长 主管 上级",
    "role": "role jobrole job jobtitle position designation 岗位 职位 职务 角色",
    "contract_hours_week": "hoursperweek weeklyhours contracthours hoursweek 周工时",
    "hired_on": "hired hiredon hiredate dateofjoining joiningdate startdate entrydate 入职日期 入职时间 到岗日期",
    "left_on": "left lefton leavedate terminationdate relievingdate enddate 离职日期 离职时间",
    "leave_reason": "leavereason reasonforleaving 离职原因",
    "valid_from": "validfrom from effectivefrom effectivedate since 生效日期 开始日期",
    "valid_to": "validto to until effectiveto 失效日期 结束日期 截止日期",
    "birth_month": "birthday birthdate dateofbirth dob 生日 出生日期",
    "alias_system": "system aliassystem source 系统",
    "alias_value": "login loginid logonid account alias username 登录名 账号 登录账号",
    "activity": "activity shift shiftcode shifttype activitycode 班次 活动 班别",
    "start_at": "start starttime shiftstart startat begin from 开始时间 上班时间 班次开始",
    "end_at": "end endtime shiftend endat stop stoptime to 结束时间 下班时间 班次结束",
    "is_paid": "paid ispaid 带薪",
    "work_date": "date workdate day attendancedate 日期 考勤日期 出勤日期",
    "clock_in_at": "in clockin intime checkin punchin timein 上班打卡 签到时间 签到",
    "clock_out_at": "out clockout outtime checkout punchout timeout 下班打卡 签退时间 签退",
    "status": "status attendancestatus attrition employmentstatus state 状态 出勤状态 考勤状态 在职状态",
    "leave_type": "leavetype absencetype 请假类型 假别",
    "course_key": "course courseid coursecode training trainingevent 课程 课程编号 培训",
    "course_name": "coursename coursetitle trainingname 课程名称 培训名称",
    "session_at": "session sessionat sessiondate trainingdate 培训日期 培训时间",
    "exam_key": "exam examid paper test 考试 考试名称 试卷",
    "attempt_no": "attempt attemptno 考试次数 第几次",
    "taken_at": "taken takenat examdate testdate 考试日期 考试时间",
    "max_score": "maxscore fullmarks total 满分 总分",
    "pass_mark": "passmark passingscore 及格线 及格分",
    "passed": "passed pass passfail result 是否通过 是否合格",
    "wave": "wave round survey 期次 批次",
    "question_key": "question questionid item 题目 问题",
    "evaluation_id": "evaluationid evalid scorecardid 质检编号 质检单号",
    "evaluator_key": "evaluator qa auditor reviewer 质检员 评分人",
    "evaluated_at": "evaluatedat evaluationdate evaldate reviewdate 质检日期 质检时间 评分时间",
    "form_key": "form formname template 评分表 模板",
    "form_version": "formversion version 版本",
}
"""Contract column → what exports call it."""

TIMES_OF_DAY = ("time", "calltime", "starttime", "timeofcall", "时间", "呼叫时间")
"""Columns that hold the time of day beside a column with the date."""

TOKENS: dict[str, str] = {
    "answered": "answered handled y yes ok connected completed 1 true 接通 已接 是 已接通",
    "abandoned": "abandoned lost n no missed unanswered noanswer 0 false 放弃 未接 否 未接通",
    "failed": "failed error 失败",
    "voice": "voice phone call 语音 电话",
    "chat": "chat webchat livechat im 在线 文本",
    "email": "email 邮件",
    "inbound": "inbound in incoming 呼入",
    "outbound": "outbound out outgoing 呼出",
    "internal": "internal 内部",
    "active": "active employed no 在职",
    "left": "left yes terminated resigned inactive 离职",
    "long_leave": "longleave suspended maternity 长假 产假",
    "present": "present p workfromhome wfh 出勤 正常",
    "absent": "absent a 缺勤 旷工",
    "leave": "leave onleave l vacation sick 请假 年假 病假",
    "half_day": "halfday 半天",
    "holiday": "holiday 节假日",
    "off": "off restday 休 休息",
    "work": "work shift working 班 上班 早班 中班 晚班 白班 夜班",
    "break": "break rest 小休",
    "meal": "meal lunch 用餐",
    "training": "training 培训",
    "meeting": "meeting 会议",
    "available": "available ready idle 空闲 就绪",
    "on_contact": "oncontact oncall busy talking 通话中",
    "acw": "acw wrapup 话后",
    "enrolled": "enrolled open registered 已报名",
    "attended": "attended 已参加",
    "completed": "completed feedbacksubmitted 已完成",
    "no_show": "noshow 缺席",
    "canceled": "canceled cancelled 已取消",
    "submitted": "submitted final released 已提交",
    "draft": "draft pending 草稿",
}
"""Value of the contract → what exports write for it."""

FLAGS: dict[bool, str] = {
    True: "y yes true 1 pass passed 是 合格 通过",
    False: "n no false 0 fail failed 否 不合格 未通过",
}

NOTHING = ("", "NA", "N/A", "n/a", "--", "-", "NULL", "null", "None", "#N/A", "无")
"""Texts that may stand for no value."""

UNITS: dict[str, str] = {
    "ms": "ms msec millis milliseconds 毫秒",
    "s": "s sec secs seconds 秒 秒数",
    "min": "min mins minutes 分钟",
    "h": "h hrs hours 小时",
}
"""Unit → how the name of a column ends that says it."""

CONSTANTS: dict[str, dict[str, Any]] = {
    "tel_interaction": {"visit_seq": 1, "channel": "voice", "direction": "inbound", "is_open": False},
    "csat": {"channel": "voice", "scale_min": 1, "scale_max": 5},
    "agent_alias": {"alias_system": "pbx"},
    "hr_employee": {"role": "agent", "status": "active"},
    "roster_shift": {"activity": "work"},
    "qa_evaluation": {"form_key": "form", "form_version": "1", "status": "submitted"},
    "exam_result": {"attempt_no": 1},
    "pulse_response": {"scale_min": 1, "scale_max": 5},
}
"""Table → what its rows say where a file does not: proposed, and named as a doubt."""

IDS = ("id", "key", "code", "no", "number", "编号")
"""How the name of a column may end beside what it is the key of."""

TOLD_BY: dict[str, dict[str, dict[str, str]]] = {
    "tel_interaction": {"outcome": {"from": "answered_at", "filled": "answered", "empty": "abandoned"}},
}
"""Table → column that another one tells, by being filled or empty, where a file does not have it."""

SAME: dict[str, dict[str, str]] = {
    "tel_interaction": {"queued_at": "started_at"},
    "csat": {"contact_at": "answered_at", "asked_at": "answered_at"},
    "hr_employee": {"valid_from": "hired_on"},
    "agent_state": {"raw_state": "state"},
}
"""Table → column that another one stands in for where a file does not have it."""


def plain(text: str) -> str:
    """Return a name or value as the tables have it: lower case, letters and digits only."""
    return re.sub(r"[\W_]+", "", text.lower())
