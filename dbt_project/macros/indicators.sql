{#-
From the dictionary to SQL.

An indicator is a metric declared in models/indicators/<family>.yml, other ways to reckon one stand in
models/indicators/variants/<family>.yml; the semantic models and the measures it is made of
stand in models/indicators/facts/. Here each semantic model is aggregated once over (day, week, month) x (levels) and, where
quarters of an hour are asked for, over these, and the indicators made of the same results are selected from them together.
docs/indicator-layer.md shows what comes out.
-#}


{#- The indicators: name, family, metric, meta and the measures used. Stops on an empty or incomplete dictionary. -#}
{% macro indicator_dictionary() %}
    {%- set texts = [
        'name_zh', 'definition_zh', 'unit', 'direction', 'class', 'feeds', 'owner', 'reference', 'caveat', 'caveat_zh',
        'numerator', 'numerator_zh', 'levels', 'grains', 'maturity_days', 'drivers', 'drivers_zh', 'headline'
    ] -%}
    {%- set of_ratios, of_intervals = ['denominator', 'denominator_zh'], ['interval_levels'] -%}
    {%- set indicators = [] -%}
    {%- for metric in graph.metrics.values() | sort(attribute='name')
            if metric.original_file_path.split('/')[-2] in ('indicators', 'variants') -%}
        {%- set meta = metric.config.meta -%}
        {%- for key in texts + (of_ratios if metric.type == 'ratio' else [])
                + (of_intervals if 'interval' in (meta.grains or []) else []) if meta.get(key) is none -%}
            {%- do exceptions.raise_compiler_error('indicator ' ~ metric.name ~ ' lacks config.meta.' ~ key) -%}
        {%- endfor -%}
        {%- for key in of_ratios + ['sample'] if key not in meta -%}
            {%- do exceptions.raise_compiler_error('indicator ' ~ metric.name ~ ' lacks config.meta.' ~ key) -%}
        {%- endfor -%}
        {%- do indicators.append({
            'name': metric.name,
            'family': metric.original_file_path.split('/')[-1] | replace('.yml', ''),
            'metric': metric,
            'meta': meta,
            'measures': (metric_measures(metric) + ([meta.sample] if meta.sample else [])) | unique | list,
            'parts': [],
            'interval_parts': [],
            'reaches': [{'ahead': 0, 'back': 0}],
        }) -%}
    {%- endfor -%}
    {%- if not indicators -%}
        {%- do exceptions.raise_compiler_error('the dictionary is empty: dbt read no metric in models/indicators') -%}
    {%- endif -%}
    {{- return(indicators) -}}
{% endmacro %}


{% macro metric_named(name) %}
    {{- return(graph.metrics['metric.' ~ project_name ~ '.' ~ name]) -}}
{% endmacro %}


{#- Names of the measures that a metric is made of. -#}
{% macro metric_measures(metric) %}
    {%- if metric.filter -%}
        {%- do exceptions.raise_compiler_error('metric ' ~ metric.name ~ ' filters: say it in a measure of its own') -%}
    {%- elif metric.type == 'simple' -%}
        {{- return([metric.type_params.measure.name]) -}}
    {%- elif metric.type == 'ratio' -%}
        {{- return(
            metric_measures(metric_named(metric.type_params.numerator.name))
            + metric_measures(metric_named(metric.type_params.denominator.name))
        ) -}}
    {%- endif -%}
    {%- do exceptions.raise_compiler_error('metric ' ~ metric.name ~ ' is neither simple nor a ratio') -%}
{% endmacro %}


{#- What a metric takes a missing measure for: nothing happened is none, where the metric says so. -#}
{% macro filled_with(metric) %}
    {{- return(metric.type_params.measure.fill_nulls_with if metric.type == 'simple' else none) -}}
{% endmacro %}


{#- A metric as an expression of its measures. -#}
{% macro metric_expression(metric) %}
    {%- if metric.type == 'simple' -%}
        {%- set measure = metric.type_params.measure.name -%}
        {%- if filled_with(metric) is not none -%}
            {%- set measure = 'coalesce(' ~ measure ~ ', ' ~ filled_with(metric) ~ ')' -%}
        {%- endif -%}
        {{- return('cast(' ~ measure ~ ' as double)') -}}
    {%- endif -%}
    {{- return(
        metric_expression(metric_named(metric.type_params.numerator.name)) ~ ' / nullif('
        ~ metric_expression(metric_named(metric.type_params.denominator.name)) ~ ', 0)'
    ) -}}
{% endmacro %}


{#-
What of a measure's durations had not ended when they were last looked at, as a condition that its `config.meta.censored`
gives: then its percentile is the estimate by Kaplan and Meier, of which the discrete percentile is the case without any.
-#}
{% macro censored_by(measure) %}
    {{- return(((measure.config or {}).meta or {}).censored) -}}
{% endmacro %}


{#- An aggregated measure over rows of its fact. -#}
{% macro measure_aggregate(measure) %}
    {%- set expr = measure.expr or measure.name -%}
    {%- if measure.agg in ('sum', 'count') -%}
        {{ measure.agg }}({{ expr }})
    {%- elif measure.agg == 'sum_boolean' -%}
        sum(case when {{ expr }} then 1 else 0 end)
    {%- elif measure.agg == 'count_distinct' -%}
        count(distinct {{ expr }})
    {%- elif measure.agg == 'percentile' and not measure.agg_params.use_discrete_percentile -%}
        percentile_cont({{ measure.agg_params.percentile }}) within group (order by {{ expr }})
    {%- elif measure.agg == 'percentile' and censored_by(measure) -%}
        {{ percentile_of_censored(expr, censored_by(measure), measure.agg_params.percentile) }}
    {%- else -%}
        {%- do exceptions.raise_compiler_error('measure ' ~ measure.name ~ ' has an unknown agg: ' ~ measure.agg) -%}
    {%- endif -%}
{% endmacro %}


{#- The mart that a semantic model describes, as a node of the graph. -#}
{% macro fact_of(semantic_model) %}
    {{- return(graph.nodes['model.' ~ project_name ~ '.' ~ semantic_model.node_relation.alias]) -}}
{% endmacro %}


{#- What an indicator is counted from: [{model, measures}], a model each. -#}
{% macro measured_models(indicator) %}
    {%- set models = [] -%}
    {%- for model in graph.semantic_models.values() | sort(attribute='name') -%}
        {%- set measures = model.measures | selectattr('name', 'in', indicator.measures) | list -%}
        {%- if measures -%}{%- do models.append({'model': model, 'measures': measures}) -%}{%- endif -%}
    {%- endfor -%}
    {{- return(models) -}}
{% endmacro %}


{#- The marts that hold an indicator's measures, as ids of the graph. -#}
{% macro facts_behind(indicator) %}
    {%- set facts = [] -%}
    {%- for counted in measured_models(indicator) -%}
        {%- do facts.append(fact_of(counted.model).unique_id) -%}
    {%- endfor -%}
    {{- return(facts | unique | sort) -}}
{% endmacro %}


{#- Models that some are built from, these included. -#}
{% macro models_behind(models) %}
    {%- set found = [] -%}
    {%- for model in models -%}
        {%- set parents = graph.nodes[model].depends_on.nodes | select('in', graph.nodes) | select('ne', model) | list -%}
        {%- do found.extend([model] + models_behind(parents)) -%}
    {%- endfor -%}
    {{- return(found | unique | sort) -}}
{% endmacro %}


{#- The tables of the lake that models are built from, as <feed>.<table>. -#}
{% macro lake_tables_behind(models) %}
    {%- set tables = [] -%}
    {%- for model in models_behind(models) -%}
        {%- for parent in graph.nodes[model].depends_on.nodes if parent in graph.sources -%}
            {%- set source = graph.sources[parent] -%}
            {%- if source.source_name != 'centre' -%}
                {%- do tables.append(source.source_name ~ '.' ~ source.name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(tables | unique | sort) -}}
{% endmacro %}


{#- Those of tables of the lake, as <feed>.<table>, whose rows have days of their own. -#}
{% macro tables_with_days(tables) %}
    {%- set found = [] -%}
    {%- for source in graph.sources.values() if source.config.meta.get('has_days', true) -%}
        {%- do found.append(source.source_name ~ '.' ~ source.name) -%}
    {%- endfor -%}
    {{- return(tables | select('in', found) | list) -}}
{% endmacro %}


{#- The periods that are computed of things with a reach, as a CTE's name. -#}
{% macro periods_of(reach) -%}
    {{- return('periods_' ~ reach.ahead ~ ('_' ~ reach.back if reach.back else '')) -}}
{%- endmacro %}


{#- The reaches of indicators and of their parts, each once; the last covers them all. -#}
{% macro reaches_of(indicators, parts) %}
    {%- set found = [{'ahead': 0, 'back': 0}] -%}
    {%- for one in indicators + parts.values() | list if farthest(one.reaches) not in found -%}
        {%- do found.append(farthest(one.reaches)) -%}
    {%- endfor -%}
    {%- set widest = farthest(found) -%}
    {{- return((found | reject('equalto', widest) | list) + [widest]) -}}
{% endmacro %}


{#-
The parts that indicators are selected from: per semantic model one of sums, which are taken by day and then added up to
weeks and months, one of percentiles and distinct counts, which are taken anew from the rows of each period, and one of
the quarters of an hour.
Returns part name -> {model, kind, measures, levels, reaches}, only with what the indicators use; each indicator learns
the names of its parts and the reaches of its facts. A part is there for the days of every indicator that uses it.
Levels `left_out` are asked of no part.
-#}
{% macro indicator_parts(indicators, left_out=[]) %}
    {%- set parts = {} -%}
    {%- for model in graph.semantic_models.values() | sort(attribute='name') -%}
        {%- for measure in model.measures -%}
            {%- set kind = 'rows' if measure.agg in ('percentile', 'count_distinct') else 'sums' -%}
            {%- for indicator in indicators if measure.name in indicator.measures -%}
                {%- set uses = [(kind, indicator.parts, indicator.meta.levels)] -%}
                {%- if 'interval' in indicator.meta.grains -%}
                    {%- do uses.append(('intervals', indicator.interval_parts, indicator.meta.interval_levels)) -%}
                {%- endif -%}
                {%- for kind, names, levels in uses -%}
                    {%- set name = model.name ~ '_' ~ kind -%}
                    {%- set new = {'model': model, 'kind': kind, 'measures': [], 'levels': [], 'reaches': []} -%}
                    {%- set part = parts.setdefault(name, new) -%}
                    {%- do part.levels.extend(levels | reject('in', left_out)) -%}
                    {%- if measure not in part.measures -%}{%- do part.measures.append(measure) -%}{%- endif -%}
                    {%- if name not in names -%}{%- do names.append(name) -%}{%- endif -%}
                {%- endfor -%}
                {%- do indicator.reaches.append(reach_of(fact_of(model))) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for indicator in indicators -%}
        {%- for name in indicator.parts + indicator.interval_parts -%}
            {%- do parts[name].reaches.extend(indicator.reaches) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(parts) -}}
{% endmacro %}


{#-
Indicators that take a missing measure for none, and the marts where it would stand: [{indicator, fact}]. Of a mart without
a single row nobody knows whether there was nothing, or nothing was delivered.
-#}
{% macro taken_for_none(indicators) %}
    {%- set found = [] -%}
    {%- for indicator in indicators -%}
        {%- for side in (['numerator', 'denominator'] if indicator.metric.type == 'ratio' else []) -%}
            {%- set metric = metric_named(indicator.metric.type_params[side].name) -%}
            {%- if filled_with(metric) is not none -%}
                {%- for counted in measured_models(indicator)
                        if counted.measures | selectattr('name', 'equalto', metric.type_params.measure.name) | list -%}
                    {%- do found.append({'indicator': indicator.name, 'fact': fact_of(counted.model)}) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}


{#- Text as a literal, null when there is none. -#}
{% macro text_literal(text) -%}
    {{ dbt.string_literal(dbt.escape_single_quotes(text)) if text else 'cast(null as ' ~ dbt.type_string() ~ ')' }}
{%- endmacro %}


{#- Texts as a literal array. -#}
{% macro texts_literal(texts) -%}
    {%- set literals = [] -%}
    {%- for text in texts -%}{%- do literals.append(text_literal(text)) -%}{%- endfor -%}
    {{ dbt.array_construct(literals, dbt.type_string()) }}
{%- endmacro %}


{#- Levels whose dimension has no member: to ask every fact for them would cost as much as for others. -#}
{% macro levels_without_members() %}
    {%- set empty = [] -%}
    {%- for model in graph.semantic_models.values() if not model.measures -%}
        {%- set dimension = load_relation(ref(model.node_relation.alias)) -%}
        {%- for level in model.entities if dimension -%}
            {%- if not run_query('select 1 from ' ~ dimension ~ ' where ' ~ level.expr ~ ' is not null limit 1').rows -%}
                {%- do empty.append(level.name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(empty) -}}
{% endmacro %}


{#-
The levels of a part and the columns that hold their members: entities of its fact, or what a semantic model about one of
these links to it (a queue's client). Of a linked level: the dimension, its key, and the fact's column for it.
-#}
{% macro levels_of(part) %}
    {%- set levels = [] -%}
    {%- for entity in part.model.entities if entity.type == 'foreign' -%}
        {%- do levels.append({'name': entity.name, 'column': entity.expr}) -%}
        {%- for other in graph.semantic_models.values() -%}
            {%- for key in other.entities if key.type == 'primary' and key.name == entity.name -%}
                {%- for linked in other.entities if linked.type == 'foreign' -%}
                    {%- do levels.append({
                        'name': linked.name, 'column': linked.expr,
                        'dimension': other.node_relation.alias, 'key': key.expr, 'by': entity.expr,
                    }) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(levels | selectattr('name', 'in', part.levels) | list) -}}
{% endmacro %}


{#- A part's fact under the name facts, with the columns of linked levels. -#}
{% macro fact_with_levels(part) -%}
    {%- set fact, linked = ref(part.model.node_relation.alias), levels_of(part) | selectattr('dimension', 'defined') | list -%}
    {%- if linked -%}
        (
            select
                facts.*
                {%- for level in linked %},
                {{ level.name }}s.{{ level.column }}
                {%- endfor %}
            from {{ fact }} as facts
            {%- for level in linked %}
            left join {{ ref(level.dimension) }} as {{ level.name }}s on facts.{{ level.by }} = {{ level.name }}s.{{ level.key }}
            {%- endfor %}
        ) as facts
    {%- else -%}
        {{ fact }} as facts
    {%- endif -%}
{%- endmacro %}


{#- A part's measures over `source`, by the `keys` and once for every level. -#}
{% macro measures_by_level(part, keys, source) %}
    {%- set levels = levels_of(part) %}
        select
            {{ keys }},
            case
                {%- for level in levels %}
                when grouping({{ level.column }}) = 0 then '{{ level.name }}'
                {%- endfor %}
                when true then 'centre'
            end as level,
            case
                {%- for level in levels %}
                when grouping({{ level.column }}) = 0 then {{ level.column }}
                {%- endfor %}
                when true then 'all'
            end as member,
            {%- for measure in part.measures %}
            {{ measure_aggregate(measure) }} as {{ measure.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ source }}
        group by grouping sets (({{ keys }}){% for level in levels %}, ({{ keys }}, {{ level.column }}){% endfor %})
{%- endmacro %}


{#-
One part: every (grain, period, level, member) that has fact rows, with the part's measures; `by`, a column of the fact,
tells sums apart further.
-#}
{% macro indicator_part(part) %}
    {%- set facts = fact_with_levels(part) -%}
    {%- set periods = periods_of(farthest(part.reaches)) -%}
    {%- set days = ' where local_date in (select date_day from ' ~ periods -%}
    {%- set by = ', ' ~ part.by if part.by else '' -%}
    {%- if part.kind == 'sums' %}
    select
        grain,
        period_start,
        level,
        member{{ by }},
        {%- for measure in part.measures %}
        sum({{ measure.name }}) as {{ measure.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        {{- measures_by_level(part, 'local_date' ~ by, facts ~ days ~ ')') }}
    ) as days
    inner join {{ periods }} as periods on days.local_date = periods.date_day and periods.grain <> 'interval'
    group by grain, period_start, level, member{{ by }}
    {%- elif part.kind == 'rows' %}
        {%- set facts = facts ~ ' inner join ' ~ periods ~ ' as periods on facts.local_date = periods.date_day'
            ~ " and periods.grain <> 'interval'" %}
        {{- measures_by_level(part, 'grain, period_start', facts) }}
    {%- else %}
    select
        'interval' as grain,
        local_date as period_start,
        interval_start as starts_at,
        level,
        member,
        {%- for measure in part.measures %}
        {{ measure.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        {{- measures_by_level(part, 'local_date, interval_start', facts ~ days ~ " where grain = 'interval')") }}
    ) as quarters
    {%- endif %}
{% endmacro %}


{#- Where each indicator is valid: indicator, grain, level. -#}
{% macro valid_combinations(parts) %}
    {%- set levels = ['centre'] -%}
    {%- for part in parts.values() -%}{%- do levels.extend(part.levels) -%}{%- endfor %}
    select
        indicators.indicator,
        grains.grain,
        levels.level
    from {{ ref('dim_indicators') }} as indicators
    inner join (values ('interval'), ('day'), ('week'), ('month')) as grains (grain)
        on array_contains(indicators.grains, grains.grain)
    inner join (values ('{{ levels | unique | sort | join("'), ('") }}')) as levels (level)
        on
            grains.grain = 'interval' and array_contains(indicators.interval_levels, levels.level)
            or grains.grain <> 'interval' and array_contains(indicators.levels, levels.level)
{%- endmacro %}


{#- Indicators that are made of the same parts, which one select counts together: [{parts, indicators}]. -#}
{% macro indicator_groups(indicators) %}
    {%- set groups = {} -%}
    {%- for indicator in indicators -%}
        {%- for names in (indicator.parts, indicator.interval_parts) if names -%}
            {%- set group = groups.setdefault(names | sort | join(' '), {'parts': names, 'indicators': []}) -%}
            {%- do group.indicators.append(indicator) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(groups.values() | list) -}}
{% endmacro %}


{#- What an indicator is made of its measures, as an expression: its numerator, denominator, value or sample_size. -#}
{% macro indicator_expression(indicator, column) %}
    {%- set metric, meta = indicator.metric, indicator.meta -%}
    {%- if column == 'sample_size' -%}
        {{- return('cast(' ~ (meta.sample or 'null') ~ ' as bigint)') -}}
    {%- elif column == 'value' -%}
        {{- return(metric_expression(metric)) -}}
    {%- elif metric.type == 'ratio' -%}
        {{- return(metric_expression(metric_named(metric.type_params[column].name))) -}}
    {%- endif -%}
    {{- return(metric_expression(metric) if column == 'numerator' and meta.class != 'P' else 'cast(null as double)') -}}
{% endmacro %}


{#- The rows of a group of indicators, at the grains and levels where each is valid. -#}
{% macro indicator_rows(group, parts) %}
    {%- set first, of_parts = parts[group.parts[0]], [] -%}
    {%- set starts_at = 'starts_at' if first.kind == 'intervals' -%}
    {%- set reach = farthest(group.indicators[0].reaches) -%}
    {%- for name in group.parts -%}{%- do of_parts.extend(parts[name].reaches) -%}{%- endfor %}
    select
        valid.indicator,
        grain,
        period_start,
        {{ starts_at or 'cast(period_start as ' ~ dbt.type_timestamp() ~ ')' }} as starts_at,
        level,
        member,
        {%- for column in ['numerator', 'denominator', 'value', 'sample_size'] %}
        case valid.indicator
            {%- for indicator in group.indicators %}
            when '{{ indicator.name }}' then {{ indicator_expression(indicator, column) }}
            {%- endfor %}
        end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ group.parts[0] }}
    {%- for name in group.parts[1:] %}
    full join {{ name }} using (grain, period_start, {{ starts_at ~ ', ' if starts_at }}level, member)
    {%- endfor %}
    inner join valid using (grain, level)
    where
        member is not null
        and valid.indicator in ('{{ group.indicators | map(attribute='name') | join("', '") }}')
        {%- if farthest(of_parts) != reach %}
        and (grain, period_start) in (select (grain, period_start) from {{ periods_of(reach) }})
        {%- endif %}
{%- endmacro %}


{#-
Days of each period to compute of things with a reach: touched and maturing days, and the whole of their weeks and months.
-#}
{% macro indicator_periods(reach={'ahead': 0, 'back': 0}, every=flags.FULL_REFRESH) %}
    {%- set dates = [] if every else (dates_to_rebuild(reach) + var('maturing_dates')) | unique | sort -%}
    {%- for grain, start in [
        ('interval', 'date_day'), ('day', 'date_day'), ('week', 'week_start'), ('month', 'month_start')
    ] %}
    select
        '{{ grain }}' as grain,
        {{ start }} as period_start,
        date_day
    from {{ ref('dim_dates') }}
    where {{ start }} in (select {{ start }} from {{ ref('dim_dates') }} where {{ is_among('date_day', dates) }})
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{% endmacro %}


{#- Condition that keeps the rows of the periods to compute of things with a reach. -#}
{% macro is_in_touched_period(reach={'ahead': 0, 'back': 0}, every=flags.FULL_REFRESH) -%}
    (grain, period_start) in (select grain, period_start from ({{ indicator_periods(reach, every) }}) as periods)
{%- endmacro %}


{#- Names of the indicators of one reach. -#}
{% macro names_of_reach(indicators, reach) %}
    {%- set names = [] -%}
    {%- for indicator in indicators if farthest(indicator.reaches) == reach -%}
        {%- do names.append(indicator.name) -%}
    {%- endfor -%}
    {{- return(names) -}}
{% endmacro %}


{#- Condition on values: of periods that hold touched or maturing days, for each indicator as far as its facts reach. -#}
{% macro is_of_touched_period(indicators) %}
    {%- set touched, reaches = [], reaches_of(indicators, indicator_parts(indicators)) -%}
    {%- for reach in reaches -%}
        {%- set names = names_of_reach(indicators, reach) -%}
        {%- if names -%}
            {%- do touched.append(
                "indicator in ('" ~ names | join("', '") ~ "') and " ~ is_in_touched_period(reach, false)
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ is_since_touched_periods(reaches | last) }} and (({{ touched | join(') or (') }}))
{%- endmacro %}


{#-
Condition that a period begins no earlier than the first one that holds a touched or maturing day of things with a reach:
DuckDB need not look at years before it.
-#}
{% macro is_since_touched_periods(reach={'ahead': 0, 'back': 0}) -%}
    {%- set dates = [] if flags.FULL_REFRESH else dates_to_rebuild(reach) + var('maturing_dates') -%}
    {%- if dates -%}
        {%- set first = modules.datetime.date.fromisoformat(dates | min) -%}
        {%- set week_start = first - modules.datetime.timedelta(days=first.weekday()) -%}
        period_start >= date '{{ [first.replace(day=1), week_start] | min }}'
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{#- Pre-hook of indicator_values: the rows that the model is about to append again. -#}
{% macro delete_touched_values() %}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ is_of_touched_period(indicator_dictionary()) }}
    {%- endif -%}
{% endmacro %}


{#- Pre-hook of indicator_bridges: the rows of the periods that the model is about to append again. -#}
{% macro delete_touched_periods() %}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ is_in_touched_period() }}
    {%- endif -%}
{% endmacro %}
