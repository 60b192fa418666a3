with conversations as (

    select * from {{ ref('stg_chat__conversations') }}
    where {{ partition_filter('chat_conversation') }} and is_requested

),

dated as (

    select
        *,
        cast(human_requested_at_local as date) as local_date,
        {{ seconds_between('human_requested_at', 'first_agent_message_at') }} as first_response_seconds,
        {{ seconds_between('created_at', 'first_agent_message_at') }} as seconds_from_creation,
        -- while nobody has replied, nobody is credited: the assignee may yet change
        case when first_agent_message_at is not null then agent_alias end as replied_by
    from conversations
    where {{ is_touched('cast(human_requested_at_local as date)') }}

),

limits as (

    {{ parameters_as_of('dated', ['answer_threshold_sec', 'platform_opening_hour', 'platform_closing_hour'])
        | indent(4) }}

)

select
    dated.source_system || ':' || dated.conversation_id as conversation_id,
    dated.channel,
    dated.queue_key,
    {{ agent_columns('dated', key=agent_key_of('dated', 'dated.replied_by')) }},
    dated.local_date,
    dated.first_response_seconds,
    dated.seconds_from_creation,
    coalesce(dated.first_response_seconds <= limits.answer_threshold_sec, false) as is_replied_in_threshold,
    coalesce(dated.first_agent_message_at, dated.ended_at) is not null as is_decided,
    extract(hour from dated.human_requested_at_local) >= limits.platform_opening_hour
    and extract(hour from dated.human_requested_at_local) < limits.platform_closing_hour as is_daytime
from dated
inner join limits
    on
        dated.local_date = limits.local_date
        and dated.channel = limits.channel
        and dated.queue_key is not distinct from limits.queue_key
left join {{ agent_names_of('dated', 'dated.replied_by') }}
left join {{ agent_teams_of('dated') }}
