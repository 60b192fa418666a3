{#-
From one way of counting to another.

Indicators that say in config.meta.counts how each class of queue visit counts (hit: above and below the line, miss: below
it only, named in neither: not at all) differ by classes alone. A bridge changes the classes one after the other, and
each change explains the points by which the share moves: their sum is the difference, whatever the order. Classes that
come in are taken first and those that go out last, so that no step divides by nothing.
-#}


{#- How an indicator counts a class of visit. -#}
{% macro counted_as(indicator, visit_class) -%}
    {{- return('hit' if visit_class in indicator.meta.counts.hit
        else 'miss' if visit_class in indicator.meta.counts.miss else 'out') -}}
{%- endmacro %}


{#- How an indicator counts every class: class -> hit, miss or out. -#}
{% macro ways_of(indicator, classes) %}
    {%- set ways = {} -%}
    {%- for visit_class in classes -%}
        {%- do ways.update({visit_class: counted_as(indicator, visit_class)}) -%}
    {%- endfor -%}
    {{- return(ways) -}}
{% endmacro %}


{#- The number of visits of each class, as a part that indicators could be selected from: see indicator_part. -#}
{% macro class_part(indicators, classes) %}
    {%- set measures, levels = [], [] -%}
    {%- for indicator in indicators if indicator.meta.counts -%}
        {%- do levels.extend(indicator.meta.levels) -%}
    {%- endfor -%}
    {%- for visit_class in classes -%}
        {%- do measures.append({
            'name': visit_class, 'agg': 'sum_boolean', 'expr': "visit_class = '" ~ visit_class ~ "'"
        }) -%}
    {%- endfor -%}
    {%- for model in graph.semantic_models.values() if model.name == 'queue_visits' -%}
        {{- return({'model': model, 'kind': 'sums', 'measures': measures, 'levels': levels, 'reaches': [{'ahead': 0, 'back': 0}]}) -}}
    {%- endfor -%}
{% endmacro %}


{#- The share under a way of counting, given as class -> hit, miss or out; columns of `visits` hold the classes. -#}
{% macro share_of(counting) -%}
    {%- set hits, counted = [], [] -%}
    {%- for visit_class, way in counting.items() -%}
        {%- if way == 'hit' -%}{%- do hits.append(visit_class) -%}{%- endif -%}
        {%- if way != 'out' -%}{%- do counted.append(visit_class) -%}{%- endif -%}
    {%- endfor -%}
    cast({{ hits | join(' + ') }} as double) / nullif({{ counted | join(' + ') }}, 0)
{%- endmacro %}


{#- Variants of indicators: pairs (main indicator, variant). -#}
{% macro variant_pairs(indicators) %}
    {%- set pairs = [] -%}
    {%- for variant in indicators if variant.meta.variant_of and variant.meta.counts -%}
        {%- for main in indicators if main.name == variant.meta.variant_of -%}
            {%- do pairs.append((main, variant)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(pairs) -}}
{% endmacro %}


{#- Classes of visit that some way of counting names. -#}
{% macro counted_classes(indicators) %}
    {%- set classes = [] -%}
    {%- for indicator in indicators if indicator.meta.counts -%}
        {%- do classes.extend(indicator.meta.counts.hit + indicator.meta.counts.miss) -%}
    {%- endfor -%}
    {{- return(classes | unique | sort) -}}
{% endmacro %}


{#- Steps from one indicator to another: class, how it counted, how it counts, and the share before and after. -#}
{% macro bridge_steps(main, variant, classes) %}
    {%- set counting, steps = ways_of(main, classes), [] -%}
    {%- for turn in ('in', 'between', 'out') -%}
        {%- for visit_class in classes -%}
            {%- set before, after = counted_as(main, visit_class), counted_as(variant, visit_class) -%}
            {%- if before != after
                and turn == ('in' if before == 'out' else 'out' if after == 'out' else 'between') -%}
                {%- set share_before = share_of(counting) -%}
                {%- do counting.update({visit_class: after}) -%}
                {%- do steps.append({
                    'visit_class': visit_class, 'before': before, 'after': after,
                    'share_before': share_before, 'share_after': share_of(counting),
                }) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(steps) -}}
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
