with source as (

    select * from {{ source('hr', 'training_record') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.employee_key,
        source.course_key,
        source.trainer_key,
        sources.site_key,

        -- strings
        source.course_name,
        source.status,

        -- numerics
        source.duration_ms / 1e3 as duration_seconds,

        -- booleans
        source.mandatory as is_mandatory,

        -- dates
        source.event_date,

        -- timestamps
        source.session_at,
        {{ site_time('source.session_at') }} as session_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
