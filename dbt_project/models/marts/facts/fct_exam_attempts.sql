{{ config(meta={'looks_ahead_days': 30}) }}

with attempts as (

    select * from {{ ref('stg_hr__exam_results') }}
    where {{ partition_filter('exam_result') }}

),

agent_teams as (

    select * from {{ ref('dim_agent_teams') }}

),

dated as (

    select
        *,
        cast(taken_at_local as date) as local_date,
        cast(
            min(case when is_passed then taken_at_local end) over (
                partition by source_system, employee_key, exam_key order by attempt_no
                rows between 1 following and unbounded following
            ) as date
        ) as later_passed_on,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as queue_key
    from attempts

),

windows as (

    {{ parameters_as_of('dated', ['requalification_window_days']) | indent(4) }}

)

select
    dated.source_system || ':' || dated.employee_key || ':' || dated.exam_key || ':' || dated.attempt_no as attempt_id,
    dated.employee_key as agent_key,
    agent_teams.team_key,
    coalesce(agent_teams.site_key, dated.site_key) as site_key,
    dated.local_date,
    dated.attempt_no = 1 as is_first_attempt,
    dated.is_passed,
    not dated.is_passed
    and coalesce(
        {{ dbt.datediff('dated.local_date', 'dated.later_passed_on', 'day') }} <= windows.requalification_window_days,
        false
    ) as is_requalified
from dated
left join windows on dated.local_date = windows.local_date
left join agent_teams
    on
        dated.employee_key = agent_teams.agent_key
        and dated.local_date between agent_teams.valid_from and agent_teams.valid_to
where {{ is_touched('dated.local_date') }}
