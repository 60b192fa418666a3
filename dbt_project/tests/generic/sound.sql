{#-
The rows of a mart are whole: the key names one row each, the columns have a value, those that point at another
relation name something there, and statements about every row are not false. One test a model, because each test costs
a run the same start; whoever reports a failed one counts its rows by `fault`.
`references`: column -> {to: relation, field: its column}; `holds`: name -> condition.
-#}
{% test sound(model, key, filled, references={}, holds={}) %}

select
    '{{ key }} is repeated' as fault,
    cast({{ key }} as {{ dbt.type_string() }}) as found
from {{ model }}
group by {{ key }}
having count(*) > 1

union all

select
    'a column is empty' as fault,
    cast({{ key }} as {{ dbt.type_string() }}) as found
from {{ model }}
where {{ ([key] + filled) | unique | join(' is null or ') }} is null

{% for column, target in references.items() %}
union all

select
    '{{ column }} is unknown' as fault,
    cast({{ column }} as {{ dbt.type_string() }}) as found
from {{ model }}
where {{ column }} is not null and {{ column }} not in (select {{ target.field }} from {{ target.to }})
{% endfor %}

{% for name, statement in holds.items() %}
union all

select
    'not so: {{ name | replace('_', ' ') }}' as fault,
    cast({{ key }} as {{ dbt.type_string() }}) as found
from {{ model }}
where not ({{ statement }})
{% endfor %}

{% endtest %}
