{#-
    Local time of an instant in the zone of the row's source; the query calls the joined stg_centre__sources `sources`.
    One branch a zone, because converting with a constant zone is six times faster than with a column of zones.
-#}
{% macro site_time(instant) -%}
    {%- set zones = declared_time_zones() -%}
    {%- if zones -%}
        case sources.time_zone
            {%- for zone in zones %}
            when '{{ zone }}' then {{ local_time(instant, "'" ~ zone ~ "'") }}
            {%- endfor %}
        end
    {%- else -%}
        {{ local_time(instant, 'sources.time_zone') }}
    {%- endif -%}
{%- endmacro %}


{#- Zones of the centre's sources; none while the project is parsed, or compiled before it was ever built. -#}
{% macro declared_time_zones() -%}
    {%- set sources = load_relation(ref('stg_centre__sources')) if execute -%}
    {%- if sources -%}
        {{- return(run_query('select distinct time_zone from ' ~ sources ~ ' order by time_zone').columns[0].values()) -}}
    {%- endif -%}
    {{- return([]) -}}
{%- endmacro %}
