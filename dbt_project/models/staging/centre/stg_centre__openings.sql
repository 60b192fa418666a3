with source as (

    select * from {{ source('centre', 'opening') }}

),

renamed as (

    select
        -- ids
        queue_key,
        site_key,

        -- strings
        day_kind,

        -- numerics
        weekday,
        opening_sec,

        -- dates
        valid_from,
        valid_to
    from source

)

select * from renamed
