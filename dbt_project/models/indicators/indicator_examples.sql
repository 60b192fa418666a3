{{ config(materialized='table') }}

{% set values, dates, dictionary = ref('indicator_values'), ref('dim_dates'), ref('dim_indicators') %}

-- family by family: all indicators in one statement would need more memory than a build has
{% set families = indicator_dictionary() | groupby('family') if execute else [] %}

{% for family, indicators in families %}
select * from (

    with periods as (

        -- the newest with enough cases, of which some count in the numerator
        select
            indicator,
            grain,
            period_start,
            row_number() over (
                partition by indicator
                order by
                    case grain when 'day' then 1 when 'week' then 2 else 3 end,
                    coalesce(numerator, 1) <> 0 and coalesce(sample_size, denominator, numerator) >= 20 desc,
                    least(coalesce(sample_size, denominator, numerator), 20) desc,
                    period_start desc
            ) as choice
        from {{ values }}
        where
            level = 'centre'
            and grain <> 'interval'
            and status <> 'no_traffic'
            and indicator in ('{{ indicators | map(attribute='name') | join("', '") }}')

    ),

    dates as (

        select
            periods.indicator,
            dates.date_day
        from periods
        inner join {{ dates }} as dates
            on
                periods.period_start
                = case periods.grain when 'day' then dates.date_day when 'week' then dates.week_start else dates.month_start end
        where periods.choice = 1

    ),

{% for indicator in indicators %}
{% set models = measured_models(indicator) %}
{% for counted in models %}
    {{ indicator.name }}__{{ counted.model.name }} as (
        {{ example_cases(indicator, counted, 20 // models | length) }}
    ),

    {{ indicator.name }}__{{ counted.model.name }}__together as (
        select
            {%- for measure in counted.measures %}
            {{ measure_aggregate(measure) }} as {{ measure.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ indicator.name }}__{{ counted.model.name }}
    ),

{% endfor %}
{% endfor %}

    examples as (

        {% for indicator in indicators %}
        {% set together = [] %}
        {% for counted in measured_models(indicator) %}
        {% do together.append(indicator.name ~ '__' ~ counted.model.name ~ '__together') %}
        {{ example_rows(indicator, counted, of_row=true) }}
        union all
        {{ example_rows(indicator, counted, of_row=false) }}
        union all
        {% endfor %}
        select
            '{{ indicator.name }}' as indicator,
            null as fact,
            null as measure,
            null as role,
            null as case_number,
            null as local_date,
            null as case_id,
            null as site,
            null as team,
            null as agent,
            null as queue,
            null as channel,
            {{ metric_expression(indicator.metric) }} as value,
            null as distinct_key
        from {{ together | join(' cross join ') }}
        {% if not loop.last %}union all{% endif %}
        {% endfor %}

    )

    select
        examples.indicator,
        examples.fact,
        examples.measure,
        examples.role,
        examples.case_number,
        examples.local_date,
        examples.case_id,
        examples.site,
        examples.team,
        examples.agent,
        examples.queue,
        examples.channel,
        case when examples.measure is null then examples.value * indicators.scale else examples.value end as value,
        examples.distinct_key
    from examples
    inner join {{ dictionary }} as indicators on examples.indicator = indicators.indicator

) as {{ family }}
{% if not loop.last %}{{ union_all_in_turn() }}{% endif %}
{% endfor %}
