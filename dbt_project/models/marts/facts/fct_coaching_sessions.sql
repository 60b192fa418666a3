with sessions as (

    select * from {{ ref('stg_qa__coaching_sessions') }}
    where {{ partition_filter('coaching_session') }} and status = 'held'

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
        cast(held_at_local as date) as local_date
    from sessions
    where {{ is_touched('cast(held_at_local as date)') }}

)

select
    dated.source_system || ':' || dated.session_id as session_id,
    coalesce(agent_names.agent_key, 'unresolved:' || dated.source_system || ':' || dated.agent_alias) as agent_key,
    agent_teams.team_key,
    coalesce(agent_teams.site_key, dated.site_key) as site_key,
    dated.local_date,
    dated.kind,
    dated.kind = 'one_to_one' and coalesce(dated.own_material, true) as is_counted
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
