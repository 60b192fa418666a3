with source as (

    select * from {{ source('telephony', 'tel_interaction') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.interaction_id,
        source.visit_seq,
        coalesce(source.root_interaction_id, source.interaction_id) as root_interaction_id,
        {{ declared_queue('source.queue_key') }} as queue_key,
        source.agent_key as agent_alias,
        source.customer_ref,
        sources.site_key,

        -- strings
        source.channel,
        source.direction,
        source.outcome,
        source.ended_by,
        source.transfer_kind,
        source.transfer_to,
        source.contact_reason,

        -- numerics
        coalesce(
            source.wait_ms / 1e3,
            {{ seconds_between('source.queued_at', 'coalesce(source.answered_at, source.ended_at)') }}
        ) as wait_seconds,
        source.ring_ms / 1e3 as ring_seconds,
        source.talk_ms / 1e3 as talk_seconds,
        source.hold_ms / 1e3 as hold_seconds,
        source.acw_ms / 1e3 as acw_seconds,

        -- booleans
        source.is_open,

        -- dates
        source.event_date,

        -- timestamps
        source.started_at,
        source.queued_at,
        source.answered_at,
        source.ended_at,
        source.wrapup_ended_at,
        {{ site_time('source.started_at') }} as started_at_local,
        {{ site_time('source.queued_at') }} as queued_at_local,
        {{ site_time('source.answered_at') }} as answered_at_local
    from source
    left join sources on source.source_system = sources.source_system
    left join {{ queue_names_of('source') }}

)

select * from renamed
