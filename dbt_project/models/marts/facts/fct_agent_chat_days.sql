-- No conversation counts as open longer than a day, so the neighbours that are read with a day hold all of its own.

with conversations as (

    select * from {{ ref('stg_chat__conversations') }}
    where {{ partition_filter('chat_conversation') }}
        and is_requested
        and first_agent_message_at is not null
        and ended_at is not null

),

dated as (

    select
        *,
        cast(first_agent_message_at_local as date) as local_date,
        {{ epoch_microseconds('first_agent_message_at') }} as from_us,
        {{ epoch_microseconds('ended_at') }} as ended_us,
        {{ epoch_microseconds(instant_of_local(
            "cast(first_agent_message_at_local as date) + interval '1' day", 'time_zone'
        )) }} as midnight_us
    from conversations

),

limits as (

    {{ parameters_as_of('dated', ['chat_open_limit_hours']) | indent(4) }}

),

stretches as (

    select
        dated.source_system,
        dated.agent_alias,
        dated.site_key,
        dated.local_date,
        dated.from_us,
        dated.midnight_us,
        least(
            dated.ended_us,
            dated.from_us + cast(least(limits.chat_open_limit_hours, 24) * 3600000000 as bigint)
        ) as to_us
    from dated
    inner join limits
        on
            dated.local_date = limits.local_date
            and dated.channel = limits.channel
            and dated.queue_key is not distinct from limits.queue_key

),

pieces as (

    select
        source_system,
        agent_alias,
        site_key,
        local_date,
        from_us,
        least(to_us, midnight_us) as to_us
    from stretches
    union all
    select
        source_system,
        agent_alias,
        site_key,
        cast(local_date + interval '1' day as date) as local_date,
        midnight_us as from_us,
        to_us
    from stretches
    where to_us > midnight_us

),

attributed as (

    select
        {{ agent_key_of('pieces') }} as agent_key,
        pieces.site_key,
        pieces.local_date,
        pieces.from_us,
        pieces.to_us
    from pieces
    left join {{ agent_names_of('pieces') }}
    where {{ is_touched('pieces.local_date') }} and pieces.from_us < pieces.to_us

),

-- time counts once as far as no conversation that began before reaches into it
followed as (

    select
        *,
        coalesce(
            max(to_us) over (
                partition by agent_key, local_date
                order by from_us, to_us
                rows between unbounded preceding and 1 preceding
            ),
            from_us
        ) as taken_until_us
    from attributed

),

agent_days as (

    select
        agent_key,
        local_date,
        max(site_key) as site_key,
        sum(to_us - from_us) as open_us,
        sum(greatest(to_us - greatest(from_us, taken_until_us), 0)) as chatting_us
    from followed
    where agent_key is not null
    group by agent_key, local_date

)

select
    agent_days.agent_key || ':' || agent_days.local_date as agent_day_id,
    {{ agent_columns('agent_days', key='agent_days.agent_key') }},
    {{ tenure_band_of('agent_days') }} as tenure_band,
    agent_days.local_date,
    agent_days.open_us / 1e6 as open_seconds,
    agent_days.chatting_us / 1e6 as chatting_seconds
from agent_days
left join {{ agent_teams_of('agent_days', key='agent_days.agent_key') }}
