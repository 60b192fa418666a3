with passages as (

    select
        *,
        coalesce(body_length, length(body)) as characters,
        {{ microseconds_between('sent_at', 'ended_at') }} as spoken_us
    from {{ ref('stg_chat__messages') }}
    where {{ partition_filter('chat_message') }} and channel = 'voice' and sender_type = 'agent' and not is_private

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
    {{ agent_columns('dated') }},
    dated.local_date,
    dated.characters,
    dated.spoken_us / 1e6 as spoken_seconds
from dated
left join {{ agent_names_of('dated') }}
left join {{ agent_teams_of('dated') }}
