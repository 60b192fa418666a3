with cases as (

    select * from {{ ref('stg_crm_case__cases') }}
    where {{ partition_filter('crm_case') }} and due_at is not null and status <> 'canceled'

),

-- a promise falls due because a day has passed, whether or not anything was delivered
dates as (

    select date_day as local_date from {{ ref('dim_dates') }}
    where date_day <= {{ as_of() }} and {{ is_touched('date_day') }}

),

dated as (

    select
        cases.*,
        dates.local_date
    from cases
    inner join dates on cast(cases.due_at_local as date) = dates.local_date

)

select
    dated.source_system || ':' || dated.case_id as case_id,
    dated.channel,
    {{ agent_columns('dated', 'dated.owner_alias') }},
    dated.local_date,
    coalesce(coalesce(dated.resolved_at, dated.closed_at) <= dated.due_at, false) as is_kept
from dated
left join {{ agent_names_of('dated', 'dated.owner_alias') }}
left join {{ agent_teams_of('dated') }}
