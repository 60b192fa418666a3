with source as (

    select * from {{ source('crm_case', 'case_event') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.event_id,
        source.case_id,
        source.agent_key as agent_alias,
        source.team_key as team_alias,
        sources.site_key,

        -- strings
        source.event,

        -- dates
        source.event_date,

        -- timestamps
        source.occurred_at,
        {{ site_time('source.occurred_at') }} as occurred_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
