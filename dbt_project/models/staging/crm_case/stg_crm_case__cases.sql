with source as (

    select * from {{ source('crm_case', 'crm_case') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.case_id,
        source.interaction_id,
        source.contract_key,
        source.owner_key as owner_alias,
        source.team_key as team_alias,
        source.customer_ref,
        sources.site_key,

        -- strings
        source.kind,
        source.priority,
        source.channel,
        source.status,
        source.contact_reason,

        -- dates
        source.event_date,

        -- timestamps
        source.opened_at,
        source.due_at,
        source.first_replied_at,
        source.resolved_at,
        source.closed_at,
        {{ site_time('source.due_at') }} as due_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
