with source as (

    select * from {{ source('hr', 'roster_shift') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.shift_id,
        source.employee_key,
        sources.site_key,

        -- strings
        source.activity,
        sources.time_zone,

        -- booleans
        source.is_paid,

        -- dates
        source.event_date,

        -- timestamps
        source.start_at,
        source.end_at,
        source.published_at,
        {{ site_time('source.start_at') }} as start_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
