with source as (

    select * from {{ source('hr', 'attendance') }}
    where {{ partition_filter('attendance') }}

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
        work_date,

        -- timestamps
        clock_in_at,
        clock_out_at
    from source

)

select * from renamed
