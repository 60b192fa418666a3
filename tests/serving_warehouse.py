"""A small warehouse to serve from: the tables that serving reads, sixty days of two sites, always the same numbers.

The numbers come from integer arithmetic on day, queue and agent, so that they are the same on every machine. What dbt
builds does not belong here: the joint between the two is tested on a real build.

Three things are made to happen, so that the pages have something to say:
- the queue ``sales_cd`` answers few contacts in time on the last three days;
- satisfaction of the last three days is still provisional;
- quality evaluations stop arriving two days before the end, and chat has no traffic on the last day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb

FIRST = date(2026, 8, 31)
LAST = FIRST + timedelta(days=59)

INDICATOR_FIELDS = (
    "indicator",
    "family",
    "unit",
    "direction",
    "class",
    "feeds",
    "levels",
    "maturity_days",
    "headline",
    "name_en",
    "name_zh",
    "definition_en",
    "definition_zh",
    "numerator",
    "numerator_zh",
    "denominator",
    "denominator_zh",
    "drivers",
    "drivers_zh",
    "owner",
    "reference",
    "caveat",
    "caveat_zh",
)
QUEUED = ["centre", "site", "queue", "channel"]
HANDLED = ["centre", "site", "team", "agent", "queue", "channel"]
PEOPLE = ["centre", "site", "team", "agent"]
INDICATORS: Sequence[tuple[object, ...]] = (
    (
        *("contacts_offered", "volume", "count", "neutral", "A", ["telephony", "chat"], QUEUED, 0, True),
        *("Contacts offered", "人工请求量", "Contacts that asked for a person.", "请求人工服务的联络数。"),
        *("contacts that asked for a person", "请求人工的联络", None, None),
        *(["bills and due dates", "campaigns", "outages"], ["账单日", "营销活动", "系统故障"]),
        *("workforce", None, None, None),
    ),
    (
        *("contacts_handled", "volume", "count", "neutral", "A", ["telephony", "chat"], QUEUED, 0, True),
        *("Contacts handled", "人工接起量", "Contacts that a person answered.", "由人工接起的联络数。"),
        *("contacts answered by a person", "人工接起的联络", None, None),
        *(["contacts offered", "staffing"], ["人工请求量", "人力"]),
        *("operations", None, None, None),
    ),
    (
        *("service_level_pct", "accessibility", "percent", "higher", "R", ["telephony", "chat"], QUEUED, 0, True),
        *(
            "Service level",
            "服务水平",
            "Share of queue visits answered within the threshold.",
            "在阈值内应答的排队占比。",
        ),
        *("visits answered within the threshold", "阈值内应答的排队", "visits counted", "计入的排队"),
        *(["volume against forecast", "average handle time"], ["实际与预测话务", "平均处理时长"]),
        *("operations", "ISO 18295-1", "Never average percentages of intervals.", "不可对各时段的百分比求平均。"),
    ),
    (
        *("abandonment_rate_pct", "accessibility", "percent", "lower", "R", ["telephony", "chat"], QUEUED, 0, True),
        *("Abandonment rate", "放弃率", "Share of visits that the customer left.", "客户主动放弃的排队占比。"),
        *("visits abandoned", "放弃的排队", "visits counted", "计入的排队"),
        *(["waiting time", "announcements"], ["等待时长", "排队提示音"]),
        *("operations", None, None, None),
    ),
    (
        *("wait_p90_sec", "accessibility", "seconds", "lower", "P", ["telephony", "chat"], QUEUED, 0, False),
        *("Wait, 90th percentile", "排队等待 P90", "Nine of ten waits are no longer.", "九成客户的等待不超过此值。"),
        *("waits of answered visits", "已接起排队的等待时长", None, None),
        *(["arrival bunching", "staffing gap"], ["话务集中到达", "人力缺口"]),
        *("operations", None, "Percentiles can not be added or averaged.", "分位数不可相加或平均。"),
    ),
    (
        *("aht_sec", "handling", "seconds", "band", "R", ["telephony"], HANDLED, 0, True),
        *(
            "Average handle time",
            "平均处理时长",
            "Talk, hold and after-contact work a leg.",
            "每次接待的通话、保持与话后时长。",
        ),
        *("talk + hold + after-contact work", "通话+保持+话后", "legs handled", "接待人次"),
        *(["reason mix", "new-hire share", "system slowness"], ["业务结构", "新人占比", "系统响应慢"]),
        *("operations", None, "Lower is not better on its own.", "并非越低越好。"),
    ),
    (
        *("qa_score_avg", "quality", "points", "higher", "R", ["qa"], PEOPLE, 0, True),
        *("QA score", "质检平均分", "Mean score of completed random evaluations.", "已完成随机质检的平均得分。"),
        *("points scored", "得分", "evaluations", "质检数"),
        *(["knowledge", "form changes"], ["业务知识", "评分表调整"]),
        *("quality", None, None, None),
    ),
    (
        *("csat_top2_pct", "customer", "percent", "higher", "R", ["chat"], HANDLED, 3, True),
        *("Satisfied customers", "满意度", "Share of answers in the top two marks.", "评分为最高两档的占比。"),
        *("answers 4 or 5", "评分为4或5的答卷", "answers", "有效答卷"),
        *(["waiting time", "resolution"], ["等待时长", "问题解决"]),
        *("quality", None, "Only those who answer are counted.", "仅统计作答的客户。"),
    ),
)
TARGETS = (("service_level_pct", 80.0), ("abandonment_rate_pct", 5.0), ("qa_score_avg", 85.0), ("csat_top2_pct", 85.0))
MEMBERS = (
    ("centre", "all", "All", "全中心"),
    ("site", "chengdu", "Chengdu", "成都"),
    ("site", "manchester", "Manchester", "曼彻斯特"),
    ("team", "cd_1", "Chengdu one", "成都一组"),
    ("team", "cd_2", "Chengdu two", "成都二组"),
    ("team", "man_1", "Manchester one", "曼彻斯特一组"),
    ("team", "man_2", "Manchester two", "曼彻斯特二组"),
    ("queue", "sales_cd", "Sales", "销售"),
    ("queue", "service_cd", "Service", "服务"),
    ("queue", "sales_man", "Sales UK", "英国销售"),
    ("queue", "chat_man", "Chat UK", "英国在线"),
    ("channel", "voice", "Voice", "语音"),
    ("channel", "chat", "Chat", "在线"),
)

LINEAGE = {
    str(name): {"chat.chat_conversation": ["created_at"], "dim_parameters": ["answer_threshold_sec"]}
    for name, *_ in INDICATORS
}
"""What each indicator reads."""

# One row per day, queue and agent; noise is a small integer recurrence, never random().
CELLS = """
CREATE TEMP TABLE cells AS
WITH queues(queue, site, channel, q, volume) AS (
    VALUES ('sales_cd', 'chengdu', 'voice', 1, 60), ('service_cd', 'chengdu', 'voice', 2, 42),
           ('sales_man', 'manchester', 'voice', 3, 38), ('chat_man', 'manchester', 'chat', 4, 24)
), agents(agent, site, team, a) AS (
    SELECT printf('e%03d', a), CASE WHEN a <= 4 THEN 'chengdu' ELSE 'manchester' END,
           CASE WHEN a <= 4 THEN 'cd_' ELSE 'man_' END || (1 + a % 2), a
    FROM range(1, 9) AS numbers(a)
), noisy AS (
    SELECT DATE '2026-08-31' + d::int AS day, d, queue, queues.site, channel, team, agent,
           ((d * 7919 + q * 104729 + a * 1299709) % 97) / 97.0 AS noise,
           CASE WHEN isodow(day) >= 6 THEN 0.55 ELSE 1.0 END AS season, volume,
           d >= 57 AND queue = 'sales_cd' AS is_incident
    FROM range(0, 60) AS days(d), queues JOIN agents USING (site)
    WHERE NOT (d = 59 AND channel = 'chat')
), visits AS (
    SELECT *, round(volume * season * (0.85 + 0.3 * noise) * (CASE WHEN is_incident THEN 1.25 ELSE 1 END))::bigint
           AS offered
    FROM noisy
), answered AS (
    SELECT *, round(offered * (0.975 - 0.03 * noise - (CASE WHEN is_incident THEN 0.10 ELSE 0 END)))::bigint AS handled
    FROM visits
)
SELECT *, offered - handled AS abandoned,
       round(handled * (0.90 - 0.08 * noise - (CASE WHEN is_incident THEN 0.32 ELSE 0 END)))::bigint AS in_threshold,
       handled * (300 + 60 * noise) AS handle_seconds,
       CASE WHEN is_incident THEN 95 + 20 * noise ELSE 22 + 14 * noise END AS wait_p90,
       round(handled * 0.12)::bigint AS answers, round(handled * 0.12 * (0.82 + 0.12 * noise))::bigint AS satisfied,
       CASE WHEN d < 58 AND (d + length(agent)) % 2 = 0 THEN 1 ELSE 0 END AS evaluations, 82 + 10 * noise AS score
FROM answered
"""

VALUES = """
INSERT INTO indicator_values (
    indicator, grain, period_start, level, member, numerator, denominator, value, sample_size, status, target)
WITH grains AS (
    SELECT *, unnest([{grain: 'day', start: day}, {grain: 'week', start: date_trunc('week', day)::date},
                      {grain: 'month', start: date_trunc('month', day)::date}]) AS period FROM cells
), levels AS (
    SELECT *, unnest([{level: 'centre', member: 'all'}, {level: 'site', member: site}, {level: 'team', member: team},
                      {level: 'agent', member: agent}, {level: 'queue', member: queue},
                      {level: 'channel', member: channel}]) AS slice FROM grains
), sums AS (
    SELECT period.grain, period.start AS period_start, slice.level, slice.member, max(day) AS newest,
           sum(offered)::double AS offered, sum(handled)::double AS handled, sum(abandoned)::double AS abandoned,
           sum(in_threshold)::double AS in_threshold, sum(handle_seconds) AS handle_seconds, max(wait_p90) AS wait_p90,
           sum(answers)::double AS answers, sum(satisfied)::double AS satisfied,
           sum(evaluations)::double AS evaluations, sum(score * evaluations) AS points
    FROM levels GROUP BY ALL
), long AS (
    SELECT grain, period_start, level, member, newest, unnest([
        -- indicator, numerator, denominator, value
        {i: 'contacts_offered', n: offered, d: NULL, v: offered},
        {i: 'contacts_handled', n: handled, d: NULL, v: handled},
        {i: 'service_level_pct', n: in_threshold, d: offered, v: 100 * in_threshold / offered},
        {i: 'abandonment_rate_pct', n: abandoned, d: offered, v: 100 * abandoned / offered},
        {i: 'wait_p90_sec', n: wait_p90, d: NULL, v: wait_p90},
        {i: 'aht_sec', n: handle_seconds, d: handled, v: handle_seconds / handled},
        {i: 'qa_score_avg', n: points, d: evaluations, v: points / nullif(evaluations, 0)},
        {i: 'csat_top2_pct', n: satisfied, d: answers, v: 100 * satisfied / nullif(answers, 0)}
    ], recursive := true) FROM sums
)
SELECT i AS indicator, grain, period_start, level, member, n AS numerator, d AS denominator, v AS value,
       coalesce(d, n)::bigint AS sample_size,
       CASE WHEN v IS NULL THEN 'no_traffic'
            WHEN i = 'csat_top2_pct' AND newest > DATE '2026-10-26' THEN 'provisional'
            ELSE 'final' END AS status,
       target
FROM long
JOIN (SELECT indicator AS i, levels FROM dim_indicators) USING (i)
LEFT JOIN (SELECT indicator AS i, value AS target FROM dim_targets) USING (i)
WHERE list_contains(levels, level)
  AND NOT (i = 'qa_score_avg' AND grain = 'day' AND period_start >= DATE '2026-10-28')
ORDER BY ALL
"""


def lay_out(path: Path) -> Path:
    """Write a warehouse file with its dimensions and no values, and return its path."""
    with duckdb.connect(path) as con:
        con.execute(
            """
            CREATE TABLE dim_indicators (
                indicator text, family text, variant_of text, unit text, direction text, class text, feeds text[],
                levels text[], facts text[] DEFAULT ['fct_queue_visits'],
                lake_tables text[] DEFAULT ['chat.chat_conversation', 'telephony.tel_interaction'],
                scale int AS (CASE unit WHEN 'percent' THEN 100 ELSE 1 END),
                maturity_days int, headline boolean, name_en text, name_zh text, definition_en text,
                definition_zh text, numerator text, numerator_zh text, denominator text, denominator_zh text,
                sample text DEFAULT 'visits_counted', definition_version int DEFAULT 1,
                drivers text[], drivers_zh text[], owner text, reference text, caveat text, caveat_zh text,
                grains text[] DEFAULT ['day', 'week', 'month'], interval_levels text[] DEFAULT []);
            CREATE TABLE indicator_values (
                indicator text, grain text, period_start date, level text, member text, numerator double,
                denominator double, value double, sample_size bigint, status text, target double, final_on date,
                starts_at timestamp AS (period_start::timestamp));
            CREATE TABLE indicator_bridges (
                indicator text, variant text, grain text, period_start date, level text, member text, step int,
                visit_class text, counted_before text, counted_after text, visits bigint, points double);
            CREATE TABLE visit_classes (visit_class text, name_en text, name_zh text);
            CREATE TABLE indicator_versions (
                indicator text, definition_version int, fingerprint text, first_used_on date);
            CREATE TABLE indicator_cards (
                indicator text, board text, board_en text, board_zh text, card text, card_en text, card_zh text);
            CREATE TABLE indicator_examples (
                indicator text, fact text, measure text, role text, case_number int, local_date date, case_id text,
                site text, team text, agent text, queue text, channel text, value double, distinct_key text);
            CREATE TABLE dim_members (level text, member text, name_en text, name_zh text);
            CREATE TABLE dim_targets (
                indicator text, level text DEFAULT 'centre', member text DEFAULT 'all', value double,
                valid_from date DEFAULT DATE '2000-01-01', valid_to date);
            CREATE TABLE dim_parameters (
                origin text, parameter text, channel text, queue_key text, value double,
                valid_from date, valid_to date DEFAULT DATE '9999-12-31', precedence int);
            INSERT INTO dim_parameters (origin, parameter, channel, value, valid_from, precedence) VALUES
                ('default', 'answer_threshold_sec', 'voice', 20, '2000-01-01', 1),
                ('default', 'answer_threshold_sec', 'chat', 30, '2000-01-01', 1),
                ('centre', 'answer_threshold_sec', 'voice', 15, '2026-10-01', 5),
                ('default', 'small_denominator_floor', NULL, 20, '2000-01-01', 0);
            CREATE TABLE dim_dates AS
                SELECT day::date AS date_day, date_trunc('week', day)::date AS week_start,
                       date_trunc('month', day)::date AS month_start, isodow(day)::int AS weekday
                FROM generate_series(TIMESTAMP '2026-08-31', TIMESTAMP '2026-10-29', INTERVAL 1 DAY) AS days(day);
            CREATE TABLE dim_agents AS
                SELECT printf('e%03d', a) AS agent_key, printf('Agent %d', a) AS name FROM range(1, 9) AS numbers(a);
            """
        )
        fields, marks = ", ".join(INDICATOR_FIELDS), ", ".join("?" * len(INDICATOR_FIELDS))
        con.executemany(f"INSERT INTO dim_indicators ({fields}) VALUES ({marks})", INDICATORS)
        con.execute(
            """
            INSERT INTO indicator_versions SELECT indicator, 1, 'first', DATE '2026-08-31' FROM dim_indicators;
            INSERT INTO indicator_versions VALUES ('service_level_pct', 2, 'second', DATE '2026-10-01');
            UPDATE dim_indicators SET definition_version = 2 WHERE indicator = 'service_level_pct';
            INSERT INTO indicator_cards VALUES
                ('service_level_pct', 'centre_day', 'Centre day', '全中心日报', 'trend', 'Sixty days', '六十天走势');
            INSERT INTO indicator_examples BY NAME
                WITH visits(case_number, case_id, answered_in_time, counted) AS (
                    VALUES (1, 'visit-1', 1, 1), (2, 'visit-2', 0, 1), (3, 'visit-3', 0, 0), (NULL, NULL, 1, 2)
                ), measured AS (
                    SELECT *, 'numerator' AS role, 'in_threshold' AS measure, answered_in_time AS value FROM visits
                    UNION ALL SELECT *, 'denominator', 'visits_counted', counted FROM visits
                )
                SELECT case_number, case_id, role, measure, value, 'service_level_pct' AS indicator,
                       'fct_queue_visits' AS fact, if(case_id IS NULL, NULL, 'sales_cd') AS queue,
                       if(case_id IS NULL, NULL, DATE '2026-10-29') AS local_date
                FROM measured;
            INSERT INTO indicator_examples (indicator, value) VALUES ('service_level_pct', 50);
            """
        )
        con.executemany("INSERT INTO dim_targets (indicator, value) VALUES (?, ?)", TARGETS)
        con.executemany("INSERT INTO dim_members VALUES (?, ?, ?, ?)", MEMBERS)
    return path


def build(path: Path) -> Path:
    """Write the whole warehouse file and return its path."""
    with duckdb.connect(lay_out(path)) as con:
        con.execute(CELLS)
        con.execute(VALUES)
    return path
