with cases as (

    select * from {{ ref('stg_crm_case__cases') }}
    where {{ partition_filter('crm_case') }} and due_at is not null and status <> 'canceled'

),

agent_names as (

    select * from {{ ref('int_agent_names') }}

),

agent_teams as (

    select * from {{ ref('dim_agent_teams') }}

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
    coalesce(agent_names.agent_key, 'unresolved:' || dated.source_system || ':' || dated.owner_alias) as agent_key,
    agent_teams.team_key,
    coalesce(agent_teams.site_key, dated.site_key) as site_key,
    dated.local_date,
    coalesce(coalesce(dated.resolved_at, dated.closed_at) <= dated.due_at, false) as is_kept
from dated
left join agent_names
    on
        dated.source_system = agent_names.source_system
        and dated.owner_alias = agent_names.agent_alias
        and dated.local_date between agent_names.valid_from and agent_names.valid_to
left join agent_teams
    on
        agent_names.agent_key = agent_teams.agent_key
        and dated.local_date between agent_teams.valid_from and agent_teams.valid_to
