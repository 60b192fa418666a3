with agent_teams as (

    select * from {{ ref('dim_agent_teams') }}

),

first_dates as (

    select min(local_date) as first_date from {{ ref('fct_queue_visits') }}
    union all
    select min(local_date) as first_date from {{ ref('fct_agent_intervals') }}
    union all
    select min(local_date) as first_date from {{ ref('fct_shift_days') }}
    union all
    select min(local_date) as first_date from {{ ref('fct_qa_evaluations') }}

),

dates as (

    select date_day as local_date from {{ ref('dim_dates') }}
    where
        date_day >= (select min(first_dates.first_date) as first_known_date from first_dates)
        and date_day <= {{ as_of() }}
        and (
            {{ is_touched('date_day') }}
            {%- if is_incremental() %}
            -- days on which nothing was delivered pass too
            or date_day > (select max(built.local_date) as last_built_date from {{ this }} as built)
            {%- endif %}
        )

),

last_days as (

    select distinct
        agent_key,
        left_on
    from agent_teams
    where left_on is not null

)

select
    agent_teams.agent_key || ':' || dates.local_date as employee_day_id,
    agent_teams.agent_key,
    agent_teams.team_key,
    agent_teams.site_key,
    {{ tenure_band_of('dates') }} as tenure_band,
    dates.local_date,
    agent_teams.role = 'agent' and agent_teams.status = 'active' as is_active_agent,
    agent_teams.role = 'agent' and last_days.left_on is not null as is_leaver,
    coalesce(agent_teams.hired_on = dates.local_date, false) as is_joiner
from agent_teams
inner join dates
    on dates.local_date between agent_teams.valid_from and agent_teams.valid_to
left join last_days
    on
        agent_teams.agent_key = last_days.agent_key
        and dates.local_date = last_days.left_on
where
    last_days.left_on is not null
    or (
        agent_teams.status <> 'left'
        and dates.local_date >= coalesce(agent_teams.hired_on, dates.local_date)
        and dates.local_date <= coalesce(agent_teams.left_on, dates.local_date)
    )
