with source as (

    select * from {{ source('qa', 'qa_answer') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.evaluation_id,
        source.question_key,
        source.section_key,
        sources.site_key,

        -- strings
        source.answer_raw,

        -- numerics
        source.points,
        source.max_points,
        source.weight,

        -- booleans
        source.is_na,
        source.is_fatal_failed,

        -- dates
        source.event_date,

        -- timestamps
        source.evaluated_at,
        {{ site_time('source.evaluated_at') }} as evaluated_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
