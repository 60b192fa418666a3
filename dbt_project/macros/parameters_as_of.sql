{#-
    The values of parameters that hold for the local date, channel and queue of the rows of a CTE: one row for every
    combination that occurs, one column a parameter. The more precise scope wins (dim_parameters.precedence).
-#}
{% macro parameters_as_of(events, parameters) -%}
    select
        scopes.local_date,
        scopes.channel,
        scopes.queue_key,
        {%- for parameter in parameters %}
        max_by(parameters.value, parameters.precedence) filter (
            where parameters.parameter = '{{ parameter }}'
        ) as {{ parameter }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (select distinct local_date, channel, queue_key from {{ events }}) as scopes
    inner join {{ ref('dim_parameters') }} as parameters
        on
            scopes.local_date between parameters.valid_from and parameters.valid_to
            and coalesce(parameters.channel, scopes.channel, '') = coalesce(scopes.channel, '')
            and coalesce(parameters.queue_key, scopes.queue_key, '') = coalesce(scopes.queue_key, '')
    group by scopes.local_date, scopes.channel, scopes.queue_key
{%- endmacro %}
