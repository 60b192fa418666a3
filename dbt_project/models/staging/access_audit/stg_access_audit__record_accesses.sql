with source as (

    select * from {{ source('access_audit', 'record_access') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.access_id,
        source.agent_key as agent_alias,
        source.system_key,
        source.screen_key,
        source.customer_ref,
        source.interaction_id,
        source.case_id,
        source.approved_by,
        sources.site_key,

        -- strings
        source.action,
        source.purpose,
        source.destination,

        -- numerics
        coalesce(source.record_count, 1) as record_count,

        -- dates
        source.event_date,

        -- timestamps
        source.occurred_at,
        {{ site_time('source.occurred_at') }} as occurred_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
