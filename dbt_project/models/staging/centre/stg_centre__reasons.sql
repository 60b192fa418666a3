with source as (

    select * from {{ source('centre', 'reason') }}

),

renamed as (

    select
        -- ids
        reason_key,

        -- strings
        name_en,
        name_zh
    from source

)

select * from renamed
