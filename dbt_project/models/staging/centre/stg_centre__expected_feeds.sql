with source as (

    select * from {{ source('centre', 'expected_feed') }}

),

renamed as (

    select
        -- ids
        source_system,
        site_key,

        -- strings
        lake_table,
        expected_on,

        -- dates
        valid_from,
        valid_to
    from source

)

select * from renamed
