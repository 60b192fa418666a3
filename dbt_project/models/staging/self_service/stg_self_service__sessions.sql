with source as (

    select * from {{ source('self_service', 'self_service_session') }}

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
        source.session_id,
        coalesce(queue_names.declared_key, source.queue_key) as queue_key,
        source.customer_ref,
        source.interaction_id,
        sources.site_key,

        -- strings
        source.medium,
        source.outcome,

        -- dates
        source.event_date,

        -- timestamps
        source.started_at,
        source.ended_at,
        {{ site_time('source.started_at') }} as started_at_local
    from source
    left join sources on source.source_system = sources.source_system
    left join queue_names
        on
            source.source_system = queue_names.source_system
            and source.queue_key = queue_names.source_name

)

select * from renamed
