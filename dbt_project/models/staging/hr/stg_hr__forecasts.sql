with source as (

    select * from {{ source('hr', 'forecast') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        {{ declared_queue('source.queue_key') }} as queue_key,
        sources.site_key,

        -- strings
        sources.time_zone,

        -- numerics
        source.interval_ms / 1e3 as interval_seconds,
        source.contacts as forecast_contacts,
        source.handle_ms / 1e3 as handle_seconds,
        source.required_fte,

        -- dates
        source.event_date,

        -- timestamps
        source.starts_at,
        source.published_at,
        {{ site_time('source.starts_at') }} as starts_at_local
    from source
    left join sources on source.source_system = sources.source_system
    left join {{ queue_names_of('source') }}

)

select * from renamed
