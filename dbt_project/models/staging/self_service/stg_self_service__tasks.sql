with source as (

    select * from {{ source('self_service', 'self_service_task') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.task_id,
        source.session_id,
        source.task_key,
        source.customer_ref,
        sources.site_key,

        -- strings
        source.result,
        source.failure_reason,

        -- dates
        source.event_date,

        -- timestamps
        source.started_at,
        source.ended_at,
        {{ site_time('source.started_at') }} as started_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
