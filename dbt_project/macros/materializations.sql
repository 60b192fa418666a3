{#-
How DuckDB makes and extends tables. DuckDB replaces a table in one statement and undoes a failed transaction whole, so
nothing is built aside to be renamed, or copied through a temporary table, as dbt's own materialisations do for every
warehouse: half of a day's build was that. Other warehouses keep dbt's.

A table with meta `sorted_by` is written in that order when it is made anew. Where the rows of a day lie together, DuckDB
rewrites the end of the table when a day's build has replaced some; where they lie anywhere, all of it.

DuckDB works on all branches of a union at the same time, and each takes memory. What `union_all_in_turn()` joins is
written into a table that is made anew one branch after the other.
-#}

{% macro union_all_in_turn() -%}
    union all -- in turn
{%- endmacro %}


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
    {%- set turns = compiled_code.split(union_all_in_turn()) -%}
    create or replace table {{ relation }} as (
        {%- if sorted_by %}select * from ({%- endif %}
        {{ turns[0] }}
        {%- if sorted_by %}) as unsorted order by {{ sorted_by }}{%- endif %}
    )
    {%- for turn in turns[1:] %};
    insert into {{ relation }} by name ({{ turn }})
    {%- endfor %}
{%- endmacro %}
