with source as (

    select * from {{ source('qa', 'coaching_session') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.session_id,
        source.agent_key as agent_alias,
        source.coach_key as coach_alias,
        source.evaluation_id,
        source.complaint_id,
        sources.site_key,

        -- strings
        source.kind,
        source.status,
        source.trigger_kind,

        -- numerics
        source.duration_ms / 1000.0 as duration_seconds,

        -- booleans
        source.own_material,

        -- dates
        source.event_date,

        -- timestamps
        source.planned_at,
        source.held_at,
        source.trigger_at,
        {{ site_time('source.held_at') }} as held_at_local,
        {{ site_time('source.trigger_at') }} as trigger_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
