with interactions as (

    select * from {{ ref('stg_telephony__interactions') }}
    where {{ partition_filter('tel_interaction') }} and direction = 'inbound'

),

-- what a person of the centre opened did not arrive; what ended with a bot did
conversations as (

    select * from {{ ref('stg_chat__conversations') }}
    where {{ partition_filter('chat_conversation') }}
        and (is_requested or (human_requested_at is null and first_agent_message_at is null))

),

-- apps and sites are no contacts with the centre; who was transferred arrives in a queue
sessions as (

    select * from {{ ref('stg_self_service__sessions') }}
    where {{ partition_filter('self_service_session') }}
        and medium in ('ivr', 'bot')
        and outcome <> 'transferred'

),

legs as (

    select
        *,
        row_number() over (
            partition by source_system, root_interaction_id
            order by started_at, interaction_id, visit_seq
        ) as place,
        row_number() over (
            partition by source_system, root_interaction_id
            order by started_at desc, interaction_id desc, visit_seq desc
        ) as place_from_the_end
    from interactions

),

calls as (

    select
        source_system || ':' || root_interaction_id as contact_id,
        max(case when place = 1 then channel end) as channel,
        max(case when place = 1 then site_key end) as site_key,
        min(case when place = 1 then started_at_local end) as started_at_local,
        count(answered_at) > 0 as is_answered,
        count(answered_at) = 0
        and max(case when place_from_the_end = 1 then outcome end) = 'abandoned' as is_abandoned
    from legs
    group by source_system, root_interaction_id

),

known_contacts as (

    select interaction_id from interactions
    union distinct
    select conversation_id as interaction_id from conversations

),

contacts as (

    select
        contact_id,
        channel,
        site_key,
        started_at_local,
        is_answered,
        false as is_self_served,
        is_abandoned
    from calls
    union all
    select
        source_system || ':' || conversation_id || ':chat' as contact_id,
        channel,
        site_key,
        created_at_local as started_at_local,
        first_agent_message_at is not null as is_answered,
        not is_requested and status = 'resolved' as is_self_served,
        is_requested and first_agent_message_at is null and ended_at is not null as is_abandoned
    from conversations
    union all
    select
        sessions.source_system || ':' || sessions.session_id || ':session' as contact_id,
        case when sessions.medium = 'ivr' then 'voice' else 'chat' end as channel,
        sessions.site_key,
        sessions.started_at_local,
        false as is_answered,
        sessions.outcome = 'contained' as is_self_served,
        sessions.outcome = 'abandoned' as is_abandoned
    from sessions
    left join known_contacts on sessions.interaction_id = known_contacts.interaction_id
    where known_contacts.interaction_id is null

)

select
    contact_id,
    channel,
    site_key,
    cast(started_at_local as date) as local_date,
    {{ quarter_hour('started_at_local') }} as interval_start,
    is_answered,
    is_self_served,
    is_abandoned
from contacts
where {{ is_touched('cast(started_at_local as date)') }}
