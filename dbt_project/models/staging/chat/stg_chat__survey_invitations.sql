with source as (

    select * from {{ source('chat', 'csat') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.response_id,
        source.interaction_id,
        {{ declared_queue('source.queue_key') }} as queue_key,
        source.agent_key as agent_alias,
        sources.site_key,

        -- strings
        source.channel,
        source.comment,

        -- numerics
        source.score,
        source.scale_min,
        source.scale_max,

        -- dates
        source.event_date,

        -- timestamps
        source.contact_at,
        source.asked_at,
        source.answered_at,
        {{ site_time('source.contact_at') }} as contact_at_local,
        {{ site_time('source.asked_at') }} as asked_at_local,
        {{ site_time('source.answered_at') }} as answered_at_local
    from source
    left join sources on source.source_system = sources.source_system
    left join {{ queue_names_of('source') }}

)

select * from renamed
