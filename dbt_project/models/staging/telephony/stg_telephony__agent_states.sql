with source as (

    select * from {{ source('telephony', 'agent_state') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.agent_key as agent_alias,
        source.queue_key,
        sources.site_key,

        -- strings
        source.state,
        source.raw_state,
        source.reason,
        sources.time_zone,

        -- dates
        source.event_date,
        source.event_date as started_on,

        -- timestamps
        source.started_at,
        source.ended_at
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
