with source as (

    select * from {{ source('qa', 'wording_review') }}

),

renamed as (

    select
        -- ids
        source_system,
        review_id,
        message_id,
        reviewer_key as reviewer_alias,

        -- strings
        verdict,

        -- booleans
        is_random,

        -- dates
        event_date,

        -- timestamps
        sent_at,
        reviewed_at
    from source

)

select * from renamed
