{{ config(pre_hook='{{ delete_touched_months() }}') }}

with dates as (

    select * from {{ ref('dim_dates') }}
    where {{ is_in_touched_month('month_start') }}

),

evaluations as (

    select
        evaluations.*,
        dates.month_start
    from {{ ref('fct_qa_evaluations') }} as evaluations
    inner join dates on evaluations.local_date = dates.date_day
    where evaluations.is_completed

),

scores as (

    {% for dimension in ['professionalism', 'service_awareness'] %}
        select
            evaluation_id,
            source_system,
            form_key,
            form_version,
            interaction_id,
            evaluator_alias,
            site_key,
            month_start,
            '{{ dimension }}' as dimension,
            {{ dimension }}_points / {{ dimension }}_max_points as score
        from evaluations
        where {{ dimension }}_max_points > 0
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- every pair stands in both orders, since neither evaluator is the reference
pairs as (

    select
        ones.site_key,
        ones.month_start,
        ones.dimension,
        ones.score,
        others.score as other_score
    from scores as ones
    inner join scores as others
        on
            ones.source_system = others.source_system
            and ones.interaction_id = others.interaction_id
            and ones.form_key = others.form_key
            and ones.form_version = others.form_version
            and ones.dimension = others.dimension
            and ones.month_start = others.month_start
            and ones.evaluator_alias <> others.evaluator_alias

)

-- two scores drawn at random from those of the month differ by twice the variance in the mean of squares
select
    site_key || ':' || month_start || ':' || dimension as calibration_id,
    site_key,
    month_start as local_date,
    dimension,
    sum(power(score - other_score, 2)) / 2 as disagreement,
    count(*) * var_pop(score) as disagreement_by_chance
from pairs
group by site_key, month_start, dimension
