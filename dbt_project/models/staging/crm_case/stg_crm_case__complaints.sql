with source as (

    select * from {{ source('crm_case', 'complaint') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.complaint_id,
        source.case_id,
        source.interaction_id,
        source.matter_key,
        source.cause_key,
        {{ declared_queue('source.queue_key') }} as queue_key,
        source.agent_key as agent_alias,
        source.investigator_key as investigator_alias,
        source.customer_ref,
        sources.site_key,

        -- strings
        source.received_by,
        source.cause_class,
        source.severity,
        source.status,

        -- booleans
        source.is_upheld,

        -- dates
        source.event_date,

        -- timestamps
        source.received_at,
        source.contact_at,
        source.due_at,
        source.replied_at,
        source.closed_at,
        {{ site_time('source.received_at') }} as received_at_local,
        {{ site_time('source.contact_at') }} as contact_at_local,
        {{ site_time('source.due_at') }} as due_at_local,
        {{ site_time('source.closed_at') }} as closed_at_local
    from source
    left join sources on source.source_system = sources.source_system
    left join {{ queue_names_of('source') }}

)

select * from renamed
