{{ config(meta={'looks_ahead_days': 30}) }}

with attempts as (

    select * from {{ ref('stg_hr__exam_results') }}
    where {{ partition_filter('exam_result') }}

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

),

followed as (

    select
        *,
        {{ dbt.datediff('local_date', 'later_passed_on', 'day') | trim }} as days_until_passed
    from dated

)

select
    followed.source_system || ':' || followed.employee_key || ':' || followed.exam_key || ':' || followed.attempt_no
        as attempt_id,
    {{ agent_columns('followed', key='followed.employee_key') }},
    followed.local_date,
    followed.attempt_no = 1 as is_first_attempt,
    followed.is_passed,
    not followed.is_passed
    and coalesce(followed.days_until_passed <= windows.requalification_window_days, false) as is_requalified
from followed
left join windows on followed.local_date = windows.local_date
left join {{ agent_teams_of('followed', key='followed.employee_key') }}
where {{ is_touched('followed.local_date') }}
