{#-
Indicators worked out on a few rows of their facts, for a reader to follow: the same measures and formulas as in
macros/indicators.sql, on twenty rows of one period.
-#}


{#- What a measure is to an indicator: numerator, denominator, sample, or all there is to it. -#}
{% macro role_of(measure, indicator) %}
    {%- set metric = indicator.metric -%}
    {%- for side in (['numerator', 'denominator'] if metric.type == 'ratio' else []) -%}
        {%- if measure.name in metric_measures(metric_named(metric.type_params[side].name)) -%}
            {{- return(side) -}}
        {%- endif -%}
    {%- endfor -%}
    {{- return('counted' if measure.name in metric_measures(metric) else 'sample') -}}
{% endmacro %}


{#- What a measure counts of a single row of its fact; of a distinct count, the key. -#}
{% macro measure_of_row(measure) -%}
    {%- set expr = measure.expr or measure.name -%}
    {%- if measure.agg == 'sum_boolean' -%}
        case when {{ expr }} then 1 else 0 end
    {%- elif measure.agg == 'count' -%}
        case when {{ expr }} is not null then 1 else 0 end
    {%- else -%}
        {{ expr }}
    {%- endif -%}
{%- endmacro %}


{#-
The example's rows of a fact: those of the indicator's period that differ most in what they count. Rows that count alike
take turns with the others, in an order that mixes sources and hours and is always the same.
-#}
{% macro example_cases(indicator, counted, cases) %}
    {%- set key = (counted.model.entities | selectattr('type', 'equalto', 'primary') | first).expr %}
    select * from (
        select *, row_number() over (order by turn, likeness desc) as case_number
        from (
            select *, row_number() over (partition by likeness order by {{ dbt.hash(key) }}) as turn
            from (
                select
                    *,
                    {%- for measure in counted.measures %}
                    case
                        when {{ measure_of_row(measure) }} is null then '-'
                        {%- if measure.agg != 'count_distinct' %}
                        when {{ measure_of_row(measure) }} = 0 then '0'
                        {%- endif %}
                        else '1'
                    end {{ '||' if not loop.last }}
                    {%- endfor %} as likeness
                from {{ fact_of(counted.model).relation_name }}
                where local_date in (select date_day from dates where indicator = '{{ indicator.name }}')
            ) as facts
        ) as turns
        where turn <= {{ cases }}
    ) as numbered
    where case_number <= {{ cases }}
{% endmacro %}


{#- What the measures count of an example's rows of a fact: of each row, or of all of them together. -#}
{% macro example_rows(indicator, counted, of_row) %}
    {%- set entities = {} -%}
    {%- for entity in counted.model.entities -%}
        {%- do entities.update({'case_id' if entity.type == 'primary' else entity.name: entity.expr}) -%}
    {%- endfor -%}
    {%- for measure in counted.measures %}
    select
        '{{ indicator.name }}' as indicator,
        '{{ fact_of(counted.model).name }}' as fact,
        '{{ measure.name }}' as measure,
        '{{ role_of(measure, indicator) }}' as role,
        {{ 'case_number' if of_row else 'null' }} as case_number,
        {{ 'local_date' if of_row else 'null' }} as local_date,
        {% for name in ['case_id', 'site', 'team', 'agent', 'queue', 'channel'] -%}
        cast({{ entities.get(name, 'null') if of_row else 'null' }} as {{ dbt.type_string() }}) as {{ name }},
        {% endfor -%}
        {%- set number = measure_of_row(measure) if of_row else measure.name -%}
        {%- set is_key = of_row and measure.agg == 'count_distinct' -%}
        cast({{ 'null' if is_key else number }} as double) as value,
        cast({{ number if is_key else 'null' }} as {{ dbt.type_string() }}) as distinct_key
    from {{ indicator.name }}__{{ counted.model.name }}{{ '' if of_row else '__together' }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{% endmacro %}
