{#-
The rows of a mart are whole: the key names one row each, the columns have a value, and those that point at another
relation name something there. One test a model, because each test costs a run the same start.
`references`: column -> {to: relation, field: its column}.
-#}
{% test sound(model, key, filled, references={}) %}

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

{% endtest %}
