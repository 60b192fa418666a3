with source as (

    select * from {{ source('hr', 'hr_employee') }}

),

renamed as (

    select
        -- ids
        source_system,
        employee_key,
        site_key,
        team_key,
        supervisor_key as leader_key,

        -- strings
        name,
        role,
        status,
        leave_reason,

        -- numerics
        contract_hours_week,
        birth_month,
        birth_day,

        -- booleans
        birthday_consent,

        -- dates
        valid_from,
        valid_to,
        hired_on,
        left_on,

        -- timestamps
        record_updated_at
    from source

)

select * from renamed
