with source as (

    select * from {{ source('qa', 'qa_evaluation') }}

),

sources as (

    select * from {{ ref('stg_centre__sources') }}

),

renamed as (

    select
        -- ids
        source.source_system,
        source.evaluation_id,
        source.form_key,
        source.form_version,
        source.interaction_id,
        source.agent_key as agent_alias,
        source.evaluator_key as evaluator_alias,
        sources.site_key,

        -- strings
        source.channel,
        source.status,

        -- numerics
        source.points,
        source.max_points,
        source.score_pct,

        -- booleans
        source.is_fatal,
        source.is_random,

        -- dates
        source.event_date,

        -- timestamps
        source.evaluated_at,
        source.contact_at,
        {{ site_time('source.evaluated_at') }} as evaluated_at_local,
        {{ site_time('source.contact_at') }} as contact_at_local
    from source
    left join sources on source.source_system = sources.source_system

)

select * from renamed
