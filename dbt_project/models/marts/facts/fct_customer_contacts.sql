{{ config(meta={'looks_ahead_days': 30, 'looks_back_days': 30}) }}

with interactions as (

    select * from {{ ref('stg_telephony__interactions') }}
    where {{ partition_filter('tel_interaction') }} and direction = 'inbound' and customer_ref is not null

),

conversations as (

    select * from {{ ref('stg_chat__conversations') }}
    where {{ partition_filter('chat_conversation') }} and is_requested and customer_ref is not null

),

reasons as (

    {{ contact_reasons() }}

),

contacts as (

    select
        source_system,
        root_interaction_id as contact_id,
        false as is_conversation,
        site_key,
        min(customer_ref) as customer_ref,
        min(coalesce(queued_at, answered_at)) as arrived_at,
        cast(min(answered_at_local) as date) as local_date,
        max_by(channel, answered_at) as channel,
        max_by(queue_key, answered_at) as queue_key,
        max_by(agent_alias, answered_at) as agent_alias
    from interactions
    where coalesce(queued_at, answered_at) is not null
    group by source_system, root_interaction_id, site_key
    union all
    select
        source_system,
        conversation_id as contact_id,
        true as is_conversation,
        site_key,
        customer_ref,
        human_requested_at as arrived_at,
        cast(first_agent_message_at_local as date) as local_date,
        channel,
        queue_key,
        agent_alias
    from conversations

),

-- whatever asks for a person is a later contact; only what a person handled can be repeated
neighbours as (

    select
        *,
        {{ seconds_between('arrived_at', 'lead(arrived_at) over customers') }} as seconds_to_next,
        {{ seconds_between(
            'max(case when local_date is not null then arrived_at end) over (
                customers rows between unbounded preceding and 1 preceding
            )',
            'arrived_at'
        ) }} as seconds_since_last
    from contacts
    window customers as (partition by customer_ref order by arrived_at, source_system, contact_id)

),

handled as (

    select * from neighbours
    where {{ is_touched('local_date') }} and local_date is not null

),

windows as (

    {{ parameters_as_of(
        'handled', ['repeat_window_days', 'short_repeat_window_days', 'long_repeat_window_days']
    ) | indent(4) }}

)

select
    handled.source_system || ':' || handled.contact_id as contact_id,
    handled.channel,
    handled.queue_key,
    reasons.reason_key,
    {{ agent_columns('handled') }},
    {{ tenure_band_of('handled') }} as tenure_band,
    handled.local_date,
    coalesce(handled.seconds_since_last <= windows.repeat_window_days * 86400, false) as is_repeat,
    coalesce(handled.seconds_to_next <= windows.repeat_window_days * 86400, false) as is_repeated,
    coalesce(handled.seconds_since_last <= windows.short_repeat_window_days * 86400, false) as is_repeat_soon,
    coalesce(handled.seconds_to_next <= windows.short_repeat_window_days * 86400, false) as is_repeated_soon,
    coalesce(handled.seconds_since_last <= windows.long_repeat_window_days * 86400, false) as is_repeat_late,
    coalesce(handled.seconds_to_next <= windows.long_repeat_window_days * 86400, false) as is_repeated_late
from handled
left join windows
    on
        handled.local_date = windows.local_date
        and handled.channel = windows.channel
        and handled.queue_key is not distinct from windows.queue_key
left join reasons
    on
        handled.source_system = reasons.source_system
        and handled.contact_id = reasons.contact_id
        and handled.is_conversation = reasons.is_conversation
left join {{ agent_names_of('handled') }}
left join {{ agent_teams_of('handled') }}
