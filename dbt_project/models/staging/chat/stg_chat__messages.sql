with source as (

    select * from {{ source('chat', 'chat_message') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.message_id,
        source.conversation_id,
        source.agent_key as agent_alias,
        sources.site_key,

        -- strings
        source.channel,
        source.sender_type,
        source.body,

        -- numerics
        source.body_length,

        -- booleans
        source.is_private,

        -- dates
        source.event_date,

        -- timestamps
        source.sent_at,
        source.ended_at,
        {{ site_time('source.sent_at') }} as sent_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
