{#- What a run reads and rebuilds: vars touched_dates and read_partitions. Without them, or with --full-refresh, everything. -#}

{% macro date_list(dates) -%}
    {%- for day in dates %}date '{{ day }}'{% if not loop.last %}, {% endif %}{% endfor -%}
{%- endmacro %}


{#- Condition on a staging model's event_date: only the partitions of its lake table that the touched dates need. -#}
{% macro partition_filter(table) -%}
    {%- set partitions = var('read_partitions') -%}
    {%- if flags.FULL_REFRESH or table not in partitions -%}
        true
    {%- elif partitions[table] -%}
        event_date in ({{ date_list(partitions[table]) }})
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}


{#- Condition that keeps the rows of the dates being rebuilt, or of other dates given. -#}
{% macro is_touched(column, dates=var('touched_dates')) -%}
    {%- if flags.FULL_REFRESH or not dates -%}
        true
    {%- else -%}
        {{ column }} in ({{ date_list(dates) }})
    {%- endif -%}
{%- endmacro %}


{#- Pre-hook of every fact: the rows that the model is about to append again. -#}
{% macro delete_touched_dates() -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ is_touched('local_date') }}
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
