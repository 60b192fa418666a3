with source as (

    select * from {{ source('telephony', 'tel_offer') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

queue_names as (

    select * from {{ ref('stg_centre__names') }}
    where kind = 'queue'

),

renamed as (

    select
        -- ids
        source.source_system,
        source.source_record_id as offer_id,
        source.interaction_id,
        source.visit_seq,
        coalesce(queue_names.declared_key, source.queue_key) as queue_key,
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
    left join queue_names
        on
            source.source_system = queue_names.source_system
            and source.queue_key = queue_names.source_name

)

select * from renamed
