{#-
What a run reads and rebuilds: vars touched_dates and read_partitions. Without them, or with --full-refresh, everything.

What later events decide of a thing (a contact that is repeated, an order that is cancelled) stands on the thing's own
day. A fact of such things declares `config(meta={'looks_ahead_days': N})`: then touched dates stand for the N days
before them as well. One whose rows depend on events of days before (what repeats a contact, what is still open) declares
`looks_back_days`: then they stand for the days after them too, as far as there are data.
-#}

{% macro date_list(dates) -%}
    {%- for day in dates %}date '{{ day }}'{% if not loop.last %}, {% endif %}{% endfor -%}
{%- endmacro %}


{#- How far a node of the graph reaches: days it looks ahead and days it looks back. -#}
{% macro reach_of(node) -%}
    {%- set meta = (node.config or {}).meta or {} -%}
    {{- return({'ahead': meta.looks_ahead_days or 0, 'back': meta.looks_back_days or 0}) -}}
{%- endmacro %}


{#- What covers several reaches. -#}
{% macro farthest(reaches) -%}
    {{- return({
        'ahead': reaches | map(attribute='ahead') | max,
        'back': reaches | map(attribute='back') | max,
    }) -}}
{%- endmacro %}


{#- What covers the reaches of all nodes. -#}
{% macro widest_reach() -%}
    {%- set reaches = [{'ahead': 0, 'back': 0}] -%}
    {%- for node in (graph.nodes.values() if execute else []) -%}{%- do reaches.append(reach_of(node)) -%}{%- endfor -%}
    {{- return(farthest(reaches)) -}}
{%- endmacro %}


{#- The touched dates, some days before and after each of them, as ISO texts in order. -#}
{% macro dates_around(before, after=0) -%}
    {%- set dates = [] -%}
    {%- for day in var('touched_dates') -%}
        {%- for offset in range(-before, after + 1) -%}
            {%- set near = modules.datetime.date.fromisoformat(day) + modules.datetime.timedelta(days=offset) -%}
            {%- do dates.append(near.isoformat()) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(dates | unique | sort) -}}
{%- endmacro %}


{#-
Dates to rebuild of something with a reach: the touched ones and those they decide about, as far as there are data,
closed ones left alone.
-#}
{% macro dates_to_rebuild(reach) -%}
    {%- set touched, dates = var('touched_dates'), [] -%}
    {%- if touched -%}
        {%- set date = modules.datetime.date -%}
        {%- set newest = ([var('as_of') or ''] + touched) | max -%}
        {%- set passed = (date.fromisoformat(newest) - date.fromisoformat(touched | min)).days -%}
        {%- set closed = var('closed_dates') if reach.ahead or reach.back else [] -%}
        {%- for day in dates_around(reach.ahead, [reach.back, passed] | min) if day <= newest and day not in closed -%}
            {%- do dates.append(day) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(dates) -}}
{%- endmacro %}


{#- Condition on a staging model's event_date: only the partitions of its lake table that the touched dates need. -#}
{% macro partition_filter(table) -%}
    {%- set partitions = var('read_partitions') -%}
    {%- set reach = reach_of(model) -%}
    {%- set around = reach.ahead + reach.back -%}
    {%- if flags.FULL_REFRESH or table not in partitions -%}
        true
    {%- elif around -%}
        event_date in ({{ date_list((partitions[table] + dates_around(around + 1, around + 1)) | unique | sort) }})
    {%- elif partitions[table] -%}
        event_date in ({{ date_list(partitions[table]) }})
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}


{#- Condition that a date is one of some, given as ISO texts; none given: any date. -#}
{% macro is_among(column, dates) -%}
    {{ column ~ ' in (' ~ date_list(dates) ~ ')' if dates else 'true' }}
{%- endmacro %}


{#- Condition that keeps the rows of the dates being rebuilt, or of other dates given. -#}
{% macro is_touched(column, dates=none) -%}
    {%- set dates = dates_to_rebuild(reach_of(model)) if dates is none else dates -%}
    {{ 'true' if flags.FULL_REFRESH else is_among(column, dates) }}
{%- endmacro %}


{#- The dates being rebuilt that have come: a promise falls due on its day whether or not anything was delivered. -#}
{% macro passed_dates() -%}
    select date_day as local_date from {{ ref('dim_dates') }}
    where date_day <= {{ as_of() }} and {{ is_touched('date_day') }}
{%- endmacro %}


{#- Pre-hook of every fact: the rows that the model is about to append again. -#}
{% macro delete_touched_dates() -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ is_touched('local_date') }}
    {%- endif -%}
{%- endmacro %}


{#- Condition that keeps the months of the dates being rebuilt, by their first days. -#}
{% macro is_in_touched_month(column) -%}
    {{ column }} in (select month_start from {{ ref('dim_dates') }} where {{ is_touched('date_day') }})
{%- endmacro %}


{#- Pre-hook of a fact whose rows are months: those that the model is about to append again. -#}
{% macro delete_touched_months() -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ is_in_touched_month('local_date') }}
    {%- endif -%}
{%- endmacro %}


{#- dbt's hook for a test's `where`: __touched_dates__ stands for the dates being rebuilt. -#}
{% macro get_where_subquery(relation) -%}
    {%- set condition = config.get('where', '') -%}
    {%- if condition -%}
        (select * from {{ relation }} where {{ condition | replace('__touched_dates__', is_touched('local_date')) }}) as tested
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}


{#- Newest local date with data. -#}
{% macro as_of() -%}
    {%- if var('as_of') -%}
        date '{{ var('as_of') }}'
    {%- else -%}
        current_date
    {%- endif -%}
{%- endmacro %}
