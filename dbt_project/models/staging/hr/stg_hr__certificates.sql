with source as (

    select * from {{ source('hr', 'certificate') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.employee_key,
        source.certificate_key,
        {{ declared_queue('source.queue_key') }} as queue_key,

        -- dates
        source.event_date,
        source.valid_from,
        coalesce(source.valid_to, date '9999-12-31') as valid_to
    from source
    left join {{ queue_names_of('source') }}

)

select * from renamed
