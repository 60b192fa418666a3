{#-
The lake as views of schema `lake`, which the staging models read: Parquet by event date, and what centre.yml declares.

Whoever reads a pattern of files has DuckDB list every partition there is, which for years of history takes longer than
reading some days of it. So while a build of some days runs, the views show the partitions that it may read; then they
are whole again.
-#}

{#- Before a run: every table as a view; of those in var opened_partitions the event dates named there. -#}
{% macro show_lake() %}
    {%- set opened = {} if flags.FULL_REFRESH else var('opened_partitions') -%}
    create schema if not exists lake;
    {% for table in (graph.sources.values() if execute else []) %}
    {{ shown_table(table, opened.get(table.name)) }}
    {% endfor %}
{% endmacro %}


{#- After it: the tables of which only some partitions were shown. -#}
{% macro show_whole_lake() %}
    {% for table in (graph.sources.values() if execute else []) if table.name in var('opened_partitions') %}
    {{ shown_table(table) }}
    {% endfor %}
{% endmacro %}


{% macro shown_table(table, event_dates=none) %}
    {%- set lake, is_dated = env_var('GAUGEBOOK_LAKE', '.gaugebook/lake'), table.source_name != 'centre' -%}
    {%- set dates, files = ['*'] if event_dates is none else ['1970-01-01'] + event_dates, [] -%}
    {%- if is_dated -%}
        {%- for event_date in dates -%}
            {%- do files.append([lake, table.source_name, table.name, 'event_date=' ~ event_date, '*.parquet'] | join('/')) -%}
        {%- endfor -%}
    {%- else -%}
        {%- do files.append([lake, 'centre', table.name ~ '.parquet'] | join('/')) -%}
    {%- endif -%}
    create or replace view {{ table.relation_name }} as (
        from read_parquet(
            [{% for file in files %}{{ dbt.string_literal(file) }}{{ ', ' if not loop.last }}{% endfor %}],
            hive_partitioning = {{ is_dated | lower }}
        )
    );
{% endmacro %}
