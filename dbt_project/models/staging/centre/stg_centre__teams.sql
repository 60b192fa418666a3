with source as (

    select * from {{ source('centre', 'team') }}

),

renamed as (

    select
        -- ids
        team_key,

        -- strings
        name_en,
        name_zh
    from source

)

select * from renamed
