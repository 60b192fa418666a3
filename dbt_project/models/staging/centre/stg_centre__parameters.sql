with source as (

    select * from {{ source('centre', 'parameter') }}

),

renamed as (

    select
        -- ids
        parameter,
        channel,
        queue_key,

        -- numerics
        value,

        -- dates
        valid_from,
        valid_to
    from source

)

select * from renamed
