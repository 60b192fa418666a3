with source as (

    select * from {{ source('centre', 'site') }}

),

renamed as (

    select
        -- ids
        site_key,

        -- strings
        name_en,
        name_zh,
        time_zone
    from source

)

select * from renamed
