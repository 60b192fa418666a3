with source as (

    select * from {{ source('hr', 'agent_alias') }}

),

renamed as (

    select
        -- ids
        source_system,
        alias_system,
        alias_value,
        employee_key,

        -- dates
        valid_from,
        valid_to,

        -- timestamps
        record_updated_at
    from source

)

select * from renamed
