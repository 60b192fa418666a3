with source as (

    select * from {{ source('telephony', 'tel_offer') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.source_record_id as offer_id,
        source.interaction_id,
        source.visit_seq,
        {{ declared_queue('source.queue_key') }} as queue_key,
        source.agent_key as agent_alias,
        sources.site_key,

        -- strings
        source.result,

        -- numerics
        source.ring_ms / 1e3 as ring_seconds,

        -- dates
        source.event_date,

        -- timestamps
        source.offered_at,
        {{ site_time('source.offered_at') }} as offered_at_local
    from source
    left join sources on source.source_system = sources.source_system
    left join {{ queue_names_of('source') }}

)

select * from renamed
