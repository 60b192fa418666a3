{#-
How DuckDB makes and extends tables. DuckDB replaces a table in one statement and undoes a failed transaction whole, so
nothing is built aside to be renamed, or copied through a temporary table, as dbt's own materialisations do for every
warehouse: half of a day's build was that. Other warehouses keep dbt's.

A table with meta `sorted_by` is written in that order when it is made anew. Where the rows of a day lie together, DuckDB
rewrites the end of the table when a day's build has replaced some; where they lie anywhere, all of it.
-#}

{% materialization table, adapter='duckdb' -%}
    {%- set relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') %}{{ replaced_table(relation) }}{% endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ return({'relations': [relation]}) }}
{%- endmaterialization %}


{#- Strategy append: hooks have deleted what the model is about to say again. -#}
{% materialization incremental, adapter='duckdb' -%}
    {%- set relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') %}
        {%- if is_incremental() -%}
            insert into {{ relation }} by name (
                {{ compiled_code }}
            )
        {%- else -%}
            {{ replaced_table(relation) }}
        {%- endif -%}
    {% endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ return({'relations': [relation]}) }}
{%- endmaterialization %}


{% macro replaced_table(relation) -%}
    {%- set existing = load_cached_relation(relation) -%}
    {%- if existing is not none and not existing.is_table -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- set sorted_by = config.get('meta', {}).get('sorted_by') -%}
    create or replace table {{ relation }} as (
        {%- if sorted_by %}select * from ({%- endif %}
        {{ compiled_code }}
        {%- if sorted_by %}) as unsorted order by {{ sorted_by }}{%- endif %}
    )
{%- endmacro %}
