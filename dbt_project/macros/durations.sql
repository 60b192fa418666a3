{% macro microseconds_between(earlier, later) -%}
    {{ epoch_microseconds(later) }} - {{ epoch_microseconds(earlier) }}
{%- endmacro %}


{% macro seconds_between(earlier, later) -%}
    ({{ microseconds_between(earlier, later) }}) / 1e6
{%- endmacro %}
