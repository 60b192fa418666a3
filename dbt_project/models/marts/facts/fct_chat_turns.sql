-- What is said in a conversation is followed to the end of the day after the one on which a person was asked for, and a
-- reply to the end of the day after the turn: the neighbours of a day are read and rebuilt with it.

with conversations as (

    select * from {{ ref('stg_chat__conversations') }}
    where {{ partition_filter('chat_conversation') }} and is_requested

),

messages as (

    select * from {{ ref('stg_chat__messages') }}
    where {{ partition_filter('chat_message') }}
        and sender_type in ('customer', 'agent')
        and not is_private
        and coalesce(channel, '') <> 'voice'

),

-- asking for a person is the first thing said to one; what was said to a bot before is not
said as (

    select
        source_system,
        conversation_id,
        '' as message_id,
        'customer' as sender_type,
        null as agent_alias,
        human_requested_at as said_at,
        human_requested_at_local as said_at_local
    from conversations
    union all
    select
        messages.source_system,
        messages.conversation_id,
        messages.message_id,
        messages.sender_type,
        case when messages.sender_type = 'agent' then messages.agent_alias end as agent_alias,
        messages.sent_at as said_at,
        messages.sent_at_local as said_at_local
    from messages
    inner join conversations
        on
            messages.source_system = conversations.source_system
            and messages.conversation_id = conversations.conversation_id
            and messages.sent_at > conversations.human_requested_at

),

-- what customers say between two messages of people is one turn, and the second of these is its reply
numbered as (

    select
        *,
        count(case when sender_type = 'agent' then 1 end) over (
            partition by source_system, conversation_id
            order by said_at asc, sender_type desc, message_id asc
            rows between unbounded preceding and 1 preceding
        ) as turn_number
    from said

),

turns as (

    select
        source_system,
        conversation_id,
        turn_number,
        min(case when sender_type = 'customer' then said_at end) as asked_at,
        min(case when sender_type = 'customer' then said_at_local end) as asked_at_local,
        max(case when sender_type = 'agent' then said_at end) as replied_at,
        max(case when sender_type = 'agent' then said_at_local end) as replied_at_local,
        max(agent_alias) as agent_alias
    from numbered
    group by source_system, conversation_id, turn_number

),

dated as (

    select
        turns.source_system,
        turns.conversation_id,
        turns.turn_number,
        turns.asked_at,
        turns.asked_at_local,
        cast(turns.asked_at_local as date) as local_date,
        case
            when cast(turns.replied_at_local as date) <= cast(turns.asked_at_local as date) + interval '1' day
                then turns.replied_at
        end as replied_at,
        turns.agent_alias,
        conversations.channel,
        conversations.queue_key,
        conversations.site_key
    from turns
    inner join conversations
        on
            turns.source_system = conversations.source_system
            and turns.conversation_id = conversations.conversation_id
            and cast(turns.asked_at_local as date)
            <= cast(conversations.human_requested_at_local as date) + interval '1' day
    where {{ is_touched('cast(turns.asked_at_local as date)') }}

),

replies as (

    select
        *,
        case when replied_at is not null then agent_alias end as replied_by,
        {{ seconds_between('asked_at', 'replied_at') }} as response_seconds
    from dated

),

limits as (

    {{ parameters_as_of('replies', ['platform_opening_hour', 'platform_closing_hour', 'platform_response_cap_sec'])
        | indent(4) }}

)

select
    replies.source_system || ':' || replies.conversation_id || ':' || replies.turn_number as turn_id,
    replies.channel,
    replies.queue_key,
    {{ agent_columns('replies', key=agent_key_of('replies', 'replies.replied_by')) }},
    replies.local_date,
    replies.response_seconds,
    least(
        coalesce(replies.response_seconds, limits.platform_response_cap_sec), limits.platform_response_cap_sec
    ) as capped_response_seconds,
    extract(hour from replies.asked_at_local) >= limits.platform_opening_hour
    and extract(hour from replies.asked_at_local) < limits.platform_closing_hour as is_daytime
from replies
inner join limits
    on
        replies.local_date = limits.local_date
        and replies.channel = limits.channel
        and replies.queue_key is not distinct from limits.queue_key
left join {{ agent_names_of('replies', 'replies.replied_by') }}
left join {{ agent_teams_of('replies') }}
