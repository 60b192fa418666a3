{#-
Versions of definitions: what decides a value has a fingerprint, and a full build leaves alone what an earlier
definition counted. Names, texts, levels, targets and parameters are no part of it; how the macros are written is not seen here.
-#}


{#-
SQL and seeds from the lake to each fact that is measured, as digests: name of the semantic model -> text. Comments and
spaces decide nothing; the parameters' defaults have dates, as what centre.yml declares: they are no part of a definition.
-#}
{% macro sql_behind_facts() %}
    {%- set digests = {} -%}
    {%- for model in graph.semantic_models.values() -%}
        {%- set texts = [] -%}
        {%- for behind in models_behind([fact_of(model).unique_id]) if graph.nodes[behind].name != 'parameters' -%}
            {%- set node = graph.nodes[behind] -%}
            {%- set code = modules.re.sub('(?s)\\{#.*?#\\}|--[^\\n]*', ' ', node.raw_code) -%}
            {%- do texts.append(code.split() | join(' ') if node.resource_type == 'model' else node.checksum.checksum) -%}
        {%- endfor -%}
        {%- do digests.update({model.name: local_md5(texts | join(' '))}) -%}
    {%- endfor -%}
    {{- return(digests) -}}
{% endmacro %}


{#- The definitions as they are now: indicator, and a fingerprint of formula, measures, unit and the SQL behind them. -#}
{% macro definitions_now() %}
    {%- set indicators, sql = indicator_dictionary(), sql_behind_facts() -%}
    {%- set parts = indicator_parts(indicators) %}
    select
        definitions.indicator,
        {{ dbt.hash(dbt.concat(['definitions.digest', "' × '", 'units.scale'])) }} as fingerprint
    from (
        {%- for indicator in indicators %}
        {%- set decided_by = [metric_expression(indicator.metric), indicator.meta.sample] %}
        {%- for name in indicator.parts %}
            {%- do decided_by.append(sql[parts[name].model.name]) %}
            {%- for measure in parts[name].measures if measure.name in indicator.measures %}
                {%- do decided_by.append(measure.name ~ measure_aggregate(measure)) %}
            {%- endfor %}
        {%- endfor %}
        select
            '{{ indicator.name }}' as indicator,
            '{{ indicator.meta.unit }}' as unit,
            '{{ local_md5(decided_by | join(' ')) }}' as digest
        {% if not loop.last %}union all{% endif %}
        {%- endfor %}
    ) as definitions
    inner join {{ ref('units') }} as units on definitions.unit = units.unit
{% endmacro %}


{#- In a full build, the table as the builds before left it; none when there is none with these columns. -#}
{% macro left_by_earlier_builds(columns) %}
    {%- set relation = load_cached_relation(this) if flags.FULL_REFRESH else none -%}
    {%- set found = adapter.get_columns_in_relation(relation) | map(attribute='name') | list if relation else [] -%}
    {{- return(relation if columns | reject('in', found) | list == [] else none) -}}
{% endmacro %}


{#-
End of a model: the rows of its CTE `shown` and, in a full build, those of earlier builds that the condition in the call
keeps; of two rows with one `key` the kept one stays.
-#}
{% macro shown_beside_kept(columns, key) %}
    {%- set earlier = left_by_earlier_builds(columns) if execute %}
    {% if earlier -%}
    , kept as (
        select {{ columns | join(', ') }} from {{ earlier }} where {{ caller() }}
    )

    select {{ columns | join(', ') }} from shown where ({{ key }}) not in (select ({{ key }}) from kept)
    union all
    select * from kept
    {%- else -%}
    select * from shown
    {%- endif %}
{%- endmacro %}


{#- Condition that an indicator, counted by a version of its definition, is in the dictionary by another version now. -#}
{% macro is_of_another_version(indicator, version) -%}
    {{ indicator }} in (select indicator from {{ ref('dim_indicators') }})
    and ({{ indicator }}, {{ version }}) not in (select (indicator, definition_version) from {{ ref('dim_indicators') }})
{%- endmacro %}
