with source as (

    select * from {{ source('centre', 'queue') }}

),

renamed as (

    select
        -- ids
        queue_key,
        client_key,

        -- strings
        name_en,
        name_zh,
        queue_group,
        channel
    from source

)

select * from renamed
