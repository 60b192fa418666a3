with source as (

    select * from {{ source('centre', 'name') }}

),

renamed as (

    select
        -- ids
        source_system,
        source_name,
        declared_key,

        -- strings
        kind,

        -- numerics
        place
    from source

)

select * from renamed
