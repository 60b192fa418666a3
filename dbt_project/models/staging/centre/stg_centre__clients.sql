with source as (

    select * from {{ source('centre', 'client') }}

),

renamed as (

    select
        -- ids
        client_key,

        -- strings
        name_en,
        name_zh
    from source

)

select * from renamed
