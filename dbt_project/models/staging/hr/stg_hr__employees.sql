with source as (

    select * from {{ source('hr', 'hr_employee') }}

),

team_names as (

    select * from {{ ref('stg_centre__names') }}
    where kind = 'team'

),

renamed as (

    select
        -- ids
        source.source_system,
        source.employee_key,
        source.site_key,
        coalesce(team_names.declared_key, source.team_key) as team_key,
        source.supervisor_key as leader_key,

        -- strings
        source.name,
        source.role,
        source.status,
        source.leave_reason,

        -- numerics
        source.contract_hours_week,
        source.birth_month,
        source.birth_day,

        -- booleans
        source.birthday_consent,

        -- dates
        source.valid_from,
        source.valid_to,
        source.hired_on,
        source.left_on,

        -- timestamps
        source.record_updated_at
    from source
    left join team_names
        on
            source.source_system = team_names.source_system
            and source.team_key = team_names.source_name

)

select * from renamed
