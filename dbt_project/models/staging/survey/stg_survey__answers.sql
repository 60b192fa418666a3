with source as (

    select * from {{ source('survey', 'survey_answer') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.invitation_id,
        source.survey_key,
        source.question_key,
        sources.site_key,

        -- strings
        source.choice,
        source.comment,

        -- numerics
        source.score,
        source.scale_min,
        source.scale_max,

        -- dates
        source.event_date,

        -- timestamps
        source.answered_at,
        {{ site_time('source.answered_at') }} as answered_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
