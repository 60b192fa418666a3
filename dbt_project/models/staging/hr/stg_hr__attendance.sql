with source as (

    select * from {{ source('hr', 'attendance') }}

),

renamed as (

    select
        -- ids
        source_system,
        employee_key,

        -- strings
        status,
        leave_type,

        -- dates
        event_date,
        work_date,

        -- timestamps
        clock_in_at,
        clock_out_at
    from source

)

select * from renamed
