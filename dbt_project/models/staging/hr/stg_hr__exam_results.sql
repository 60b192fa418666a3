with source as (

    select * from {{ source('hr', 'exam_result') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.employee_key,
        source.exam_key,
        source.exam_version,
        source.course_key,
        sources.site_key,

        -- numerics
        source.attempt_no,
        source.score,
        source.max_score,
        source.pass_mark,

        -- booleans
        source.passed as is_passed,

        -- dates
        source.event_date,

        -- timestamps
        source.taken_at,
        {{ site_time('source.taken_at') }} as taken_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
