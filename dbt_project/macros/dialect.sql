{#- Everything that DuckDB and Spark write differently, and nothing else. -#}

{% macro local_time(instant, zone) %}
    {{- return(adapter.dispatch('local_time')(instant, zone)) -}}
{% endmacro %}

{% macro duckdb__local_time(instant, zone) -%}
    timezone({{ zone }}, {{ instant }})
{%- endmacro %}

{% macro spark__local_time(instant, zone) -%}
    convert_timezone('UTC', {{ zone }}, cast({{ instant }} as timestamp_ntz))
{%- endmacro %}


{% macro date_series(first, last) %}
    {{- return(adapter.dispatch('date_series')(first, last)) -}}
{% endmacro %}

{% macro duckdb__date_series(first, last) -%}
    select unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date_day
{%- endmacro %}

{% macro spark__date_series(first, last) -%}
    select explode(sequence({{ first }}, {{ last }}, interval 1 day)) as date_day
{%- endmacro %}


{% macro iso_weekday(date) %}
    {{- return(adapter.dispatch('iso_weekday')(date)) -}}
{% endmacro %}

{% macro duckdb__iso_weekday(date) -%}
    cast(isodow({{ date }}) as integer)
{%- endmacro %}

{% macro spark__iso_weekday(date) -%}
    extract(dayofweek_iso from {{ date }})
{%- endmacro %}
