with source as (

    select * from {{ source('centre', 'arrived_feed') }}

),

renamed as (

    select
        -- ids
        source_system,

        -- strings
        lake_table,

        -- dates
        date_day
    from source

)

select * from renamed
