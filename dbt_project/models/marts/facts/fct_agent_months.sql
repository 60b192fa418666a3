{{ config(pre_hook='{{ delete_touched_months() }}') }}

with dates as (

    select * from {{ ref('dim_dates') }}
    where {{ is_in_touched_month('month_start') }} and date_day <= {{ as_of() }}

),

employee_days as (

    select
        employee_days.*,
        dates.month_start
    from {{ ref('fct_employee_days') }} as employee_days
    inner join dates on employee_days.local_date = dates.date_day

),

last_dates as (

    select
        month_start,
        max(local_date) as last_date
    from employee_days
    group by month_start

),

-- everybody counts once, where the end of the month finds them
staff as (

    select
        employee_days.agent_key,
        employee_days.team_key,
        employee_days.site_key,
        {{ tenure_band_of('employee_days') }} as tenure_band,
        employee_days.month_start as local_date,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as queue_key,
        employee_days.local_date as last_date,
        agent_teams.hired_on
    from employee_days
    inner join last_dates on employee_days.local_date = last_dates.last_date
    inner join {{ agent_teams_of('employee_days', key='employee_days.agent_key') }}
    where employee_days.is_active_agent

),

requirements as (

    {{ parameters_as_of('staff', ['new_hire_days', 'qa_min_evaluations', 'qa_min_evaluations_new_hire']) | indent(4) }}

),

evaluated as (

    select
        evaluations.agent_key,
        dates.month_start,
        count(*) as evaluations_counted,
        sum(evaluations.score_pct) >= sum(evaluations.pass_mark) as is_passed
    from {{ ref('fct_qa_evaluations') }} as evaluations
    inner join dates on evaluations.local_date = dates.date_day
    where evaluations.is_counted
    group by evaluations.agent_key, dates.month_start

),

coached as (

    select distinct
        sessions.agent_key,
        dates.month_start
    from {{ ref('fct_coaching_sessions') }} as sessions
    inner join dates on sessions.local_date = dates.date_day
    where sessions.is_counted

)

select
    staff.agent_key || ':' || staff.local_date as agent_month_id,
    staff.agent_key,
    staff.team_key,
    staff.site_key,
    staff.tenure_band,
    staff.local_date,
    coalesce(evaluated.evaluations_counted, 0) as evaluations_counted,
    coalesce(evaluated.evaluations_counted, 0) >= case
        when {{ dbt.dateadd('day', 'cast(requirements.new_hire_days as integer)', 'staff.hired_on') }} > staff.last_date
            then requirements.qa_min_evaluations_new_hire
        else requirements.qa_min_evaluations
    end as is_sample_sufficient,
    coalesce(evaluated.is_passed, false) as is_passed,
    coached.agent_key is not null as is_coached
from staff
inner join requirements on staff.local_date = requirements.local_date
left join evaluated
    on
        staff.agent_key = evaluated.agent_key
        and staff.local_date = evaluated.month_start
left join coached
    on
        staff.agent_key = coached.agent_key
        and staff.local_date = coached.month_start
