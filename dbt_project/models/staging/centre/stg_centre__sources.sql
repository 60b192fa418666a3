with source as (

    select * from {{ source('centre', 'source') }}

),

renamed as (

    select
        -- ids
        source_system,
        site_key,

        -- strings
        time_zone
    from source

)

select * from renamed
