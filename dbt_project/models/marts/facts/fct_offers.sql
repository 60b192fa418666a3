with offers as (

    select * from {{ ref('stg_telephony__offers') }}
    where {{ partition_filter('tel_offer') }}

),

agent_names as (

    select * from {{ ref('int_agent_names') }}

),

agent_teams as (

    select * from {{ ref('dim_agent_teams') }}

),

dated as (

    select
        *,
        cast(offered_at_local as date) as local_date
    from offers
    where {{ is_touched('cast(offered_at_local as date)') }}

)

select
    dated.source_system || ':' || dated.offer_id as offer_id,
    coalesce(agent_names.agent_key, 'unresolved:' || dated.source_system || ':' || dated.agent_alias) as agent_key,
    agent_teams.team_key,
    coalesce(agent_teams.site_key, dated.site_key) as site_key,
    dated.queue_key,
    'voice' as channel,
    dated.local_date,
    dated.result in ('no_answer', 'rejected') as is_no_answer,
    dated.result not in ('canceled', 'error') as is_counted
from dated
left join agent_names
    on
        dated.source_system = agent_names.source_system
        and dated.agent_alias = agent_names.agent_alias
        and dated.local_date between agent_names.valid_from and agent_names.valid_to
left join agent_teams
    on
        agent_names.agent_key = agent_teams.agent_key
        and dated.local_date between agent_teams.valid_from and agent_teams.valid_to
