with evaluations as (

    select * from {{ ref('stg_qa__evaluations') }}
    where {{ partition_filter('qa_evaluation') }}

),

answers as (

    select * from {{ ref('stg_qa__answers') }}
    where {{ partition_filter('qa_answer') }} and points is not null

),

item_dimensions as (

    select * from {{ ref('qa_item_dimensions') }}

),

dated as (

    select
        *,
        cast(evaluated_at_local as date) as local_date,
        cast(null as {{ dbt.type_string() }}) as queue_key
    from evaluations
    where {{ is_touched('cast(evaluated_at_local as date)') }}

),

pass_marks as (

    {{ parameters_as_of('dated', ['qa_pass_mark']) | indent(4) }}

),

-- what an item itself is tagged with goes before the tag of its section
tagged as (

    select
        answers.source_system,
        answers.evaluation_id,
        answers.points * answers.weight as points,
        answers.max_points * answers.weight as max_points,
        coalesce(items.dimension, sections.dimension) as dimension
    from answers
    left join item_dimensions as items on lower(answers.question_key) = items.item
    left join item_dimensions as sections on lower(answers.section_key) = sections.item

),

dimension_points as (

    select
        source_system,
        evaluation_id,
        sum(points) filter (where dimension = 'professionalism') as professionalism_points,
        sum(max_points) filter (where dimension = 'professionalism') as professionalism_max_points,
        sum(points) filter (where dimension = 'service_awareness') as service_awareness_points,
        sum(max_points) filter (where dimension = 'service_awareness') as service_awareness_max_points
    from tagged
    group by source_system, evaluation_id

)

select
    dated.source_system || ':' || dated.evaluation_id as evaluation_id,
    dated.evaluation_id as source_evaluation_id,
    dated.source_system,
    dated.form_key,
    dated.form_version,
    dated.interaction_id,
    dated.evaluator_alias,
    {{ agent_columns('dated') }},
    {{ tenure_band_of('dated') }} as tenure_band,
    dated.channel,
    dated.local_date,
    dated.evaluated_at,
    dated.contact_at,
    dated.score_pct,
    pass_marks.qa_pass_mark as pass_mark,
    dated.score_pct >= pass_marks.qa_pass_mark and not dated.is_fatal as is_passed,
    dated.is_fatal,
    dated.status <> 'draft' as is_completed,
    dated.is_random,
    dated.status <> 'draft' and coalesce(dated.is_random, true) as is_counted,
    dated.status in ('disputed', 'revised') as is_disputed,
    dated.status = 'revised' as is_revised,
    coalesce(dimension_points.professionalism_points, 0) as professionalism_points,
    coalesce(dimension_points.professionalism_max_points, 0) as professionalism_max_points,
    coalesce(dimension_points.service_awareness_points, 0) as service_awareness_points,
    coalesce(dimension_points.service_awareness_max_points, 0) as service_awareness_max_points
from dated
left join dimension_points
    on
        dated.source_system = dimension_points.source_system
        and dated.evaluation_id = dimension_points.evaluation_id
left join pass_marks
    on
        dated.local_date = pass_marks.local_date
        and dated.channel is not distinct from pass_marks.channel
left join {{ agent_names_of('dated') }}
left join {{ agent_teams_of('dated') }}
