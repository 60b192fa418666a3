with source as (

    select * from {{ source('self_service', 'self_service_session') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.session_id,
        {{ declared_queue('source.queue_key') }} as queue_key,
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
    left join {{ queue_names_of('source') }}

)

select * from renamed
