with passages as (

    select
        *,
        coalesce(body_length, length(body)) as characters,
        {{ microseconds_between('sent_at', 'ended_at') }} as spoken_us
    from {{ ref('stg_chat__messages') }}
    where {{ partition_filter('chat_message') }} and channel = 'voice' and sender_type = 'agent' and not is_private

),

agent_names as (

    select * from {{ ref('int_agent_names') }}

),

agent_teams as (

    select * from {{ ref('dim_agent_teams') }}

),

-- only what has both a text and a length says how fast it was spoken
calls as (

    select
        source_system,
        conversation_id,
        agent_alias,
        max(site_key) as site_key,
        cast(min(sent_at_local) as date) as local_date,
        sum(characters) as characters,
        sum(spoken_us) as spoken_us
    from passages
    where characters > 0 and spoken_us > 0
    group by source_system, conversation_id, agent_alias

),

dated as (

    select * from calls
    where {{ is_touched('local_date') }}

)

select
    dated.source_system || ':' || dated.conversation_id || ':' || coalesce(dated.agent_alias, '') as spoken_call_id,
    coalesce(agent_names.agent_key, 'unresolved:' || dated.source_system || ':' || dated.agent_alias) as agent_key,
    agent_teams.team_key,
    coalesce(agent_teams.site_key, dated.site_key) as site_key,
    dated.local_date,
    dated.characters,
    dated.spoken_us / 1e6 as spoken_seconds
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
