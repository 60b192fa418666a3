with source as (

    select * from {{ source('access_audit', 'access_right') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.agent_key as agent_alias,
        source.system_key,
        source.role_key,
        sources.site_key,

        -- dates
        source.event_date,

        -- timestamps
        source.granted_at,
        source.revoked_at,
        {{ site_time('source.granted_at') }} as granted_at_local,
        {{ site_time('source.revoked_at') }} as revoked_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
