with source as (

    select * from {{ source('chat', 'chat_conversation') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.conversation_id,
        {{ declared_queue('source.queue_key') }} as queue_key,
        coalesce(source.first_agent_key, source.agent_key) as agent_alias,
        source.customer_ref,
        sources.site_key,

        -- strings
        source.channel,
        source.status,
        source.contact_reason,
        sources.time_zone,

        -- numerics
        source.customer_message_count,
        source.agent_message_count,

        -- booleans
        -- a conversation that a person of the centre opened is outbound: nobody was asked for
        source.human_requested_at is not null
        and source.human_requested_at
        <= coalesce(source.first_agent_message_at, source.human_requested_at) as is_requested,

        -- dates
        source.event_date,

        -- timestamps
        source.created_at,
        source.human_requested_at,
        source.first_agent_message_at,
        source.last_customer_message_at,
        source.ended_at,
        {{ site_time('source.created_at') }} as created_at_local,
        {{ site_time('source.human_requested_at') }} as human_requested_at_local,
        {{ site_time('source.first_agent_message_at') }} as first_agent_message_at_local,
        {{ site_time('source.ended_at') }} as ended_at_local
    from source
    left join sources on source.source_system = sources.source_system
    left join {{ queue_names_of('source') }}

)

select * from renamed
