with source as (

    select * from {{ source('hr', 'attendance') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.employee_key,
        sources.site_key,

        -- strings
        source.status,
        source.leave_type,
        sources.time_zone,

        -- dates
        source.event_date,
        source.work_date,

        -- timestamps
        source.clock_in_at,
        source.clock_out_at
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
