with messages as (

    select * from {{ ref('stg_chat__messages') }}
    where {{ partition_filter('chat_message') }} and sender_type = 'agent' and not is_private and body is not null

),

conversations as (

    select * from {{ ref('stg_chat__conversations') }}
    where {{ partition_filter('chat_conversation') }}

),

interactions as (

    select * from {{ ref('stg_telephony__interactions') }}
    where {{ partition_filter('tel_interaction') }} and answered_at is not null

),

hits as (

    select * from {{ ref('fct_wording_hits') }}
    where {{ is_touched('local_date') }}

),

-- on days between, on which nothing happened to a conversation but messages, it is not read
conversation_days as (
    {% for moment in ['human_requested_at_local', 'first_agent_message_at_local', 'ended_at_local'] %}
        select
            source_system,
            conversation_id,
            cast({{ moment }} as date) as local_date,
            channel,
            queue_key,
            agent_alias,
            cast(first_agent_message_at_local as date) as first_replied_on,
            cast(ended_at_local as date) as closed_on
        from conversations
        where {{ moment }} is not null
        {% if not loop.last %}union{% endif %}
    {% endfor %}

),

-- what one person wrote or said in a contact on one day; who came last has to close it
parts as (

    select
        source_system,
        conversation_id,
        agent_alias,
        site_key,
        channel,
        cast(sent_at_local as date) as local_date,
        row_number() over (
            partition by source_system, conversation_id, cast(sent_at_local as date)
            order by max(sent_at) desc, agent_alias
        ) = 1 as is_last
    from messages
    where {{ is_touched('cast(sent_at_local as date)') }}
    group by source_system, conversation_id, agent_alias, site_key, channel, cast(sent_at_local as date)

),

found as (

    select
        source_system,
        conversation_id,
        coalesce(agent_alias, '') as agent_alias,
        local_date,
        count(distinct case when is_banned then message_id end) as banned_messages,
        count(distinct case when is_banned and is_reviewed then message_id end) as reviewed_messages,
        count(distinct case when is_banned and is_confirmed then message_id end) as confirmed_messages,
        count(distinct case when class = 'impatience' then message_id end) as impatience_messages,
        count(distinct case when class = 'negation' then message_id end) as negation_messages,
        count(distinct case when class = 'blame_shifting' then message_id end) as blame_shifting_messages,
        count(distinct case when class = 'spite' then message_id end) as spite_messages,
        count(distinct case when class = 'scolding' then message_id end) as scolding_messages,
        max(case when class = 'greeting' then 1 else 0 end) = 1 as has_greeting,
        max(case when class = 'closing' then 1 else 0 end) = 1 as has_closing,
        max(case when class = 'hold_notice' then 1 else 0 end) = 1 as has_hold_notice
    from hits
    group by source_system, conversation_id, coalesce(agent_alias, ''), local_date

),

named as (

    select
        parts.*,
        coalesce(parts.channel, conversation_days.channel) as contact_channel,
        conversation_days.queue_key as chat_queue_key,
        conversation_days.agent_alias as first_alias,
        conversation_days.first_replied_on,
        conversation_days.closed_on,
        coalesce(parts.agent_alias, conversation_days.agent_alias) as alias,
        agent_names.agent_key
    from parts
    left join conversation_days
        on
            parts.source_system = conversation_days.source_system
            and parts.conversation_id = conversation_days.conversation_id
            and parts.local_date = conversation_days.local_date
    left join {{ agent_names_of('parts', 'coalesce(parts.agent_alias, conversation_days.agent_alias)') }}

),

named_legs as (

    select
        interactions.interaction_id,
        cast(interactions.answered_at_local as date) as local_date,
        interactions.queue_key,
        interactions.answered_at,
        coalesce(interactions.hold_seconds, 0) > 0 as is_held,
        interactions.transfer_kind is null as is_kept,
        {{ agent_key_of('interactions') }} as agent_key
    from interactions
    left join {{ agent_names_of('interactions', date='cast(interactions.answered_at_local as date)') }}

),

calls as (

    select
        interaction_id,
        local_date,
        agent_key,
        min_by(queue_key, answered_at) as queue_key,
        max(case when is_held then 1 else 0 end) = 1 as is_held,
        max(case when is_kept then 1 else 0 end) = 1 as is_kept,
        count(*) over (partition by interaction_id, local_date) = 1 as is_only
    from named_legs
    group by interaction_id, local_date, agent_key

),

-- a passage without a name belongs to the only person who answered a contact of that number on that day
speakers as (

    select
        *,
        agent_key as named_agent_key
    from calls
    union all
    select
        *,
        '' as named_agent_key
    from calls
    where is_only

),

attributed as (

    select
        named.source_system,
        named.conversation_id,
        named.alias,
        named.agent_alias,
        named.site_key,
        named.local_date,
        named.contact_channel as channel,
        coalesce(named.chat_queue_key, speakers.queue_key) as queue_key,
        {{ agent_key_of('named', 'named.alias', known='coalesce(named.agent_key, speakers.agent_key)') }} as agent_key,
        -- who takes a call greets; in a conversation, who replies first
        named.channel = 'voice'
        or named.first_replied_on = named.local_date and named.alias = named.first_alias as is_greeting_due,
        named.is_last
        and (
            named.channel = 'voice' and coalesce(speakers.is_kept, true)
            or named.closed_on = named.local_date
        ) as is_closing_due,
        coalesce(speakers.is_held, false) as is_hold_notice_due
    from named
    left join speakers
        on
            case when named.channel = 'voice' then named.conversation_id end = speakers.interaction_id
            and named.local_date = speakers.local_date
            and case when named.alias is null then '' else named.agent_key end = speakers.named_agent_key

)

select
    attributed.source_system || ':' || attributed.conversation_id || ':' || coalesce(attributed.agent_alias, '')
    || ':' || attributed.local_date as worded_contact_id,
    attributed.source_system,
    attributed.conversation_id,
    attributed.channel,
    attributed.queue_key,
    {{ agent_columns('attributed', key='attributed.agent_key') }},
    attributed.local_date,
    coalesce(found.banned_messages, 0) as banned_messages,
    coalesce(found.reviewed_messages, 0) as reviewed_messages,
    coalesce(found.confirmed_messages, 0) as confirmed_messages,
    coalesce(found.impatience_messages, 0) as impatience_messages,
    coalesce(found.negation_messages, 0) as negation_messages,
    coalesce(found.blame_shifting_messages, 0) as blame_shifting_messages,
    coalesce(found.spite_messages, 0) as spite_messages,
    coalesce(found.scolding_messages, 0) as scolding_messages,
    coalesce(attributed.is_greeting_due, false)
    or coalesce(attributed.is_closing_due, false)
    or attributed.is_hold_notice_due as is_courtesy_due,
    (coalesce(found.has_greeting, false) or not coalesce(attributed.is_greeting_due, false))
    and (coalesce(found.has_closing, false) or not coalesce(attributed.is_closing_due, false))
    and (coalesce(found.has_hold_notice, false) or not attributed.is_hold_notice_due) as is_courtesy_complete
from attributed
left join found
    on
        attributed.source_system = found.source_system
        and attributed.conversation_id = found.conversation_id
        and coalesce(attributed.agent_alias, '') = found.agent_alias
        and attributed.local_date = found.local_date
left join {{ agent_teams_of('attributed', key='attributed.agent_key') }}
