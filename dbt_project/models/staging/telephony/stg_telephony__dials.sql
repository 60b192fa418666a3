with source as (

    select * from {{ source('telephony', 'tel_dial') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.dial_id,
        source.campaign_key,
        source.list_key,
        source.line_key,
        source.agent_key as agent_alias,
        source.customer_ref,
        source.interaction_id,
        sources.site_key,

        -- strings
        source.result,
        coalesce(source.callee_time_zone, sources.time_zone) as callee_time_zone,

        -- booleans
        source.on_do_not_call as is_on_do_not_call_list,
        source.line_registered as is_line_registered,

        -- dates
        source.event_date,

        -- timestamps
        source.dialed_at,
        source.answered_at,
        source.connected_at,
        source.ended_at,
        {{ site_time('source.dialed_at') }} as dialed_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
