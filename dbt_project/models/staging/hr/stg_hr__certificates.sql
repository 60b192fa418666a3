with source as (

    select * from {{ source('hr', 'certificate') }}

),

queue_names as (

    select * from {{ ref('stg_centre__names') }}
    where kind = 'queue'

),

renamed as (

    select
        -- ids
        source.source_system,
        source.employee_key,
        source.certificate_key,
        coalesce(queue_names.declared_key, source.queue_key) as queue_key,

        -- dates
        source.event_date,
        source.valid_from,
        coalesce(source.valid_to, date '9999-12-31') as valid_to
    from source
    left join queue_names
        on
            source.source_system = queue_names.source_system
            and source.queue_key = queue_names.source_name

)

select * from renamed
