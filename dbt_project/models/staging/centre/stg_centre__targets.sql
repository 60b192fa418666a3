with source as (

    select * from {{ source('centre', 'target') }}

),

renamed as (

    select
        -- ids
        indicator,
        level,
        member,

        -- numerics
        value,

        -- dates
        valid_from,
        valid_to
    from source

)

select * from renamed
