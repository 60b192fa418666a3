with targets as (

    select * from {{ ref('stg_sales__targets') }}
    where {{ partition_filter('sales_target') }}

),

dates as (

    select * from {{ ref('dim_dates') }}
    where {{ is_touched('date_day') }} and date_day <= {{ as_of() }}

),

dated as (

    select
        targets.*,
        dates.date_day as local_date
    from targets
    inner join dates on dates.date_day between targets.period_from and targets.period_to

)

-- a person's target moves with the person to another team, as the sales do
select
    dated.source_system || ':' || dated.target_id || ':' || dated.local_date as target_day_id,
    {{ agent_key_of('dated') }} as agent_key,
    coalesce(dated.team_key, agent_teams.team_key) as team_key,
    coalesce(agent_teams.site_key, dated.site_key) as site_key,
    dated.local_date,
    dated.currency,
    dated.amount / dated.period_days as amount
from dated
left join {{ agent_names_of('dated') }}
left join {{ agent_teams_of('dated') }}
