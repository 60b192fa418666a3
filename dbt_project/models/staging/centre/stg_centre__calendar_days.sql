with source as (

    select * from {{ source('centre', 'calendar_day') }}

),

renamed as (

    select
        -- ids
        site_key,

        -- strings
        holiday_en,
        holiday_zh,

        -- booleans
        is_makeup_workday,
        is_workday,

        -- dates
        date_day
    from source

)

select * from renamed
