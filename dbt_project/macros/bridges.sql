{#-
From one way of counting to another.

Indicators that say in config.meta.counts how each class of queue visit counts (hit: above and below the line, miss: below
it only, named in neither: not at all) differ by classes alone. A bridge changes the classes one after the other, and
each change explains the points by which the share moves: their sum is the difference, whatever the order. Classes that
come in are taken first and those that go out last, so that no step divides by nothing. The steps are taken in
models/indicators/indicator_bridges.sql.
-#}


{#- How shares count classes of visits: indicator, variant_of, visit_class, way (hit, miss or out). -#}
{% macro ways_of_counting(indicators) %}
    {%- set classes, ways = [], [] -%}
    {%- set shares = indicators | selectattr('meta.counts') | list -%}
    {%- for share in shares -%}{%- do classes.extend(share.meta.counts.hit + share.meta.counts.miss) -%}{%- endfor -%}
    {%- for share in shares -%}
        {%- for visit_class in classes | unique -%}
            {%- set counts = share.meta.counts -%}
            {%- set way = 'hit' if visit_class in counts.hit else 'miss' if visit_class in counts.miss else 'out' -%}
            {%- do ways.append([share.name, share.meta.variant_of or '', visit_class, way] | join("', '")) -%}
        {%- endfor -%}
    {%- endfor %}
    select *
    from (values ('{{ (ways or ["', '', '', '"]) | join("'), ('") }}')) as ways (indicator, variant_of, visit_class, way)
    {{ 'where false' if not ways }}
{%- endmacro %}


{#- The number of visits of each class, as a part that indicators could be selected from: see indicator_part. -#}
{% macro visits_part(indicators) %}
    {%- set levels = [] -%}
    {%- for indicator in indicators if indicator.meta.counts -%}
        {%- do levels.extend(indicator.meta.levels) -%}
    {%- endfor -%}
    {%- for model in graph.semantic_models.values() if model.name == 'queue_visits' -%}
        {{- return({
            'model': model, 'kind': 'sums', 'by': 'visit_class', 'levels': levels,
            'measures': [{'name': 'visits', 'agg': 'count', 'expr': '*'}], 'reaches': [{'ahead': 0, 'back': 0}],
        }) -}}
    {%- endfor -%}
{% endmacro %}


{#- Test: the points of a bridge add up to the difference of the two values it stands between, in periods that were rebuilt. -#}
{% test bridges_add_up(model) %}
    with shares as (
        select *, numerator / nullif(denominator, 0) as share
        from {{ ref('indicator_values') }}
        where {{ is_in_touched_period() }}
    ),

    bridges as (
        select indicator, variant, grain, period_start, level, member, sum(points) as points
        from {{ model }}
        where {{ is_in_touched_period() }}
        group by all
    )

    select bridges.*, 100 * (variants.share - mains.share) as difference
    from bridges
    inner join shares as mains using (indicator, grain, period_start, level, member)
    inner join shares as variants
        on bridges.variant = variants.indicator
        and bridges.grain = variants.grain
        and bridges.period_start = variants.period_start
        and bridges.level = variants.level
        and bridges.member = variants.member
    where abs(100 * (variants.share - mains.share) - bridges.points) > 1e-9
{% endtest %}
