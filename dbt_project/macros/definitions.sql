{#-
Versions of definitions: what decides a value has a fingerprint, and a full build leaves alone what an earlier
definition counted. Names, texts, levels, targets and parameters are no part of it. Nor are macros/indicators.sql and its
kin, which gather what the facts hold: what they make of a formula and a measure is compared, not how they are written, or
each gain in speed would be a new version of everything. That they gather right is what MetricFlow judges.
-#}


{#- SQL or a macro as it is compared: comments and spaces decide nothing. -#}
{% macro without_comments(code) %}
    {{- return(modules.re.sub('(?s)\\{#.*?#\\}|--[^\\n]*', ' ', code).split() | join(' ')) -}}
{% endmacro %}


{#-
Texts of the project's macros among some, and of those that they call: the graph has no macros, the context has, each with
what dbt knows of it. macros/increments.sql is left out: it says which days a build reads and writes, and decides no value.
-#}
{% macro macros_behind(macros) %}
    {%- set found = [] -%}
    {%- for id in macros if id.startswith('macro.' ~ project_name ~ '.') -%}
        {%- set macro = context[project_name][id.split('.')[-1]].macro -%}
        {%- if macro.original_file_path != 'macros/increments.sql' -%}
            {%- do found.extend([without_comments(macro.macro_sql)] + macros_behind(macro.depends_on.macros)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found | unique | sort) -}}
{% endmacro %}


{#-
SQL, the macros in it, and seeds from the lake to each fact that is measured, as digests: name of the semantic model ->
text. The parameters' defaults have dates, as what centre.yml declares: they are no part of a definition.
-#}
{% macro sql_behind_facts() %}
    {%- set digests = {} -%}
    {%- for model in graph.semantic_models.values() -%}
        {%- set texts, macros = [], [] -%}
        {%- for behind in models_behind([fact_of(model).unique_id]) if graph.nodes[behind].name != 'parameters' -%}
            {%- set node = graph.nodes[behind] -%}
            {%- do texts.append(
                without_comments(node.raw_code) if node.resource_type == 'model' else node.checksum.checksum
            ) -%}
            {%- do macros.extend(node.depends_on.macros) -%}
        {%- endfor -%}
        {%- do digests.update({model.name: local_md5((texts + macros_behind(macros | unique)) | join(' '))}) -%}
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
