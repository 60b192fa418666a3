with targets as (

    select * from {{ ref('stg_sales__targets') }}
    where {{ partition_filter('sales_target') }}

),

dates as (

    select * from {{ ref('dim_dates') }}
    where {{ is_touched('date_day') }} and date_day <= {{ as_of() }}

)

-- a person's target moves with the person to another team, as the sales do
select
    targets.source_system || ':' || targets.target_id || ':' || dates.date_day as target_day_id,
    {{ agent_key_of('targets') }} as agent_key,
    coalesce(targets.team_key, agent_teams.team_key) as team_key,
    coalesce(agent_teams.site_key, targets.site_key) as site_key,
    dates.date_day as local_date,
    targets.currency,
    targets.amount / targets.period_days as amount
from targets
inner join dates on dates.date_day between targets.period_from and targets.period_to
left join {{ agent_names_of('targets', date='dates.date_day') }}
left join {{ ref('dim_agent_teams') }} as agent_teams
    on
        agent_names.agent_key = agent_teams.agent_key
        and dates.date_day between agent_teams.valid_from and agent_teams.valid_to
