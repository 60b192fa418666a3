{#-
Every value of the columns is one of the field they point at; one test a model, because each test costs a run the same
start. `references`: column -> {to: relation, field: its column}.
-#}
{% test known(model, references) %}

{% for column, target in references.items() %}
select
    '{{ column }}' as column_name,
    cast({{ column }} as {{ dbt.type_string() }}) as unknown_value
from {{ model }}
where {{ column }} is not null and {{ column }} not in (select {{ target.field }} from {{ target.to }})
{% if not loop.last %}union all{% endif %}
{% endfor %}

{% endtest %}
